"""Rules beside those in force, over many texts at once: what is found is what the gate finds, one by one."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.moderation.judging.batch import BatchJudge
from chatapp.moderation.judging.gate import find_matches
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import Action, RuleState, Stage
from chatapp.review.dry_runs.comparing import Comparison
from tests.moderation.judging.making import make_rule, make_ruleset
from tests.moderation.judging.mixed_rulesets import mixed_ruleset, mixed_text

many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "120")), deadline=None)
SPELLS = make_rule("spells", words=["xyzzy"], action=Action.FLAG)
BOMBS = make_rule("bombs", words=["bomb"], action=Action.FLAG)


def edited(rules: tuple[Rule, ...], chance: Random) -> tuple[Rule, ...]:
    """Some kept, some of another revision, some changed, some gone; at stages of their own."""
    changes: tuple[Callable[[Rule], list[Rule]], ...] = (
        lambda rule: [rule],
        lambda rule: [replace(rule, revision=2)],
        lambda rule: [replace(rule, severity=5 - rule.severity)],
        lambda rule: [replace(rule, stages=frozenset({chance.choice(tuple(Stage))}))],
        lambda rule: [replace(rule, state=RuleState.SHADOW)],
        lambda _rule: [],
    )
    return tuple(changed for rule in rules for changed in chance.choice(changes)(rule))


def of_any_revision(matches):
    """Unchanged rules' matches come first and in today's name: neither order nor revision is a promise."""
    return Counter(replace(match, revision=0) for match in matches)


class TestAComparison:
    @many
    @given(st.randoms(use_true_random=False), st.sampled_from(Stage))
    def test_finds_for_both_what_the_gate_finds(self, chance, stage):
        today = mixed_ruleset(chance)
        asked = replace(today, rules=edited(today.rules, chance))
        texts = [mixed_text(chance, today) for _ in range(4)]

        judged = Comparison.of(asked=asked, today=today.rules).judge(texts, stage)

        for text, one in zip(texts, judged, strict=True):
            assert one.matches == find_matches(asked, text, stage)
            assert of_any_revision(one.today) == of_any_revision(find_matches(today, text, stage))

    def test_searches_with_one_judge_for_each_ruleset_and_stage(self):
        made = []

        def make_judge(ruleset, stage):
            made.append(([rule.id for rule in ruleset.rules], stage))
            return BatchJudge(ruleset, stage)

        comparison = Comparison.of(
            asked=make_ruleset(SPELLS, BOMBS), today=[replace(BOMBS, severity=1)], make_judge=make_judge
        )
        for stage in (Stage.INPUT, Stage.OUTPUT, Stage.INPUT):
            comparison.judge(["a bomb", "xyzzy"], stage)

        assert made == [
            (["spells", "bombs"], Stage.INPUT),
            (["bombs"], Stage.INPUT),
            (["spells", "bombs"], Stage.OUTPUT),
            (["bombs"], Stage.OUTPUT),
        ]

    def test_judges_nothing_twice_that_a_new_revision_left_as_it_was(self):
        comparison = Comparison.of(asked=make_ruleset(SPELLS, replace(BOMBS, revision=2)), today=[BOMBS])

        assert comparison.differing_today.rules == ()
        assert [match.rule_id for match in comparison.judge(["a bomb"], Stage.INPUT)[0].today] == ["bombs"]
