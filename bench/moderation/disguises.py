"""
Disguised words in sentences: those of HateCheck-en, and made ones for what no set holds. Fixed seed; judges nothing.
"""

import difflib
import random
import re
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from bench.moderation import corpora
from chatapp.moderation.judging.channels.pinyin_keywords import MIN_SYLLABLES
from chatapp.moderation.judging.channels.skip import MIN_LATIN_LETTERS
from chatapp.moderation.judging.text.confusables import LATIN_BY_LOOKALIKE
from chatapp.moderation.judging.text.syllables import readings_of
from chatapp.moderation.judging.text.traditional import SIMPLIFIED_BY_TRADITIONAL

SEED = 7
# Sentences that a made disguise stands in.
ENGLISH, CHINESE = "They said {} to all of us.", "他们说{}，真的。"
HATECHECK_CHANNELS = {
    "spell_leet_h": "leet",
    "spell_space_add_h": "skip",
    "spell_space_del_h": "skip",
    "spell_char_swap_h": "fuzzy",
    "spell_char_del_h": "fuzzy",
}
LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7", "b": "8", "g": "9"}
_SINGULARS = {
    "women": "woman",
    "trans people": "trans person",
    "gay people": "gay person",
    "black people": "black person",
    "disabled people": "disabled person",
    "Muslims": "Muslim",
    "immigrants": "immigrant",
}
_HAN = range(0x4E00, 0x9FA6)


class Disguise(NamedTuple):
    """cases: keyword, and a text with it in this disguise. channel: the one that is to see through it."""

    name: str
    channel: str
    cases: list[tuple[str, str]]


def hatecheck_disguises(data: Path) -> Iterator[Disguise]:
    rows = corpora.hatecheck(data)
    original = {row["case_id"]: row for row in rows}
    for function, channel in HATECHECK_CHANNELS.items():
        pairs = [
            (_undisguised(row, original[row["ref_case_id"]]), row["test_case"])
            for row in rows
            if row["functionality"] == function and row["ref_case_id"] in original
        ]
        cases = [(keyword, text) for before, text in pairs if (keyword := disguised_words(before, text))]
        yield Disguise(f"HateCheck {function}", channel, cases)


def _undisguised(row: dict[str, str], original: dict[str, str]) -> str:
    """The sentence without its disguise. Of one template the set names an original that is another sentence."""
    template, _, disguise = row["case_templ"].partition("[IDENTITY_S_")
    singular = _SINGULARS.get(row["target_ident"], "")
    if not disguise or re.search(rf"\b{singular}\b", original["test_case"]):
        return original["test_case"]
    return template + singular + disguise.partition("]")[2]


def disguised_words(original: str, variant: str) -> str:
    """The last words of `original` that `variant` writes otherwise."""
    old, new = re.findall(r"\S+", original), re.findall(r"\S+", variant)
    changes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    replaced = [" ".join(old[begin:end]) for change, begin, end, _, _ in changes if change == "replace"]
    return replaced[-1].strip(".,!?'").lower() if replaced else ""


def made_disguises(data: Path) -> Iterator[Disguise]:
    chance = random.Random(SEED)  # noqa: S311  # variety, no secret
    yield from _english_disguises(corpora.english(data), chance)
    yield from _chinese_disguises(corpora.chinese(data))
    yield from _encodings([*corpora.english(data), *corpora.chinese(data)])
    chinese = corpora.chinese(data)
    two = [word for word in chinese if len(word) < MIN_SYLLABLES]
    yield from _sounds(two, "two syllables", "pinyin, two syllables forced", chance)
    yield from _sounds([word for word in chinese if word not in two], "more syllables", "pinyin", chance)


def _made(words: Sequence[str], frame: str, disguise: Callable[[str], str]) -> list[tuple[str, str]]:
    pairs = [(word, disguise(word)) for word in words]
    return [(word, frame.format(disguised)) for word, disguised in pairs if disguised != word]


