"""
How much of each disguise the channels see through, and what each costs in false finds and time.

`python -m bench.moderation.evasion FOLDER` prints a figure a line. Reads HateCheck-en, LDNOOBW (word lists), houbb's
list and KdConv (everyday Chinese turns) from that folder; owns no list of its own.
"""

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from json import dumps
from pathlib import Path

from bench.moderation import corpora
from bench.moderation.disguises import hatecheck_disguises, made_disguises
from chatapp.moderation.judging.channels.encoded import compile_encoded
from chatapp.moderation.judging.channels.fuzzy import compile_fuzzy
from chatapp.moderation.judging.channels.leet import compile_leet
from chatapp.moderation.judging.channels.pinyin import compile_pinyin
from chatapp.moderation.judging.channels.skip import compile_skip
from chatapp.moderation.judging.detecting import DetectorSource, Finder, Found, Keyword
from chatapp.moderation.judging.gate import find_matches
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import Action, RuleState, Stage
from tests.moderation.judging.making import BUNDLED_ALONE


@dataclass(frozen=True, slots=True)
class Recall:
    """Of num_cases disguised words, the shares that the strict channel finds, and strict and `channel` together."""

    disguise: str
    channel: str
    num_cases: int
    raw: float
    with_channel: float


@dataclass(frozen=True, slots=True)
class FalseFinds:
    """Of num_texts harmless texts, those in which the channel finds what the strict one does not."""

    texts: str
    channel: str
    num_keywords: int
    num_texts: int
    num_hit: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Time to read one character, and the share of characters after which something is held."""

    channel: str
    texts: str
    num_keywords: int
    us_per_char: float
    held_share: float


class Strict:
    """The strict channel as the product runs it, on whole texts."""

    def __init__(self, keywords: Sequence[Keyword]) -> None:
        words = tuple(dict.fromkeys(keyword.phrase for keyword in keywords))
        rule = Rule(
            id="all",
            revision=1,
            category="bench",
            severity=1,
            action=Action.FLAG,
            state=RuleState.ENFORCING,
            stages=frozenset(Stage),
            words=words,
        )
        self._ruleset = CompiledRuleset(version=1, rules=(rule,), offer=BUNDLED_ALONE)

    def hits(self, text: str) -> bool:
        return bool(find_matches(self._ruleset, text, Stage.OUTPUT))


CHANNELS: dict[str, Callable[[Sequence[Keyword]], DetectorSource]] = {
    "skip": compile_skip,
    "leet": compile_leet,
    "pinyin": compile_pinyin,
    "pinyin, two syllables forced": lambda words: compile_pinyin(words, forced={word.phrase for word in words}),
}
# These see whole texts only: nothing is held, and their time is that of a whole text.
WHOLE_TEXT_CHANNELS: dict[str, Callable[[Sequence[Keyword]], Finder]] = {
    "fuzzy": compile_fuzzy,
    "encoded": compile_encoded,
}


def measure(data: Path) -> list[Recall | FalseFinds | Cost]:
    return [*_recall(data), *_false_finds(data), *_costs(data)]


def _keywords(phrases: Iterable[str]) -> list[Keyword]:
    return [Keyword(phrase, 0, holds=True) for phrase in phrases]


def _finder(channel: str, keywords: Sequence[Keyword]) -> Callable[[str], list[Found]]:
    if channel in WHOLE_TEXT_CHANNELS:
        return WHOLE_TEXT_CHANNELS[channel](keywords).find
    source = CHANNELS[channel](keywords)

    def find(text: str) -> list[Found]:
        detector = source.start()
        return [found for batch in [*map(detector.read, text), detector.end()] for found in batch]

    return find


# Recall: one keyword a case, so that no other keyword helps.


def _recall(data: Path) -> Iterator[Recall]:
    for disguise in (*hatecheck_disguises(data), *made_disguises(data)):
        num_raw = num_seen = 0
        for keyword, text in disguise.cases:
            num_raw += _stands_in(keyword, text)
            num_seen += _sees(disguise.channel, keyword, text)
        num_cases = len(disguise.cases)
        yield Recall(
            disguise.name, disguise.channel, num_cases, round(num_raw / num_cases, 3), round(num_seen / num_cases, 3)
        )


def _stands_in(keyword: str, text: str) -> bool:
    """Without any channel: as a word where there are words."""
    bound = r"\b" if keyword.isascii() else ""
    return re.search(bound + re.escape(keyword) + bound, text, re.IGNORECASE) is not None


def _sees(channel: str, keyword: str, text: str) -> bool:
    keywords = _keywords([keyword])
    return Strict(keywords).hits(text) or (channel != "strict" and bool(_finder(channel, keywords)(text)))


# False finds: many keywords at once.


def _false_finds(data: Path) -> Iterator[FalseFinds]:
    harmless = [row["test_case"] for row in corpora.hatecheck(data) if row["label_gold"] == "non-hateful"]
    turns = corpora.turns(data)
    everyday = "\n".join(turns)
    absent = [word for word in corpora.houbb(data) if word not in everyday]
    english = sorted(
        {
            *corpora.english(data),
            *(word for row in corpora.hatecheck(data) for word in re.findall("[a-z]{3,}", row["test_case"].lower())),
        }
    )
    yield from _hits("HateCheck non-hateful, listed words", harmless, corpora.english(data))
    yield from _hits("HateCheck non-hateful, all its own words", harmless, english)
    yield from _hits("KdConv, listed words", turns, corpora.chinese(data))
    for length in (2, 3, 4):
        yield from _hits(f"KdConv, words of {length} that never occur", turns, [w for w in absent if len(w) == length])


def _hits(texts_name: str, texts: Sequence[str], phrases: Sequence[str]) -> Iterator[FalseFinds]:
    keywords = _keywords(phrases)
    for channel in (*CHANNELS, *WHOLE_TEXT_CHANNELS):
        find = _finder(channel, keywords)
        num_hit = sum(bool(find(text)) for text in texts)
        yield FalseFinds(texts_name, channel, len(phrases), len(texts), num_hit)


# Cost: one text, read on and on.


def _costs(data: Path) -> Iterator[Cost]:
    english = " ".join(row["test_case"] for row in corpora.hatecheck(data) if row["label_gold"] == "non-hateful")[
        :50_000
    ]
    chinese = "\n".join(corpora.turns(data))[:50_000]
    for name, text, phrases in (
        ("English", english, corpora.english(data)),
        ("Chinese", chinese, corpora.chinese(data)),
    ):
        for channel, compiled in CHANNELS.items():
            yield _cost(channel, name, compiled(_keywords(phrases)), len(phrases), text)


def _cost(channel: str, texts: str, source: DetectorSource, num_keywords: int, text: str) -> Cost:
    detector = source.start()
    num_held = 0
    for char in text:
        detector.read(char)
        num_held += detector.alive_from is not None

    def read() -> None:
        fresh = source.start()
        for char in text:
            fresh.read(char)
            _ = fresh.alive_from  # the gate asks after each character

    return Cost(channel, texts, num_keywords, _us_per_char(read, len(text)), round(num_held / len(text), 3))


def _us_per_char(run: Callable[[], object], num_chars: int) -> float:
    """The best of three, in processor time: other programs only ever slow it."""
    times_s = []
    for _ in range(3):
        began = time.process_time()
        run()
        times_s.append(time.process_time() - began)
    return round(min(times_s) / num_chars * 1e6, 2)


if __name__ == "__main__":
    for figure in measure(Path(sys.argv[1])):
        print(dumps({type(figure).__name__: asdict(figure)}, ensure_ascii=False))
