"""Rules of similarity and of a judge: what keeps them from being published, and what they do to a text."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import pytest

from chatapp.moderation import errors, models
from chatapp.moderation.admin.problem_sentences import SENTENCES
from chatapp.moderation.admin.rule_form import RuleForm
from chatapp.moderation.judging.classifiers.types import Context, Strictness, Timing
from chatapp.moderation.judging.gate import find_matches, judge
from chatapp.moderation.judging.kinds import KINDS
from chatapp.moderation.judging.offer import Offer
from chatapp.moderation.judging.rulesets.builds import decode, encode
from chatapp.moderation.judging.rulesets.rule import Rule, RuleOptions
from chatapp.moderation.judging.rulesets.rule_problems import rule_problems
from chatapp.moderation.judging.verdict import HOLDING_ACTIONS, Action, Category, RuleKind, RuleState, Stage
from chatapp.moderation.publishing.ruleset_problems import LoneJudge, lone_judges
from chatapp.moderation.publishing.services import ruleset_publish
from chatapp.moderation.rules.services import rule_create
from tests.moderation.judging.classifiers.scripted import ScriptedClassifier
from tests.moderation.judging.making import BUNDLED_ALONE, make_rule, make_ruleset
from tests.support.factories import make_user
from tests.support.offering import offering

EMBEDDER, GUARD = "e5", "guard"
OPTIONS = RuleOptions(threshold_controversial=0.5, threshold_unsafe=0.8, strictness=Strictness.STRICT)
STAGES = (Stage.INPUT, Stage.OUTPUT, Stage.TITLE)

# An embedding model and a guard have names; only the guard answers.
OFFER = BUNDLED_ALONE.with_embedding_models([EMBEDDER]).serving(models={GUARD: ScriptedClassifier({})})


def similarity(rule_id: str = "alike", *, options: RuleOptions = OPTIONS, **settings) -> Rule:
    rule = make_rule(rule_id, **{"words": ["how to make a bomb"], "stages": STAGES, **settings})
    return replace(rule, kind=RuleKind.SIMILARITY, options=replace(options, classifier=EMBEDDER))


def by_principles(rule_id: str = "judge", *, options: RuleOptions = OPTIONS, **settings) -> Rule:
    rule = make_rule(rule_id, **{"words": ["Nobody is hurt."], "stages": STAGES, **settings})
    return replace(rule, kind=RuleKind.JUDGE, options=options)


def by_guard(**settings) -> Rule:
    rule = make_rule("guard", **{"words": [], "stages": STAGES, **settings})
    return replace(rule, kind=RuleKind.CLASSIFIER, options=replace(OPTIONS, classifier=GUARD, label="harm"))


def codes(rule: Rule, *, offer: Offer = OFFER) -> list[str]:
    return [problem.code for problem in rule_problems(rule, offer=offer)]


ASKING = [similarity, by_principles, by_guard]


class TestARuleThatAsksAModel:
    @pytest.mark.parametrize("make", ASKING)
    @pytest.mark.parametrize("action", sorted(HOLDING_ACTIONS - {Action.REDACT, Action.REPLACE}))
    def test_may_be_published_for_messages_and_answers(self, make, action):
        rule = make(action=action)

        assert codes(rule) == []
        assert OFFER.asks_model(rule)

    @pytest.mark.parametrize("make", ASKING)
    @pytest.mark.parametrize("action", [Action.REDACT, Action.REPLACE])
    def test_masks_answers_and_nothing_that_is_stored_before_it_is_judged(self, make, action):
        of_answers = make(action=action, stages=[Stage.OUTPUT], replacement="…" if action is Action.REPLACE else "")

        assert codes(of_answers) == []
        assert codes(replace(of_answers, stages=frozenset({Stage.INPUT, Stage.OUTPUT}))) == ["model_masks_no_input"]

    @pytest.mark.parametrize("make", ASKING)
    @pytest.mark.parametrize("stage", [Stage.TEMPLATE, Stage.ATTACHMENT])
    def test_looks_at_nothing_that_is_stored_where_there_is_no_model(self, make, stage):
        assert codes(make(stages=[Stage.OUTPUT, stage])) == ["model_sees_no_template"]

    def test_is_none_of_the_classifier_that_comes_along(self):
        rule = replace(make_rule(words=[], action=Action.REDACT), kind=RuleKind.CLASSIFIER)

        assert (OFFER.asks_model(rule), codes(rule)) == (False, [])


class TestTrail:
    @pytest.mark.parametrize("kind", [RuleKind.CLASSIFIER, RuleKind.SIMILARITY, RuleKind.JUDGE])
    @pytest.mark.parametrize("action", [Action.REDACT, Action.REPLACE])
    def test_masks_nothing_because_the_sentence_has_left(self, kind, action):
        options = replace(
            OPTIONS, timing=Timing.TRAIL, classifier=EMBEDDER if kind is RuleKind.SIMILARITY else "ngrams"
        )
        words = [] if kind is RuleKind.CLASSIFIER else ["x"]
        rule = make_rule(words=words, action=action, stages=[Stage.OUTPUT], replacement="…")

        trailing = replace(rule, kind=kind, options=options)

        assert codes(trailing) == ["trail_masks_nothing"]
        assert codes(replace(trailing, action=Action.BLOCK, replacement="")) == []
        assert codes(replace(trailing, options=replace(options, timing=Timing.GATE))) == []


class TestEntries:
    @pytest.mark.parametrize(
        ("rule", "code"),
        [
            (similarity(words=[]), "words_missing"),
            (similarity(words=[f"example {number}" for number in range(201)]), "examples_too_many"),
            (similarity(words=["x" * 501]), "entry_too_long"),
            (similarity(words=[" "]), "word_blank"),
            (by_principles(words=[]), "words_missing"),
            (by_principles(words=[f"principle {number}" for number in range(10)]), "principles_too_many"),
            (by_principles(words=["x" * 501]), "entry_too_long"),
            (by_principles(words=[" "]), "word_blank"),
            (by_principles(options=replace(OPTIONS, threshold_unsafe=0.4)), "thresholds_out_of_order"),
            (similarity(options=replace(OPTIONS, threshold_controversial=0.0)), "thresholds_out_of_order"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_that_are_too_many_too_long_or_none_are_refused(self, rule, code):
        assert codes(rule) == [code]
        assert code in SENTENCES

    def test_at_their_limits_are_taken(self):
        assert codes(similarity(words=["x" * 500, *map(str, range(199))])) == []
        assert codes(by_principles(words=["x" * 500] * 9)) == []

    def test_of_similarity_need_a_model_that_the_settings_name(self):
        assert codes(similarity(), offer=BUNDLED_ALONE) == ["embedding_model_unknown"]


class ByWord:
    """Embeds a text in one of two directions: bombs, and all else."""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[1.0, 0.0] if "bomb" in text else [0.0, 1.0] for text in texts]


class ByPrinciple:
    """Finds a text broken that has the first word of a principle."""

    def __init__(self) -> None:
        self.contexts: list[Context] = []

    def scores(self, text: str, *, principles: Sequence[str], context: Context) -> Mapping[str, float]:
        self.contexts.append(context)
        scores = {
            str(number): 0.9 if principle.split()[0] in text else 0.0
            for number, principle in enumerate(principles, start=1)
        }
        return {"broken": max(scores.values()), **scores}


class TestInAText:
    @pytest.mark.parametrize("make", [similarity, by_principles])
    def test_a_model_that_is_not_there_leaves_the_text_unjudged_and_says_so(self, make):
        [match] = find_matches(make_ruleset(make(), offer=OFFER), "Hello.", Stage.OUTPUT)

        assert match.error == "classifier_unreachable"

    def test_similarity_finds_the_sentence_that_is_close_to_an_example(self):
        ruleset = make_ruleset(similarity(), offer=OFFER.serving(embedders={EMBEDDER: ByWord()}))
        text = "Good day. Tell me of a bomb."

        [match] = find_matches(ruleset, text, Stage.INPUT)

        assert (text[match.start : match.end].strip(), match.score) == ("Tell me of a bomb.", 1.0)
        assert not judge(ruleset, "Good day. Tell me of bread.", Stage.INPUT).blocked

    def test_a_judge_finds_the_sentence_that_breaks_a_principle(self):
        rule = by_principles(words=["Peace is kept.", "Nobody is hurt."])
        ruleset = make_ruleset(rule, offer=OFFER.serving(judge=ByPrinciple()))

        verdict = judge(ruleset, "All is well. Nobody cares.", Stage.OUTPUT)

        assert verdict.blocked
        assert [(match.score, match.principle) for match in verdict.matches] == [(0.9, 2)]

    def test_one_rule_is_judged_by_what_each_ruleset_offers(self):
        unanswered = make_ruleset(by_principles(), offer=OFFER)
        answered = make_ruleset(by_principles(), offer=OFFER.serving(judge=ByPrinciple()))

        assert find_matches(answered, "Hello.", Stage.OUTPUT) == ()
        assert [match.error for match in find_matches(unanswered, "Hello.", Stage.OUTPUT)] == ["classifier_unreachable"]

    def test_a_build_carries_both_kinds(self):
        served = OFFER.serving(embedders={EMBEDDER: ByWord()}, judge=ByPrinciple())
        ruleset = make_ruleset(similarity(), by_principles(), offer=served)

        loaded = decode(encode(ruleset, ruleset_sha256="d"), ruleset_sha256="d", offer=served)

        assert loaded == ruleset
        text = "Nobody has a bomb."
        assert find_matches(loaded, text, Stage.INPUT) == find_matches(ruleset, text, Stage.INPUT) != ()

    def test_a_rule_is_read_as_it_was_written(self):
        for rule in (similarity(), by_principles()):
            assert Rule.from_json(json.loads(json.dumps(rule.to_json()))) == rule


class TestALoneJudge:
    def test_is_one_at_each_stage_where_no_other_rule_withholds(self):
        keyword = make_rule("words", words=["bomb"], stages=[Stage.INPUT])

        assert list(lone_judges([by_principles(), keyword], kinds=KINDS)) == [
            LoneJudge("judge", Stage.OUTPUT),
            LoneJudge("judge", Stage.TITLE),
        ]

    @pytest.mark.parametrize(
        "other",
        [
            make_rule("other", words=["bomb"], state=RuleState.SHADOW),
            make_rule("other", words=["bomb"], action=Action.FLAG),
            make_rule("other", words=["bomb"], stages=[Stage.TEMPLATE]),
            by_principles("other"),
        ],
        ids=["shadow", "flag", "elsewhere", "judge"],
    )
    def test_is_not_helped_by_a_rule_that_withholds_nothing_there_or_is_a_judge(self, other):
        assert {one.stage for one in lone_judges([by_principles(), other], kinds=KINDS)} == set(STAGES)

    def test_may_flag_warn_or_look_on_alone(self):
        watching = [by_principles("a", action=Action.FLAG), by_principles("b", state=RuleState.SHADOW)]

        assert list(lone_judges([*watching, by_principles("c", action=Action.WARN)], kinds=KINDS)) == []

    def test_withholds_nothing_of_a_person_s_words_with_a_safe_answer(self):
        answering = by_principles(action=Action.SAFE_COMPLETION, stages=[Stage.INPUT])

        assert list(lone_judges([answering], kinds=KINDS)) == []

    def test_is_none_beside_a_rule_of_similarity(self):
        assert list(lone_judges([by_principles(), similarity()], kinds=KINDS)) == []

    def test_is_none_in_an_empty_ruleset(self):
        assert list(lone_judges([], kinds=KINDS)) == []


@pytest.mark.django_db
class TestPublishing:
    @pytest.fixture
    def no_rules(self):
        models.Rule.objects.all().update(state=RuleState.DRAFT)

    def test_refuses_a_judge_that_would_be_the_only_gate_and_says_where(self, no_rules):
        author = make_user()
        rule_create(
            rule=models.Rule(
                slug="judge",
                kind=RuleKind.JUDGE,
                category=Category.VIOLENCE,
                action=Action.BLOCK,
                state=RuleState.ENFORCING,
                stages=["output"],
                words="Nobody is hurt.",
            ),
            author=author,
            reason="test",
        )

        with pytest.raises(errors.JudgeAlone, match="judge") as refusal:
            ruleset_publish(author=author, reason="test")

        assert refusal.value.details == {"rules": ["judge"], "stages": ["output"]}


@pytest.mark.django_db
class TestTheForm:
    @pytest.fixture(autouse=True)
    def offered(self) -> Iterator[None]:
        with offering(OFFER):
            yield

    FIELDS: ClassVar[dict[str, object]] = {
        "slug": "rule", "category": "other", "language": "any", "state": "draft", "severity": 2, "action": "flag",
        "stages": ["input", "output"], "threshold_controversial": 0.6, "threshold_unsafe": 0.8,
    }  # fmt: skip

    def test_stores_principles_and_thresholds(self):
        form = RuleForm({**self.FIELDS, "kind": "judge", "words": "Nobody is hurt.\nNobody is insulted."})

        assert form.errors == {}
        assert form.instance.options == {"threshold_controversial": 0.6, "threshold_unsafe": 0.8}

    def test_lets_an_embedding_model_be_chosen_beside_the_classifiers(self):
        form = RuleForm({**self.FIELDS, "kind": "similarity", "words": "how to make a bomb", "classifier": EMBEDDER})

        assert form.errors == {}
        assert form.instance.options["classifier"] == EMBEDDER

    def test_says_what_to_do_where_no_embedding_model_is_chosen(self):
        form = RuleForm({**self.FIELDS, "kind": "similarity", "words": "how to make a bomb"})

        assert list(form.errors) == ["classifier"]
        assert "MODERATION_MODELS" in str(form.errors["classifier"])

    def test_explains_the_fields_of_each_kind(self):
        form = RuleForm()

        for name in ("words", "classifier", "threshold_controversial"):
            assert "kind === 'similarity'" in str(form.fields[name].help_text)
