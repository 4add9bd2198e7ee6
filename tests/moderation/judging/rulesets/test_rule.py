"""What keeps a rule from being published, and how rulesets are written down."""

from dataclasses import replace

import pytest

from chatapp.moderation.admin.problem_sentences import SENTENCES, problem_error
from chatapp.moderation.judging.expressions.regex_syntax import RefusalCode
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.offer import RuleProblem
from chatapp.moderation.judging.rulesets.rule import Rule, RulesetInvalid
from chatapp.moderation.judging.rulesets.rule_problems import rule_problems
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import Action, RuleKind, RuleState, Stage
from tests.moderation.judging.making import BUNDLED_ALONE, make_rule, make_ruleset

PROBLEMS = [
    (make_rule(words=["bomb"], action=Action.ALLOW), "action_unsupported"),
    (replace(make_rule(words=["bomb"], action=Action.SAFE_COMPLETION), safe_completions={}), "safe_completion_missing"),
    (
        replace(make_rule(words=["bomb"], action=Action.SAFE_COMPLETION), safe_completions={"en": " "}),
        "safe_completion_missing",
    ),
    (make_rule(words=["杀"], action=Action.SAFE_COMPLETION), "word_too_short_to_block"),
    (make_rule(words=["bomb"], severity=5), "severity_out_of_range"),
    (make_rule(words=["bomb"], state=RuleState.DRAFT), "state_not_in_force"),
    (make_rule(words=["bomb"], stages=[]), "stages_missing"),
    (make_rule(words=[]), "words_missing"),
    (make_rule(words=["\u200b"]), "word_blank"),
    (make_rule(words=["a" * 101]), "word_too_long"),
    (make_rule(words=["杀"]), "word_too_short_to_block"),
    (make_rule(words=["a\u0301"]), "word_too_short_to_block"),
    (make_rule(words=["Bomb", "ｂｏｍｂ"]), "word_repeated"),
    (make_rule(words=["口交"], allow=["口交"]), "allow_cancels_word"),
    (make_rule(words=["口交"], allow=["路口"]), "allow_without_word"),
    (make_rule(words=["ass"], allow=["assess"]), "allow_without_word"),
    (make_rule(words=["bomb"], action=Action.REPLACE), "replacement_missing"),
    (make_rule(words=["bomb"], action=Action.REPLACE, replacement="no bomb"), "replacement_contains_word"),
]


OF_OTHER_KINDS = {
    "action_not_of_kind",
    "action_not_of_prompt",
    "stages_not_of_prompt",
    "num_hits_out_of_range",
    "window_out_of_range",
    *RefusalCode,
    "words_too_many_for_channels",
    "channel_sees_whole_texts_only",
    "entity_unknown",
    "domain_invalid",
    "classifier_unknown",
    "allow_blank",
    "thresholds_out_of_order",
    "embedding_model_unknown",
    "examples_too_many",
    "principles_too_many",
    "entry_too_long",
    "model_masks_no_input",
    "model_sees_no_template",
    "trail_masks_nothing",
}


class TestRuleProblems:
    @pytest.mark.parametrize(("rule", "code"), PROBLEMS, ids=[code for _, code in PROBLEMS])
    def test_names_what_is_wrong(self, rule, code):
        assert [problem.code for problem in rule_problems(rule, offer=BUNDLED_ALONE)] == [code]

    def test_finds_nothing_wrong_with_a_good_rule(self):
        rule = make_rule(words=["口交", "a bomb"], allow=["路口交通"], action=Action.REPLACE, replacement="…")

        assert list(rule_problems(rule, offer=BUNDLED_ALONE)) == []

    def test_lets_a_single_character_be_flagged(self):
        assert list(rule_problems(make_rule(words=["杀"], action=Action.FLAG), offer=BUNDLED_ALONE)) == []

    def test_has_a_sentence_for_every_problem_a_form_can_have(self):
        codes = {code for _, code in PROBLEMS} - {"state_not_in_force"}  # the form judges the rule as if it acted

        assert codes | OF_OTHER_KINDS == SENTENCES.keys()
        assert all(problem_error(RuleProblem(code, "phrase"))[1].messages for code in SENTENCES)


