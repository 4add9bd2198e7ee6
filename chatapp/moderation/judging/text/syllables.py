"""
How Chinese is read: syllables of Hanyu Pinyin without tones. Owns spelling and readings; knows no rule and no text.

Readings of characters: the PyPI package pypinyin (MIT), asked once a character. It is imported at the first question,
so that whoever uses no pinyin keyword never loads it.
"""

import unicodedata
from functools import lru_cache
from itertools import chain

_FINALS_BY_INITIAL = {
    "": "a ai an ang ao e ei en eng er o ou",
    "b": "a ai an ang ao ei en eng i ian iao ie in ing o u",
    "c": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "ch": "a ai an ang ao e en eng i ong ou u uai uan uang ui un uo",
    "d": "a ai an ang ao e ei en eng i ia ian iao ie in ing iu ong ou u uan ui un uo",
    "f": "a an ang ei en eng o ou u",
    "g": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "h": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "j": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "k": "a ai an ang ao e ei en eng ong ou u ua uai uan uang ui un uo",
    "l": "a ai an ang ao e ei en eng i ia ian iang iao ie in ing iu ong ou u uan un uo v ve",
    "m": "a ai an ang ao e ei en eng i ian iao ie in ing iu o ou u",
    "n": "a ai an ang ao e ei en eng i ian iang iao ie in ing iu ong ou u uan uo v ve",
    "p": "a ai an ang ao ei en eng i ian iao ie in ing o ou u",
    "q": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "r": "an ang ao e en eng i ong ou u uan ui un uo",
    "s": "a ai an ang ao e en eng i ong ou u uan ui un uo",
    "sh": "a ai an ang ao e ei en eng i ou u ua uai uan uang ui un uo",
    "t": "a ai an ang ao e eng i ian iao ie ing ong ou u uan ui un uo",
    "w": "a ai an ang ei en eng o u",
    "x": "i ia ian iang iao ie in ing iong iu u uan ue un",
    "y": "a an ang ao e i in ing o ong ou u uan ue un",
    "z": "a ai an ang ao e ei en eng i ong ou u uan ui un uo",
    "zh": "a ai an ang ao e en eng i ong ou u ua uai uan uang ui un uo",
}
# ü is v, as people type it. Syllables of one dialect, one dish or one interjection (biang, hng) are left out: a Latin
# word must not become pinyin through them.
SYLLABLES = frozenset(initial + final for initial, finals in _FINALS_BY_INITIAL.items() for final in finals.split())
# Written so as often as with v.
_CANONICAL = {"lue": "lve", "nue": "nve"}
SYLLABLE_BEGINNINGS = frozenset(
    spelled[:length] for spelled in (*SYLLABLES, *_CANONICAL) for length in range(1, len(spelled) + 1)
)
MAX_SYLLABLE_LETTERS = max(map(len, SYLLABLES))

_DIGITS = dict(zip("0123456789", ("ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"), strict=True))

# Characters in use; a reading is some ten bytes.
_MAX_REMEMBERED_CHARS = 1 << 14


def syllable_of(spelled: str) -> str | None:
    """The syllable that these Latin letters, or this one digit, spell."""
    if spelled in SYLLABLES or spelled in _CANONICAL:
        return _CANONICAL.get(spelled, spelled)
    return _DIGITS.get(spelled)


def spellings_of(syllable: str) -> tuple[str, ...]:
    """Every way to write this syllable with Latin letters."""
    return (syllable, *(spelled for spelled, canonical in _CANONICAL.items() if canonical == syllable))


@lru_cache(maxsize=_MAX_REMEMBERED_CHARS)
def readings_of(char: str) -> tuple[str, ...]:
    """Every syllable that a Chinese character or a digit is read as, the most usual first; () for anything else."""
    if char in _DIGITS:
        return (_DIGITS[char],)
    if char < "\u2e80":  # nothing Chinese stands below
        return ()
    return tuple(dict.fromkeys(chain.from_iterable(_pypinyin(char, heteronym=True))))


@lru_cache(maxsize=_MAX_REMEMBERED_CHARS)
def reading_of(char: str) -> str | None:
    """The one syllable that a Chinese character is read as in a text."""
    return next(iter(readings_of(char)), None)


def readings_in(letters: str) -> tuple[tuple[str, ...], ...]:
    """By letter of a phrase: its most usual reading, and the one it has in this phrase; () if it has none."""
    in_phrase = _pypinyin(letters, heteronym=False)
    if len(in_phrase) != len(letters):  # something among them is not Chinese
        return tuple(readings_of(letter)[:1] for letter in letters)
    return tuple(
        tuple(dict.fromkeys((*readings_of(letter)[:1], *readings)))
        for letter, readings in zip(letters, in_phrase, strict=True)
    )


def _pypinyin(letters: str, *, heteronym: bool) -> list[list[str]]:
    from pypinyin import Style, pinyin

    readings = pinyin(letters, style=Style.TONE, heteronym=heteronym, errors="ignore")
    return [[syllable for syllable in map(_toneless, of_letter) if syllable in SYLLABLES] for of_letter in readings]


def _toneless(reading: str) -> str:
    decomposed = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(symbol for symbol in decomposed if symbol.isascii())
