"""Which classifiers a rule may name."""

from dataclasses import replace

import pytest

from chatapp.moderation.classifiers import known
from chatapp.moderation.classifiers.known import RemoteSettingsInvalid, classifier_named, remotes_register
from chatapp.moderation.classifiers.remote import RemoteAddressInvalid, RemoteClassifier
from chatapp.moderation.rule import rule_problems
from chatapp.moderation.rule_options import RuleOptions
from chatapp.moderation.verdict import RuleKind, Stage
from tests.moderation.rulesets import make_rule


@pytest.fixture(autouse=True)
def only_the_bundled():
    before = dict(known.CLASSIFIERS)
    yield
    known.CLASSIFIERS.clear()
    known.CLASSIFIERS.update(before)


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

    def test_may_be_asked_about_input_and_not_while_answers_stream(self):
        remotes_register({"guard": {"url": "https://guard.example"}})
        options = RuleOptions(classifier="guard", label="harm")
        rule = replace(make_rule(words=[], stages=[Stage.INPUT]), kind=RuleKind.CLASSIFIER, options=options)

        streamed = replace(rule, stages=frozenset({Stage.INPUT, Stage.OUTPUT}))

        assert list(rule_problems(rule)) == []
        assert [problem.code for problem in rule_problems(streamed)] == ["classifier_sees_input_only"]
