"""The table of kinds: one entry for each, and nothing but the entry is needed for a rule to be found."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chatapp.moderation.judging.batch import BatchJudge
from chatapp.moderation.judging.detecting import Detector, Found
from chatapp.moderation.judging.gate import find_matches
from chatapp.moderation.judging.kinds import CHANNELS, KINDS
from chatapp.moderation.judging.offer import Asked, Detection, Kind, RuleProblem
from chatapp.moderation.judging.rulesets.rule_problems import rule_problems
from chatapp.moderation.judging.verdict import Action, Channel, RuleKind, Stage
from tests.moderation.judging.making import BUNDLED_ALONE, make_rule, make_ruleset

# By what a person did, and by one generation's own detector.
FOUND_ELSEWHERE = {RuleKind.CONDUCT, RuleKind.SYSTEM_PROMPT}


class TestTheTable:
    def test_has_one_entry_for_each_kind(self):
        assert list(KINDS) == list(RuleKind)

    def test_names_what_finds_every_kind_that_stands_in_a_text(self):
        assert {name for name, kind in KINDS.items() if not kind.found_by} == FOUND_ELSEWHERE

    def test_names_what_sees_through_every_disguise(self):
        assert list(CHANNELS) == [channel for channel in Channel if channel is not Channel.STRICT]

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
    found_by=(
        Asked(
            Detection(Marks, glance=lambda source: lambda text: any(sign in text for _, sign in source.asked)),
            lambda picked, _offer: [(picked.number, sign) for sign in picked.rule.words],
        ),
    ),
    problems=lambda rule, _offer: (RuleProblem("mark_too_long", word) for word in rule.words if len(word) > 1),
)
# In the place of a kind that there is: an enumeration cannot be added to.
OFFER = replace(BUNDLED_ALONE, kinds={**KINDS, RuleKind.HIDDEN_UNICODE: MARKS})
RULE = replace(make_rule("marks", words=["※"], action=Action.FLAG), kind=RuleKind.HIDDEN_UNICODE)


class TestANewKind:
    @pytest.fixture
    def ruleset(self):
        return make_ruleset(make_rule("word", words=["bomb"]), RULE, offer=OFFER)

    def test_says_what_is_wrong_with_its_entries(self):
        assert list(rule_problems(RULE, offer=OFFER)) == []
        assert list(rule_problems(replace(RULE, words=("※※",)), offer=OFFER)) == [RuleProblem("mark_too_long", "※※")]
        assert list(rule_problems(replace(RULE, words=()), offer=OFFER)) == [RuleProblem("words_missing")]

    def test_is_compiled_by_its_own_detector(self, ruleset):
        (read_along,) = ruleset.compiled(Stage.OUTPUT).sources.streaming

        assert isinstance(read_along.source, Marks)
        assert read_along.source.asked == [(1, "※")]

    def test_finds_its_entries_beside_the_other_kinds(self, ruleset):
        matches = find_matches(ruleset, "a ※ bomb", Stage.OUTPUT)

        assert [(match.rule_id, match.start, match.end) for match in matches] == [("marks", 2, 3), ("word", 4, 8)]

    def test_is_ruled_out_at_a_glance(self, ruleset):
        (read_along,) = ruleset.compiled(Stage.OUTPUT).sources.streaming
        batch = BatchJudge(ruleset, Stage.OUTPUT)

        glance = read_along.glance()
        assert glance is not None
        assert (glance("a ※"), glance("a bomb")) == (True, False)
        assert (batch.may_match("a ※"), batch.may_match("a dove")) == (True, False)