def _english_disguises(words: Sequence[str], chance: random.Random) -> Iterator[Disguise]:
    lookalikes: dict[str, str] = {}
    for lookalike, letter in LATIN_BY_LOOKALIKE.items():
        if unicodedata.name(lookalike).startswith(("CYRILLIC", "GREEK")):
            lookalikes[letter] = lookalikes.get(letter, "") + lookalike

    def one_mark(word: str) -> str:
        place = chance.randrange(1, len(word))
        return word[:place] + chance.choice("*_-.~") + word[place:]

    long = [word for word in words if len(word) >= MIN_LATIN_LETTERS]
    yield Disguise("full width", "strict", _made(words, ENGLISH, lambda word: word.translate(_FULL_WIDTH)))
    yield Disguise("zero width (en)", "strict", _made(words, ENGLISH, "\u200b".join))
    one_letter = _made(words, ENGLISH, lambda word: _replaced(word, lookalikes, (1,), chance))
    yield Disguise("one Cyrillic or Greek letter", "strict", one_letter)
    yield Disguise("spaces (en)", "skip", _made(long, ENGLISH, " ".join))
    yield Disguise("one mark (en)", "skip", _made(long, ENGLISH, one_mark))
    yield Disguise("leet", "leet", _made(long, ENGLISH, lambda word: _replaced(word, LEET, (1, 2), chance)))


_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def _replaced(word: str, looks: dict[str, str], num_letters: tuple[int, ...], chance: random.Random) -> str:
    places = [place for place, letter in enumerate(word) if letter in looks]
    chosen = chance.sample(places, k=min(len(places), chance.choice(num_letters)))
    return "".join(chance.choice(looks[letter]) if place in chosen else letter for place, letter in enumerate(word))


def _chinese_disguises(words: Sequence[str]) -> Iterator[Disguise]:
    traditional = str.maketrans({simplified: char for char, simplified in SIMPLIFIED_BY_TRADITIONAL.items()})
    yield Disguise("zero width (zh)", "strict", _made(words, CHINESE, "\u200d".join))
    yield Disguise("traditional", "strict", _made(words, CHINESE, lambda word: word.translate(traditional)))
    yield Disguise("spaces (zh)", "skip", _made(words, CHINESE, " ".join))
    yield Disguise("bold inside (zh)", "skip", _made(words, CHINESE, lambda word: f"{word[0]}**{word[1:]}**"))
    yield Disguise("emoji between (zh)", "skip", _made(words, CHINESE, "😀".join))


def _encodings(words: Sequence[str]) -> Iterator[Disguise]:
    """The whole sentence, as a person asks a model to decode it; entities only for the word."""

    def told(encode: Callable[[str], str]) -> list[tuple[str, str]]:
        return [(word, f"Decode: {encode(ENGLISH.format(word))}.") for word in words]

    yield Disguise("base64", "encoded", told(_base64))
    yield Disguise("base64 twice", "encoded", told(lambda text: _base64(_base64(text))))
    yield Disguise("hexadecimal", "encoded", told(lambda text: text.encode().hex()))
    yield Disguise("percent", "encoded", told(quote))
    entities = [(word, ENGLISH.format("".join(f"&#{ord(char)};" for char in word))) for word in words]
    yield Disguise("HTML entities", "encoded", entities)


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _sounds(words: Sequence[str], length: str, channel: str, chance: random.Random) -> Iterator[Disguise]:
    homophones = _homophones(words)

    def mixed(word: str) -> str:
        chosen = chance.sample(range(len(word)), k=1 + len(word) // 2)
        return "".join(_spelled(char) if place in chosen else char for place, char in enumerate(word))

    def heard(word: str) -> str:
        return "".join(chance.choice(homophones[char]) for char in word)

    for name, disguise in (
        ("pinyin joined", lambda word: "".join(map(_spelled, word))),
        ("pinyin spaced", lambda word: " ".join(map(_spelled, word))),
        ("pinyin mixed with characters", mixed),
        ("homophones", heard),
    ):
        yield Disguise(f"{name}, {length}", channel, _made(words, CHINESE, disguise))


def _spelled(char: str) -> str:
    return next(iter(readings_of(char)), char)


def _homophones(words: Sequence[str]) -> dict[str, list[str]]:
    """For each character of the words: common ones that are usually read as it is, whatever the tone."""
    common: dict[str, list[str]] = {}
    for char in map(chr, _HAN):
        if char.encode("gb2312", errors="ignore"):
            common.setdefault(_spelled(char), []).append(char)
    return {char: common.get(_spelled(char), [char]) for word in words for char in word}
