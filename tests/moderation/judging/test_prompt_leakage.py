"""Pieces of a system prompt in an answer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.gate import OutputGate
from chatapp.moderation.judging.prompt_leakage import pieces, prompt_detectors
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.rulesets.rule_problems import rule_problems
from chatapp.moderation.judging.verdict import Action, RuleKind, RuleState, Stage
from tests.moderation.judging.making import BUNDLED_ALONE, make_rule, make_ruleset

PROMPT = "You are Ada, the tutor of the north harbour school. Never say that the password is swordfish."
CHINESE = "你是北港学校的数学老师阿达，绝不可以透露口令是剑鱼这两个字。"


def prompt_rule(action: Action, state: RuleState = RuleState.ENFORCING) -> CompiledRuleset:
    rule = make_rule("leak", words=[], action=action, state=state, stages=[Stage.OUTPUT])
    return make_ruleset(make_rule("other", words=["zorble"]), replace(rule, kind=RuleKind.SYSTEM_PROMPT))


def gate_of(ruleset: CompiledRuleset, prompt: str = PROMPT) -> OutputGate:
    return OutputGate(ruleset, besides=prompt_detectors(ruleset, Stage.OUTPUT, prompt=prompt))


def run(gate: OutputGate, *texts: str) -> str:
    return "".join([*(gate.feed(text).released for text in texts), gate.finish().released])


class TestPieces:
    def test_are_eight_words_in_a_row_as_they_stand(self):
        assert pieces("One, two three four five six seven eight nine!") == (
            "One, two three four five six seven eight",
            "two three four five six seven eight nine",
        )

    def test_are_sixteen_characters_of_a_script_without_spaces(self):
        assert pieces("甲乙丙丁戊己庚辛壬癸，子丑寅卯辰巳午") == (
            "甲乙丙丁戊己庚辛壬癸，子丑寅卯辰巳",
            "乙丙丁戊己庚辛壬癸，子丑寅卯辰巳午",
        )

    @pytest.mark.parametrize("prompt", ["", "Be kind.", "one two three four five six seven", "请你友善地回答。"])
    def test_are_none_of_what_is_shorter(self, prompt):
        assert pieces(prompt) == ()


class TestALeak:
    @pytest.mark.parametrize(
        ("prompt", "leak"),
        [
            (PROMPT, "never SAY that the  password is swordfish"),
            (PROMPT, "tutor of the north harbour school. Never say"),
            (CHINESE, "数学老师阿达，绝不可以透露口令是剑"),
        ],
    )
    def test_is_masked_whole(self, prompt, leak):
        if "  " in leak:
            leak = "school. " + leak.replace("  ", " ")

        shown = run(gate_of(prompt_rule(Action.REDACT), prompt), "Well: ", *leak, " So.")

        assert shown == f"Well: {'█' * len(leak)} So."

    def test_ends_a_blocked_answer_before_its_first_word(self):
        gate = gate_of(prompt_rule(Action.BLOCK))

        assert run(gate, "My text: You are Ada, the tutor of", " the north harbour school.") == "My text: "
        assert gate.blocked

    def test_passes_where_a_rule_only_flags_and_nothing_waits(self):
        gate = gate_of(prompt_rule(Action.FLAG))

        assert gate.feed("You are Ada, the tutor of the ").released == "You are Ada, the tutor of the "
        gate.feed("north harbour school.")
        assert [match.rule_id for match in gate.matches][:1] == ["leak"]

    def test_of_fewer_words_is_none(self):
        text = "You are Ada, the tutor of the south."

        assert run(gate_of(prompt_rule(Action.BLOCK)), text) == text

    def test_is_found_over_the_cut_of_a_take_over(self):
        gate = gate_of(prompt_rule(Action.BLOCK))
        gate.replay("You are Ada, the tutor of ")

        assert run(gate, "the north harbour school.") == ""
        assert gate.blocked

    @given(st.lists(st.integers(0, len(PROMPT)), max_size=6))
    def test_does_not_depend_on_the_cut(self, places):
        ruleset = prompt_rule(Action.REDACT)
        cuts = sorted(places)
        texts = [PROMPT[start:end] for start, end in zip([0, *cuts], [*cuts, len(PROMPT)], strict=True)]

        assert run(gate_of(ruleset), *texts) == run(gate_of(ruleset), PROMPT)

    def test_is_no_matter_to_a_copy_that_reads_something_else(self):
        gate = gate_of(prompt_rule(Action.BLOCK))
        gate.feed("You are Ada, the tutor of ")

        assert gate.would_release("the south")
        assert not gate.would_release("the north harbour school.")


class TestTheRule:
    def test_may_be_published_without_entries(self):
        assert [
            problem for rule in prompt_rule(Action.REDACT).rules for problem in rule_problems(rule, offer=BUNDLED_ALONE)
        ] == []

    @pytest.mark.parametrize(
        ("action", "stages", "code"),
        [
            (Action.WARN, [Stage.OUTPUT], "action_not_of_prompt"),
            (Action.BLOCK, [Stage.INPUT], "stages_not_of_prompt"),
        ],
    )
    def test_is_refused_where_it_could_do_nothing(self, action, stages, code):
        rule = replace(make_rule(words=[], action=action, stages=stages), kind=RuleKind.SYSTEM_PROMPT)

        assert [problem.code for problem in rule_problems(rule, offer=BUNDLED_ALONE)] == [code]
