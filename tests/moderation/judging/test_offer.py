"""Which classifiers a rule may name, and what answers to the name."""

from dataclasses import replace

import pytest

from chatapp.moderation.judging.classifiers.linear import OFFENSIVE
from chatapp.moderation.judging.classifiers.posting import RemoteAddressInvalid
from chatapp.moderation.judging.classifiers.remote import RemoteClassifier
from chatapp.moderation.judging.classifiers.services import RemoteSettingsInvalid, services_read
from chatapp.moderation.judging.classifiers.types import ClassifierUnreachable
from chatapp.moderation.judging.offer import ClassifierNameTaken
from chatapp.moderation.judging.rulesets.rule import DEFAULT_CLASSIFIER, Rule, RuleOptions
from chatapp.moderation.judging.rulesets.rule_problems import rule_problems
from chatapp.moderation.judging.verdict import RuleKind, Stage
from tests.moderation.judging.classifiers.scripted import ScriptedClassifier
from tests.moderation.judging.making import BUNDLED_ALONE, make_rule


def rule_by(name: str) -> Rule:
    rule = make_rule(words=[], stages=[Stage.INPUT, Stage.OUTPUT])
    return replace(rule, kind=RuleKind.CLASSIFIER, options=RuleOptions(classifier=name, label="harm"))


class TestARemoteClassifier:
    def test_is_known_by_the_name_that_the_settings_give_it(self):
        offer = BUNDLED_ALONE.with_services(
            services_read({"guard": {"url": "https://guard.example", "timeout_s": 0.5}})
        )

        guard = offer.classifier("guard")

        assert isinstance(guard, RemoteClassifier)
        assert (guard.url, guard.timeout_s) == ("https://guard.example", 0.5)
        assert offer.classifier("guard") is guard

    @pytest.mark.parametrize(
        ("remotes", "refusal"),
        [
            ({"ngrams": {"url": "https://guard.example"}}, ClassifierNameTaken),
            ({"": {"url": "https://guard.example"}}, RemoteSettingsInvalid),
            ({"guard": {}}, RemoteSettingsInvalid),
            ({"guard": {"url": "https://guard.example", "retries": 3}}, RemoteSettingsInvalid),
            ({"guard": {"url": "file:///etc/passwd"}}, RemoteAddressInvalid),
            ({"good": {"url": "https://good.example"}, "guard": {"url": "gopher://guard"}}, RemoteAddressInvalid),
        ],
    )
    def test_is_refused_with_all_others_where_its_settings_are_wrong(self, remotes, refusal):
        with pytest.raises(refusal):
            BUNDLED_ALONE.with_services(services_read(remotes))

    def test_is_waited_for_and_may_be_asked_about_answers(self):
        offer = BUNDLED_ALONE.with_services(services_read({"guard": {"url": "https://guard.example"}}))
        rule = rule_by("guard")

        assert list(rule_problems(rule, offer=offer)) == []
        assert (offer.classifier_waits("guard"), offer.asks_model(rule)) == (True, False)

    def test_is_the_bundled_one_with_its_one_score_where_a_rule_names_none(self):
        options = RuleOptions()

        assert (options.classifier, options.label) == (DEFAULT_CLASSIFIER, OFFENSIVE)

    def test_is_not_waited_for_where_it_is_the_bundled_one(self):
        assert not BUNDLED_ALONE.classifier_waits(DEFAULT_CLASSIFIER)


class TestAModel:
    """It answers in the process that serves it, and everywhere else says that it does not."""

    def test_may_be_named_by_rules_and_does_not_answer_until_it_is_served(self):
        offer = BUNDLED_ALONE.with_models(["guard"])
        rule = rule_by("guard")

        assert list(rule_problems(rule, offer=offer)) == []
        assert offer.asks_model(rule)
        with pytest.raises(ClassifierUnreachable, match="guard"):
            offer.classifier("guard").labels("text")

    def test_answers_where_it_is_served(self):
        offer = BUNDLED_ALONE.with_models(["guard"])

        served = offer.serving(models={"guard": ScriptedClassifier({"坏": 0.9})})

        assert served.classifier("guard").labels("坏").score("harm") == 0.9
        assert served.classifier_waits("guard")
        with pytest.raises(ClassifierUnreachable):
            offer.classifier("guard").labels("坏")

    def test_takes_no_other_classifier_s_name(self):
        with pytest.raises(ClassifierNameTaken, match="ngrams"):
            BUNDLED_ALONE.with_models([DEFAULT_CLASSIFIER])


class TestAnOffer:
    def test_is_not_changed_by_what_is_added_to_it(self):
        offer = BUNDLED_ALONE.with_models(["guard"]).with_embedding_models(["e5"])

        more = offer.with_services(services_read({"far": {"url": "https://far.example"}})).with_models(["other"])

        assert list(offer.classifiers) == [DEFAULT_CLASSIFIER, "guard"]
        assert list(more.classifiers) == [DEFAULT_CLASSIFIER, "guard", "far", "other"]
