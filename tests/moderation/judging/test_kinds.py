"""The table of kinds: one entry for each, and nothing but the entry is needed for a rule to be found."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chatapp.moderation.judging.classifiers.offer import BUNDLED_ALONE
from chatapp.moderation.judging.detecting import Detector, Found
from chatapp.moderation.judging.kinds import KINDS, Detection, Kind, glance_of
from chatapp.moderation.judging.rulesets.sources import compile_sources
from chatapp.moderation.judging.scanning import Scanner
from chatapp.moderation.judging.verdict import Action, RuleKind, Stage
from tests.moderation.judging.making import make_rule, make_ruleset

# Found by the ruleset's own automaton, by what a person did, and by one generation's own detector.
FOUND_ELSEWHERE = {RuleKind.KEYWORD, RuleKind.CONDUCT, RuleKind.SYSTEM_PROMPT}


class TestTheTable:
    def test_has_one_entry_for_each_kind(self):
        assert list(KINDS) == list(RuleKind)

    def test_names_what_finds_every_kind_that_stands_in_a_text(self):
        assert {name for name, kind in KINDS.items() if kind.detection is None} == FOUND_ELSEWHERE

    def test_lets_no_kind_that_scores_be_measured_as_if_it_asked_nobody(self):
        assert [name for name, kind in KINDS.items() if kind.holds_alone and kind.scores] == []

    def test_cannot_be_changed(self):
        with pytest.raises(TypeError, match="item assignment"):
            KINDS[RuleKind.URL] = KINDS[RuleKind.REGEX]  # type: ignore[index]  # that is the test


class Marks:
    """Finds one sign. Implements `detecting.DetectorSource`."""

    def __init__(self, asked: Sequence[tuple[int, str]]) -> None:
        self.asked = asked

    def start(self) -> Detector:
        return MarksDetector(self.asked)


class MarksDetector:
    alive_from = None

    def __init__(self, asked: Sequence[tuple[int, str]], num_chars: int = 0) -> None:
        self._asked = asked
        self._num_chars = num_chars

    def read(self, char: str) -> Sequence[Found]:
        self._num_chars += 1
        return [Found(number, self._num_chars - 1, self._num_chars) for number, sign in self._asked if sign == char]

    def end(self) -> Sequence[Found]:
        return ()

    def copy(self) -> "MarksDetector":
        return MarksDetector(self._asked, self._num_chars)


MARKS = Kind(
    fields=("words",),
    detection=Detection(Marks, Marks, lambda source: lambda text: any(sign in text for _, sign in source.asked)),
    asks=lambda picked, _offer: [(picked.number, sign) for sign in picked.rule.words],
)
# In the place of a kind that there is: an enumeration cannot be added to.
WITH_MARKS = {**KINDS, RuleKind.HIDDEN_UNICODE: MARKS}


class TestANewKind:
    @pytest.fixture
    def compiled(self):
        rule = replace(make_rule("marks", words=["※"], action=Action.FLAG), kind=RuleKind.HIDDEN_UNICODE)
        compiled = make_ruleset(make_rule("word", words=["bomb"]), rule).compiled(Stage.OUTPUT)
        sources = compile_sources(
            compiled.rules, looking=compiled.looking, holding=compiled.holding, offer=BUNDLED_ALONE, kinds=WITH_MARKS
        )
        return compiled, sources

    def test_is_compiled_by_its_own_detector(self, compiled):
        (source,) = compiled[1].streaming

        assert isinstance(source, Marks)
        assert source.asked == [(1, "※")]

    def test_finds_its_entries_beside_the_other_kinds(self, compiled):
        rules, sources = compiled
        scanner = Scanner(rules, sources=sources)

        matches = [match for settled in (*scanner.read("a ※ bomb"), scanner.end()) for match in settled]

        assert [(match.rule_id, match.start, match.end) for match in matches] == [("marks", 2, 3), ("word", 4, 8)]

    def test_is_ruled_out_at_a_glance(self, compiled):
        glance = glance_of(compiled[1].streaming[0], WITH_MARKS)

        assert glance is not None
        assert (glance("a ※"), glance("a bomb")) == (True, False)
        assert glance_of(compiled[1].streaming[0]) is None
