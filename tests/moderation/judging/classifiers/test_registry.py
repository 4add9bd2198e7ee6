"""Which classifiers a rule may name."""

from dataclasses import replace

import pytest

from chatapp.moderation.judging.classifiers import registry as known
from chatapp.moderation.judging.classifiers.linear import OFFENSIVE
from chatapp.moderation.judging.classifiers.posting import RemoteAddressInvalid
from chatapp.moderation.judging.classifiers.registry import (
    ModelNameTaken,
    RemoteSettingsInvalid,
    classifier_named,
    classifier_waits,
    model_serve,
    models_register,
    remotes_register,
)
from chatapp.moderation.judging.classifiers.remote import RemoteClassifier
from chatapp.moderation.judging.classifiers.types import ClassifierUnreachable
from chatapp.moderation.judging.rulesets.rule import rule_problems
from chatapp.moderation.judging.rulesets.rule_options import RuleOptions
from chatapp.moderation.judging.verdict import RuleKind, Stage
from tests.moderation.judging.classifiers.scripted import ScriptedClassifier
from tests.moderation.judging.making import make_rule


@pytest.fixture(autouse=True)
def only_the_bundled():
    before, waiting, models = dict(known.CLASSIFIERS), set(known.WAITING), set(known.MODELS)
    yield
    known.CLASSIFIERS.clear()
    known.CLASSIFIERS.update(before)
    for names, names_before in ((known.WAITING, waiting), (known.MODELS, models)):
        names.clear()
        names.update(names_before)


class TestARemoteClassifier:
    def test_is_known_by_the_name_that_the_settings_give_it(self):
        remotes_register({"guard": {"url": "https://guard.example", "timeout_s": 0.5}})

        guard = classifier_named("guard")

        assert isinstance(guard, RemoteClassifier)
        assert (guard.url, guard.timeout_s) == ("https://guard.example", 0.5)

    @pytest.mark.parametrize(
        ("remotes", "refusal"),
        [
            ({"ngrams": {"url": "https://guard.example"}}, RemoteSettingsInvalid),
            ({"guard": {}}, RemoteSettingsInvalid),
            ({"guard": {"url": "https://guard.example", "retries": 3}}, RemoteSettingsInvalid),
            ({"guard": {"url": "file:///etc/passwd"}}, RemoteAddressInvalid),
            ({"good": {"url": "https://good.example"}, "guard": {"url": "gopher://guard"}}, RemoteAddressInvalid),
        ],
    )
    def test_is_refused_with_all_others_where_its_settings_are_wrong(self, remotes, refusal):
        with pytest.raises(refusal):
            remotes_register(remotes)

        assert list(known.CLASSIFIERS) == [known.BUNDLED]

    def test_is_waited_for_and_may_be_asked_about_answers(self):
        remotes_register({"guard": {"url": "https://guard.example"}})
        options = RuleOptions(classifier="guard", label="harm")
        rule = replace(make_rule(words=[], stages=[Stage.INPUT, Stage.OUTPUT]), kind=RuleKind.CLASSIFIER)
        rule = replace(rule, options=options)

        assert list(rule_problems(rule)) == []
        assert (classifier_waits("guard"), rule.asks_model) == (True, False)

    def test_is_the_bundled_one_with_its_one_score_where_a_rule_names_none(self):
        options = RuleOptions()

        assert (options.classifier, options.label) == (known.BUNDLED, OFFENSIVE)

    def test_is_not_waited_for_where_it_is_the_bundled_one(self):
        assert not classifier_waits(known.BUNDLED)


class TestAModel:
    """It answers in the process that serves it, and everywhere else says that it does not."""

    def test_may_be_named_by_rules_and_does_not_answer_until_it_is_served(self):
        models_register(["guard"])
        rule = replace(
            make_rule(words=[], stages=[Stage.OUTPUT]),
            kind=RuleKind.CLASSIFIER,
            options=RuleOptions(classifier="guard", label="harm"),
        )

        assert list(rule_problems(rule)) == []
        assert rule.asks_model
        with pytest.raises(ClassifierUnreachable, match="guard"):
            classifier_named("guard").labels("text")

    def test_answers_once_it_is_served(self):
        models_register(["guard"])
        model_serve("guard", ScriptedClassifier({"坏": 0.9}))

        assert classifier_named("guard").labels("坏").score("harm") == 0.9
        assert classifier_waits("guard")

    def test_takes_no_other_classifier_s_name(self):
        with pytest.raises(ModelNameTaken, match="ngrams"):
            models_register([known.BUNDLED])