class TestAnAllowPhrase:
    @pytest.mark.parametrize("kind", [RuleKind.REGEX, RuleKind.PERSONAL_DATA, RuleKind.HIDDEN_UNICODE])
    @pytest.mark.parametrize("phrase", ["\u200b", "\u0301", "\x00"])
    def test_of_which_nothing_is_left_is_refused_for_every_kind(self, kind, phrase):
        rule = replace(make_rule(words=["phone"], allow=[phrase]), kind=kind)

        assert "allow_blank" in {problem.code for problem in rule_problems(rule, offer=BUNDLED_ALONE)}

    def test_of_which_nothing_is_left_does_not_stop_a_ruleset_that_has_it(self):
        ruleset = make_ruleset(make_rule(words=["phone"], allow=["\u200b"]))

        assert judge(ruleset, "a phone", Stage.INPUT).blocked


# Rulesets that were published before there was more than the keyword list lack them.
LATER_FIELDS = {"kind", "channels", "options", "safe_completions"}


class TestRuleset:
    def test_reads_what_it_wrote(self):
        ruleset = make_ruleset(
            make_rule("a", words=["口交"], allow=["路口交通"], action=Action.REDACT),
            make_rule("b", words=["x y"], action=Action.REPLACE, replacement="…", state=RuleState.SHADOW),
        )

        assert Ruleset.from_json(ruleset.to_json()) == Ruleset(ruleset.version, ruleset.rules)

    def test_is_written_the_same_way_every_time(self):
        rule = make_rule(words=["bomb"])

        assert make_ruleset(rule).to_json() == Ruleset.from_json(make_ruleset(rule).to_json()).to_json()

    @pytest.mark.parametrize("field", sorted(make_rule(words=["bomb"]).to_json().keys() - LATER_FIELDS))
    def test_refuses_a_rule_that_lacks_a_field(self, field):
        raw = make_rule(words=["bomb"]).to_json()
        del raw[field]

        with pytest.raises(RulesetInvalid, match="cannot be read"):
            Rule.from_json(raw)

    @pytest.mark.parametrize(
        ("field", "value"), [("action", "delete"), ("state", "on"), ("stages", ["everywhere"]), ("severity", "high")]
    )
    def test_refuses_a_word_it_does_not_know(self, field, value):
        with pytest.raises(RulesetInvalid, match="cannot be read"):
            Rule.from_json(make_rule(words=["bomb"]).to_json() | {field: value})

    @pytest.mark.parametrize("payload", ["", "[]", "{}", '{"version": 1}'])
    def test_refuses_what_is_no_ruleset(self, payload):
        with pytest.raises(RulesetInvalid):
            Ruleset.from_json(payload)

    def test_refuses_two_rules_with_one_id(self):
        with pytest.raises(RulesetInvalid, match="same id"):
            make_ruleset(make_rule(words=["one"]), make_rule(words=["two"]))

    def test_gives_the_notice_in_the_language_asked_for_or_else_in_another(self):
        both = replace(make_rule("both", words=["xx"]), notices={"en": "No.", "zh-hans": "不。"})
        chinese = replace(make_rule("chinese", words=["yy"]), notices={"zh-hans": "不。"})
        ruleset = make_ruleset(both, chinese, make_rule("none", words=["zz"]))

        assert ruleset.notice("both", language="zh-hans") == "不。"
        assert ruleset.notice("both", language="en") == "No."
        assert ruleset.notice("chinese", language="en") == "不。"
        assert ruleset.notice("none", language="en") == ""

    def test_gives_the_safe_completion_in_the_language_asked_for_or_else_in_another(self):
        rule = make_rule("both", words=["xx"], action=Action.SAFE_COMPLETION)
        both = replace(rule, safe_completions={"en": "Call.", "zh-hans": "打电话。"})
        chinese = replace(rule, id="chinese", safe_completions={"zh-hans": "打电话。"})
        ruleset = Ruleset.from_json(make_ruleset(both, chinese).to_json())

        assert ruleset.safe_completion("both", language="zh-hans") == "打电话。"
        assert ruleset.safe_completion("both", language="en") == "Call."
        assert ruleset.safe_completion("chinese", language="en") == "打电话。"


class TestWords:
    def test_of_actions_stand_weakest_first(self):
        assert list(Action) == [
            "allow",
            "flag",
            "warn",
            "review",
            "redact",
            "replace",
            "safe_completion",
            "block",
            "throttle",
        ]
