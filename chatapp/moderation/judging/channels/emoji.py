"""
Channel `emoji`: a picture in the place of a word or of a syllable, 草泥🐴 for 草泥马. Sees whole texts only.

Owns the table, written by hand for this project: the pictures that people use like that, not every picture there is.
"""

from collections.abc import Iterator, Sequence

from chatapp.moderation.judging.channels.respelling import RespelledKeywords, compile_respelled
from chatapp.moderation.judging.channels.whole_text import is_han, phrase_symbols
from chatapp.moderation.judging.detecting import Found, Keyword
from chatapp.moderation.judging.verdict import Channel

# Pinyin without tones; a picture may stand for any character that is read like that.
_SYLLABLES = {
    "ma": "🐴🐎🏇", "ji": "🐔🐓🐥🐤✈", "gou": "🐶🐕", "mao": "🐱🐈", "zhu": "🐷🐖🐽", "niu": "🐮🐂🐄",
    "yang": "🐑🐏🐐☀", "yu": "🐟🐠🌧", "she": "🐍", "gui": "🐢👻", "xiong": "🐻", "ying": "🦅",
    "ya": "🦆🦷", "feng": "🐝🌬", "hou": "🐒🐵", "hu": "🐯🐅", "long": "🐉🐲", "tu": "🐰🐇🤮",
    "shu": "🐭🐁📖📚🌳", "chong": "🐛", "hua": "🌹🌸💐🌺", "cao": "🌿☘🍀🌱🌾", "tao": "🍑", "li": "🍐",
    "cha": "🍵", "jiu": "🍺🍷🍶🍻", "fan": "🍚", "dan": "🥚🍳💣", "tang": "🍬🍭", "mian": "🍜",
    "huo": "🔥", "shui": "💧💦", "bing": "🧊🍦", "xue": "❄🩸", "ri": "☀🌞", "yue": "🌙🌛", "shan": "⛰🏔",
    "hai": "🌊", "dian": "⚡", "yun": "☁", "che": "🚗🚙", "qian": "💰💵", "dao": "🔪🗡", "qiang": "🔫",
    "yao": "💊", "zhen": "💉", "zui": "👄💋", "yan": "👀👁", "er": "👂", "shou": "✋🤚", "jiao": "👣🦶",
    "xin": "❤💔", "shi": "💩", "bian": "💩", "si": "💀☠", "jin": "🈲🥇", "men": "🚪", "ye": "👴",
    "nai": "🥛👵", "po": "👵", "nan": "👨👦", "nv": "👩👧", "wa": "👶", "du": "🎲☠", "pai": "🃏🀄",
    "quan": "👊✊", "jian": "🏹✂", "zha": "💥💣", "bi": "🖊✏", "tou": "🙃", "gun": "🏏", "sha": "🔪",
    "mei": "👧", "ku": "😭", "xiao": "😂", "chi": "🍴", "bang": "👍",
}  # fmt: skip
# Whole words, in both languages.
_WORDS = {
    "💣": ("bomb", "bombs", "炸弹"), "🧨": ("explosive", "dynamite", "炸药", "鞭炮"),
    "🔫": ("gun", "guns", "手枪", "枪支"), "🔪": ("knife", "stab", "菜刀"), "🗡": ("knife", "sword"),
    "💊": ("pill", "pills", "drugs", "药丸"), "💉": ("heroin", "inject", "毒品", "注射"),
    "❄": ("cocaine", "coke", "冰毒"), "🧊": ("meth", "冰毒"), "🍁": ("weed", "大麻"),
    "🌿": ("weed", "大麻"), "🍆": ("dick", "penis", "cock"), "🍑": ("ass", "butt", "屁股"),
    "🐓": ("cock",), "🐱": ("pussy",), "🐕": ("dog", "bitch"), "🐷": ("pig", "pigs"),
    "🐒": ("monkey", "猴子"), "🐵": ("monkey",), "🐀": ("rat", "rats", "老鼠"),
    "💀": ("dead", "death", "死"), "☠": ("poison", "毒"), "💩": ("shit", "crap", "大便", "屎"),
    "👧": ("girl", "萝莉", "幼女"), "👦": ("boy", "正太"), "👶": ("baby", "child", "婴儿"),
    "🧒": ("child", "kid"), "👨": ("man",), "👩": ("woman",), "🔥": ("fire", "burn"),
    "💳": ("credit card", "credit cards", "信用卡", "银行卡"), "💰": ("money", "赌博", "洗钱"),
    "🎰": ("casino", "赌博", "老虎机"), "🆔": ("id",), "📞": ("phone", "电话"), "✈": ("飞机",),
    "🩸": ("blood", "血"),
}  # fmt: skip


def compile_emoji(keywords: Sequence[Keyword]) -> RespelledKeywords:
    readings: dict[str, set[str]] = {emoji: set(words) for emoji, words in _WORDS.items()}
    for char in {char for keyword in keywords for char in phrase_symbols(keyword.phrase) if is_han(char)}:
        for syllable in _syllables(char):
            for emoji in _SYLLABLES.get(syllable, ""):
                readings.setdefault(emoji, set()).add(char)
    return compile_respelled(keywords, channel=Channel.EMOJI, readings_by_piece=readings, same={})


def find_emoji(keywords: Sequence[Keyword], text: str) -> list[Found]:
    return compile_emoji(keywords).find(text)


def _syllables(char: str) -> Iterator[str]:
    from pypinyin import Style, pinyin  # its dictionaries take 0.1 s and 30 MB: only for who compiles this channel

    yield from pinyin(char, style=Style.NORMAL, heteronym=True)[0]
