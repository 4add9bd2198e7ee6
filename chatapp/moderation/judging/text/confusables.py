"""
Single characters of other scripts that look like one Latin letter. Owns the table and nothing else.

Source: confusables.txt of Unicode Technical Standard 39 (https://www.unicode.org/reports/tr39/, Unicode License v3), as
shipped in the PyPI package confusable-homoglyphs 3.3.1 (MIT), and the names of small capitals and of white letters on
black in the Unicode Character Database. Changed: only characters that φ leaves as they are and that look like one
letter a–z once accents and overlaid strokes are gone, by their own or by their capital's shape (в by В), so that both
cases fold alike; never ASCII to ASCII (no 1 for l, no rn for m). Only scripts that stylish fonts and forgers borrow:
in others a single letter that looks like an o would cut honest words apart.
"""

_LOOKALIKES_BY_LETTER = {
    "a": "ɑαаᎪᗅᴀ⍶⍺ꓮ🅐🅰",
    "b": "ƀƃƅɓʙβбвьѣҍᏏᏴᑲᑳᖯᗷꓐꞵ𐞄🅑🅱",
    "c": "ȼсҫᏟᴄⲥꓚ🅒🅲",
    "d": "ðđƌɖɗԁᎠᏧᑯᗞᗪᴅꓒꓓ🅓🅳",
    "e": "ɇεеҽҿᎬᴇꓰꬲ🅔🅴",
    "f": "ƒϝքᖴᵮẝꓝꜰꞙꬵ🅕🅵",
    "g": "ƍǥɠɡɢԍցᏀᏳᶃꓖ𐞒🅖🅶",
    "h": "ħɦʜнћңһӈӊհᎻᏂᏲᕼⱨⲏꓧꚕ𐞖🅗🅷",
    "i": "ıɨɩɪιіӏᎥᵻᵼᶦ⍳⍸ꙇ🅘🅸",
    "j": "ɉʝϳјᎫᒍᴊꓙ🅙🅹",
    "k": "ĸƙκкқҟᏦᴋⱪⲕꓗꝁ🅚🅺",
    "l": "łƚǀɫɭʟᏞᒪᣳᶫⲓⳑꓡꓲ🅛🅻",
    "m": "ʍμϻмӎᎷᗰᴍⲙꓟꭑ🅜🅼",
    "n": "ƞɲɳɴηոռᵰᶰⲛꓠ🅝🅽",
    "o": "øɵθοσоѳөօᎤᎾᏫᴏᴑ⍬ⲟꓳꝋꬽꬾ🅞🅾",
    "p": "ƥρрᏢᑭᣖᴘᴩᵽ⍴ⲣꓑ🅟🅿",
    "q": "ʠԛգզꞯ🅠🆀",
    "r": "ɍɼɽʀгғᎡᎱᏒᖇᣴᴦᵲⲅꓣꭇꭈ𐞪🅡🆁",
    "s": "ƽʂѕտᏕᏚᣵᵴꓢꜱ🅢🆂",
    "t": "ŧƫƭʈτтҭᎢᴛᵵ⍡ⱦⲧꓔ🅣🆃",
    "u": "ʉʋυսᏌᑌᴜᵾᶸꓴꞟꭎꭒ🅤🆄",
    "v": "νѵᏙᐯᴠꓦ🅥🆅",
    "w": "ɯѡѽԝաᎳᏔᴡꓪꝡ🅦🆆",
    "x": "χхҳᕁᕽ᙭ⲭꓫꭓ🅧🆇",
    "y": "ƴɏɣʏγуүұᎩᎽᶌỿⲩꓬꭚ𐞲🅨🆈",
    "z": "ƶȥʐζᏃᙆᴢᵶꓜ🅩🆉",
}

LATIN_BY_LOOKALIKE = {
    lookalike: letter for letter, lookalikes in _LOOKALIKES_BY_LETTER.items() for lookalike in lookalikes
}
