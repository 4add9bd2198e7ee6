"""A ruleset compiled for every stage and part: each keeps to its rules, and no detector is built twice."""

from dataclasses import replace

import pytest

from chatapp.moderation.judging.rulesets.builds import decode, encode
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset, Part
from chatapp.moderation.judging.verdict import Action, RuleKind, Stage
from tests.moderation.judging.making import BUNDLED_ALONE, make_rule, make_ruleset

DIGEST = "d" * 64
WRITTEN, ANSWERED = (Stage.INPUT, Stage.TEMPLATE, Stage.ATTACHMENT), (Stage.OUTPUT, Stage.TITLE)
WORD = make_rule("word", words=["bomb"], stages=ANSWERED)
PATTERN = replace(make_rule("pattern", words=["order-[0-9]+"], action=Action.FLAG), kind=RuleKind.REGEX)
JUDGE = replace(
    make_rule("judge", words=["No insults."], action=Action.FLAG, stages=[Stage.INPUT, Stage.OUTPUT]),
    kind=RuleKind.JUDGE,
)


def decoded(ruleset: CompiledRuleset) -> CompiledRuleset:
    return decode(encode(ruleset, ruleset_sha256=DIGEST), ruleset_sha256=DIGEST, offer=BUNDLED_ALONE)


class TestStagesAtWhichTheSameRulesLook:
    @pytest.mark.parametrize("part", Part)
    @pytest.mark.parametrize("ruleset", [make_ruleset(WORD, PATTERN), decoded(make_ruleset(WORD, PATTERN))])
    def test_share_their_detectors(self, ruleset, part):
        for stages in (WRITTEN, ANSWERED):
            shared = {id(ruleset.compiled(stage, part).sources) for stage in stages}

            assert len(shared) == 1

    def test_share_them_where_a_part_leaves_the_same_rules(self):
        ruleset = make_ruleset(PATTERN, JUDGE)

        whole = [id(ruleset.compiled(stage).sources) for stage in (Stage.INPUT, Stage.TEMPLATE)]
        at_once = [id(ruleset.compiled(stage, Part.AT_ONCE).sources) for stage in Stage]

        assert len(set(whole)) == 2
        assert set(at_once) == {whole[1]}


class TestAPart:
    def test_keeps_to_the_rules_that_can_be_asked_there(self):
        ruleset = make_ruleset(WORD, PATTERN, JUDGE)

        looking = {part: sorted(ruleset.compiled(Stage.OUTPUT, part).looking) for part in Part}

        assert looking == {Part.ALL: [0, 1, 2], Part.AT_ONCE: [0, 1], Part.BY_MODEL: [2]}

    def test_keeps_each_stage_to_its_rules(self):
        ruleset = make_ruleset(WORD, PATTERN, JUDGE)

        looking = {stage: sorted(ruleset.compiled(stage, Part.BY_MODEL).looking) for stage in Stage}

        assert looking == {stage: [2] if stage in JUDGE.stages else [] for stage in Stage}
