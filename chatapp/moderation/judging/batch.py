"""
Judges many whole texts with one ruleset, as a dry run does. Owns which texts need a closer look; decides none itself.

A text in which no keyword stands and no detector finds anything needs no judge: its verdict is known. Keywords are
looked for by the PyPI package ahocorasick-rs (Apache-2.0), which cannot tell a stream what is alive, and so serves
whole texts alone; detectors are asked only where a glance (glances.py) does not rule them out. All other texts are read
by the scanner with those detectors, or judged by `gate.judge`, so what is found here is the gate's by construction.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from chatapp.moderation.judging.channels.given import GivenDetector
from chatapp.moderation.judging.detecting import Detector, DetectorSource, Found, Glance, RulesUnanswered
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.glances import SYMBOLS_BY_CODE
from chatapp.moderation.judging.rulesets.compiled import ReadAlong, Sources
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset, Part
from chatapp.moderation.judging.scanning import Scanner
from chatapp.moderation.judging.text.normalise import is_word_symbol
from chatapp.moderation.judging.verdict import Action, Match, Stage, Verdict


class _Closer(NamedTuple):
    """What a text has to be read for. sources: by their places; found: what channels saw in it as a whole."""

    sources: tuple[int, ...]
    found: Sequence[Found]


class BatchJudge:
    """One ruleset at one stage. Shows no change once made; one for many texts."""

    __slots__ = ("_automaton", "_compiled", "_glances", "_reading", "part", "ruleset", "stage")

    def __init__(self, ruleset: CompiledRuleset, stage: Stage | str, *, part: Part = Part.ALL) -> None:
        self.ruleset, self.stage, self.part = ruleset, Stage(stage), part
        self._compiled = compiled = ruleset.compiled(self.stage, part)
        self._reading = (*compiled.sources.streaming, *map(ReadAlong, compiled.sources.classifiers))
        self._glances: list[Glance | None] = [one.glance() for one in self._reading]
        looking = [ruleset.rules[number] for number in compiled.looking]
        phrases = (phrase for rule in looking for phrase in ruleset.offer.kind(rule).keywords(rule))
        keywords = {phrase.strip().translate(SYMBOLS_BY_CODE) for phrase in phrases}
        self._automaton = AhoCorasick(sorted(keywords)) if keywords else None

    def judge(self, text: str) -> Verdict:
        """What `gate.judge` says of it."""
        if self.may_match(text):
            return judge(self.ruleset, text, self.stage, part=self.part)
        return Verdict(Action.ALLOW, (), text, self.ruleset.version)

    def find_matches(self, text: str) -> tuple[Match, ...]:
        """What `gate.find_matches` finds in it: a detector that finds nothing changes nothing."""
        closer = self._closer(text)
        if closer is None:
            return ()
        besides = [GivenDetector(closer.found, holding=self._compiled.holding)] if closer.found else []
        reading = Sources(tuple(self._reading[place] for place in closer.sources))
        scanner = Scanner(self._compiled, sources=reading, besides=besides)
        return tuple(match for settled in [*scanner.read(text), scanner.end()] for match in settled)

    def find_many(self, texts: Sequence[str]) -> list[tuple[Match, ...]]:
        """`find_matches` of each."""
        return list(map(self.find_matches, texts))

    def may_match(self, text: str) -> bool:
        """False only where no rule that looks can have a match."""
        return self._closer(text) is not None

    def holds_keyword(self, text: str) -> bool:
        """Whether a keyword of a rule that looks stands in the text as written, be it under an allow phrase."""
        if self._automaton is None:
            return False
        spelled = text.translate(SYMBOLS_BY_CODE)
        places = self._automaton.find_matches_as_indexes(spelled, overlapping=True)
        return any(_stands_alone(spelled, start, end) for _, start, end in places)

    def _closer(self, text: str) -> _Closer | None:
        """None where nothing can be found."""
        sources = self._compiled.sources
        found = [one for finder in sources.finders for one in finder.find(text)]
        places = tuple(place for place, glance in enumerate(self._glances) if glance is None or glance(text))
        if found or self.holds_keyword(text) or any(self._glances[place] is None for place in places):
            return _Closer(places, found)
        places = tuple(place for place in places if _finds(self._reading[place].source, text))
        return _Closer(places, found) if places else None


def _finds(source: DetectorSource, text: str) -> bool:
    detector: Detector = source.start()
    try:
        return any(detector.read(char) for char in text) or bool(detector.end())
    except RulesUnanswered:
        return True


def _stands_alone(spelled: str, start: int, end: int) -> bool:
    """Whether a word begins and ends with symbols [start, end) wherever these begin or end with a word's symbol."""
    return not (
        (start and is_word_symbol(spelled[start]) and is_word_symbol(spelled[start - 1]))
        or (end < len(spelled) and is_word_symbol(spelled[end]) and is_word_symbol(spelled[end - 1]))
    )
