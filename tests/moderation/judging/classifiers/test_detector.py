"""Classifier rules on a stream: when a score becomes a span, and what waits for it."""

import itertools
import os
import threading
from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.moderation.judging.classifiers.detector import ClassifierRuleInvalid, compile_classifiers
from chatapp.moderation.judging.classifiers.types import (
    NO_CONTEXT,
    ClassifierTimedOut,
    Context,
    Labels,
    LabelUnknown,
    Strictness,
    Timing,
)
from chatapp.moderation.judging.detecting import Found, RulesUnanswered
from tests.moderation.judging.classifiers.scripted import ScriptedClassifier, make_classifier_rule, read_all, spans

many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "120")), deadline=None)

SCORES = {"坏": 0.95, "疑": 0.6, "断": None}
texts = st.lists(
    st.sampled_from(["好的。", "疑。", "坏。", "疑", "坏", "断", "好", "。", " ", "Ok. "]), max_size=30
).map("".join)
rule_kinds = st.tuples(st.booleans(), st.sampled_from(Strictness), st.sampled_from(Timing), st.sampled_from([4, 60]))


@st.composite
def sources(draw: st.DrawFn):
    """Rules that share classifiers where they see equally much."""
    classifiers = {num_chars: ScriptedClassifier(SCORES, max_window_chars=num_chars) for num_chars in (4, 60)}
    rules = [
        make_classifier_rule(
            classifiers[window],
            rule_number=number,
            holds=holds,
            strictness=strictness,
            timing=timing,
        )
        for number, (holds, strictness, timing, window) in enumerate(draw(st.lists(rule_kinds, max_size=3)))
    ]
    return compile_classifiers(rules)


def detect(text, *, scores=SCORES, **rule):
    return spans(
        read_all(compile_classifiers([make_classifier_rule(ScriptedClassifier(scores), **rule)]).start(), text)
    )


class TestAStrictRule:
    def test_reports_one_unsafe_sentence_and_nothing_around_it(self):
        assert detect("好。坏的。好。") == [(2, 5)]

    def test_reports_two_controversial_sentences_in_a_row_as_one_span(self):
        assert detect("好。疑一。疑二。好。") == [(2, 8)]

    def test_lets_one_controversial_sentence_pass_where_the_answer_so_far_is_safe(self):
        """A window of 3 characters: the next sentence is judged alone."""
        source = compile_classifiers([make_classifier_rule(ScriptedClassifier(SCORES, max_window_chars=3))])

        assert spans(read_all(source.start(), "疑一。好二。疑三。好四。")) == []

    def test_reports_a_controversial_sentence_with_the_next_where_both_together_still_are(self):
        assert detect("疑一。好二。好三。") == [(0, 6)]

    def test_reports_a_text_that_is_one_controversial_sentence(self):
        assert detect("疑") == [(0, 1)]
        assert detect("疑。") == [(0, 2)]

    def test_is_not_asked_about_what_it_reported_again(self):
        classifier = ScriptedClassifier(SCORES)

        read_all(compile_classifiers([make_classifier_rule(classifier)]).start(), "坏一。好二。好三。")

        assert [text for text, _ in classifier.asked] == ["坏一。", "好二。", "好二。好三。", "好三。"]

    def test_sees_harm_that_only_the_answer_so_far_shows(self):
        assert detect("第一。第二。第三。", scores={"第一。第二。": 0.95}) == [(3, 6)]


class TestALooseRule:
    def test_lets_what_is_controversial_pass(self):
        assert detect("疑一。疑二。疑三。", strictness=Strictness.LOOSE) == []

    def test_reports_what_is_unsafe(self):
        assert detect("疑一。坏二。", strictness=Strictness.LOOSE) == [(3, 6)]


class TestTheEnd:
    def test_of_the_text_judges_the_sentence_under_way(self):
        assert detect("好。坏") == [(2, 3)]

    def test_asks_nothing_about_white_space(self):
        classifier = ScriptedClassifier(SCORES)

        read_all(compile_classifiers([make_classifier_rule(classifier)]).start(), "好。 \n ")

        assert [text for text, _ in classifier.asked] == ["好。"]


class TestGateTiming:
    def test_holds_a_sentence_until_its_verdict(self):
        detector = compile_classifiers([make_classifier_rule(ScriptedClassifier(SCORES))]).start()
        alive = []

        for char in "好的。又":
            detector.read(char)
            alive.append(detector.alive_from)

        assert alive == [0, 0, None, 3]

    def test_holds_a_suspicious_sentence_for_one_more(self):
        detector = compile_classifiers(
            [make_classifier_rule(ScriptedClassifier({"疑": 0.6}, max_window_chars=3))]
        ).start()
        alive = []

        for char in "疑一。好。":
            detector.read(char)
            alive.append(detector.alive_from)

        assert alive == [0, 0, 0, 0, None]


class TestTrailTiming:
    def test_holds_nothing_and_reports_the_same(self):
        rule = make_classifier_rule(ScriptedClassifier(SCORES), timing=Timing.TRAIL)
        detector = compile_classifiers([rule]).start()
        found: list[Found] = []

        for char in "好。坏的。疑":
            found += detector.read(char)
            assert detector.alive_from is None
        found += detector.end()

        assert spans(found) == [(2, 5), (5, 6)]


class SlowClassifier(ScriptedClassifier):
    """Answers nothing about a phrase before the test lets it."""

    def __init__(self, scores: Mapping[str, float | None]) -> None:
        super().__init__(scores)
        self.may_answer = threading.Event()

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:
        assert self.may_answer.wait(timeout=10.0)
        return super().labels(text, context)


class TestARuleThatWaitsForItsClassifier:
    def rule(self, classifier, **rule):
        return make_classifier_rule(classifier, **rule)._replace(waits=True)

    def test_lets_the_text_go_on_where_it_takes_nothing_away_and_reports_at_the_end(self):
        classifier = SlowClassifier(SCORES)
        detector = compile_classifiers([self.rule(classifier, holds=False)]).start()

        found = [list(detector.read(char)) for char in "好。坏的。好。"]
        classifier.may_answer.set()

        assert found == [[]] * 7
        assert spans(detector.end()) == [(2, 5)]

    def test_lets_one_sentence_go_on_where_it_trails(self):
        """The verdict on a sentence is there before the next one is over; the reader is no further ahead."""
        classifier = SlowClassifier(SCORES)
        detector = compile_classifiers([self.rule(classifier, timing=Timing.TRAIL)]).start()
        before = [list(detector.read(char)) for char in "坏的。又一"]
        timer = threading.Timer(0.05, classifier.may_answer.set)
        timer.start()

        found = detector.read("。")

        assert before == [[]] * 5
        assert classifier.may_answer.is_set()
        assert spans(found) == [(0, 3)]

    def test_goes_on_with_what_is_asked_while_its_copy_does(self):
        classifier = ScriptedClassifier(SCORES)
        detector = compile_classifiers([self.rule(classifier, holds=False)]).start()
        for char in "疑一。":
            detector.read(char)

        twin = detector.copy()

        assert spans(read_all(twin, "疑二。")) == spans(read_all(detector, "疑二。")) == [(0, 6)]

    def test_hears_of_a_fault_in_its_classifier(self):
        class Faulty(ScriptedClassifier):
            def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:
                raise ZeroDivisionError(text)

        detector = compile_classifiers([self.rule(Faulty(SCORES), holds=False)]).start()
        detector.read("好")

        with pytest.raises(ZeroDivisionError):
            detector.end()

    @many
    @given(sources(), texts)
    def test_finds_in_the_end_what_it_finds_when_it_does_not(self, source, text):
        waiting = compile_classifiers([rule._replace(waits=True) for rule in source.rules])

        assert sorted(read_all(waiting.start(), text)) == sorted(read_all(source.start(), text))


class TestEveryRule:
    @many
    @given(sources(), texts)
    def test_reports_nothing_of_a_rule_that_holds_before_what_may_still_be_withheld(self, source, text):
        detector, free_to = source.start(), 0
        holding = {rule.rule_number for rule in source.rules if rule.holds_text}

        for num_read, char in enumerate(text, 1):
            try:
                found = detector.read(char)
            except RulesUnanswered as failure:
                found = failure.found
            assert all(one.start >= free_to for one in found if one.rule_number in holding)
            alive = detector.alive_from
            free_to = max(free_to, num_read if alive is None else alive)
        try:
            found = detector.end()
        except RulesUnanswered as failure:
            found = failure.found

        assert all(one.start >= free_to for one in found if one.rule_number in holding)

    @many
    @given(sources(), texts)
    def test_reports_spans_of_its_own_that_do_not_overlap(self, source, text):
        found = read_all(source.start(), text)

        for rule in source.rules:
            own = [(one.start, one.end) for one in found if one.rule_number == rule.rule_number]
            assert all(0 <= start < end <= len(text) for start, end in own)
            assert all(before[1] <= after[0] for before, after in itertools.pairwise(own))

    @many
    @given(sources(), texts)
    def test_finds_the_same_as_if_it_were_alone(self, source, text):
        together = read_all(source.start(), text)

        alone = [one for rule in source.rules for one in read_all(compile_classifiers([rule]).start(), text)]

        assert sorted(together) == sorted(alone)

    @many
    @given(sources(), texts, texts)
    def test_goes_on_in_a_copy_as_in_the_original(self, source, before, after):
        original, twin = source.start(), source.start()
        for detector in (original, twin):
            for char in before:
                with suppress(RulesUnanswered):
                    detector.read(char)

        copied = original.copy()
        seen = read_all(copied, after)

        assert seen == read_all(twin, after)
        assert original.alive_from is None or original.alive_from <= len(before)
        assert read_all(original, after) == seen

    def test_is_refused_with_thresholds_that_no_score_can_stand_between(self):
        classifier = ScriptedClassifier({})

        with pytest.raises(ClassifierRuleInvalid, match="0 < controversial <= unsafe <= 1"):
            compile_classifiers([make_classifier_rule(classifier)._replace(threshold_controversial=0.95)])

    def test_passes_on_what_was_asked_and_what_stands_before(self):
        classifier = ScriptedClassifier({})
        source = compile_classifiers([make_classifier_rule(classifier)]).answering("怎么做？")

        read_all(source.start(), "一。二。")

        assert ("二。", Context(asked="怎么做？", before="一。")) in classifier.asked


class TestATextWithoutPatience:
    def test_asks_no_more_once_it_has_waited_long_enough(self):
        classifier = ScriptedClassifier({})
        source = compile_classifiers([make_classifier_rule(classifier)]).answering("", patience_s=0.0)
        detector = source.start()
        detector.read("好")

        with pytest.raises(RulesUnanswered) as caught:
            detector.read("。")

        [unanswered] = caught.value.unanswered
        assert isinstance(unanswered.failure, ClassifierTimedOut)
        assert classifier.asked == []


class TestAFailure:
    def test_names_the_rules_the_place_and_what_the_others_found(self):
        broken = make_classifier_rule(ScriptedClassifier({"坏": None}), rule_number=1)
        works = make_classifier_rule(ScriptedClassifier(SCORES), rule_number=2)
        detector = compile_classifiers([broken, works]).start()
        for char in "好。坏":
            detector.read(char)

        with pytest.raises(RulesUnanswered) as caught:
            detector.read("。")

        [(rule_number, start, end, failure)] = caught.value.unanswered
        assert (rule_number, start, end) == (1, 2, 4)
        assert isinstance(failure, ClassifierTimedOut)
        assert [(one.rule_number, one.start, one.end) for one in caught.value.found] == [(2, 2, 4)]

    def test_leaves_a_detector_that_may_be_read_on(self):
        detector = compile_classifiers([make_classifier_rule(ScriptedClassifier(SCORES, max_window_chars=2))]).start()

        assert spans(read_all(detector, "断。坏。")) == [(2, 4)]

    def test_at_the_end_keeps_what_was_found_there(self):
        broken = make_classifier_rule(ScriptedClassifier({"疑": None}), rule_number=1)
        works = make_classifier_rule(ScriptedClassifier(SCORES), rule_number=2)
        detector = compile_classifiers([broken, works]).start()
        detector.read("疑")

        with pytest.raises(RulesUnanswered) as caught:
            detector.end()

        assert spans(caught.value.found) == [(0, 1)]

    def test_is_a_label_that_the_classifier_does_not_score(self):
        rule = make_classifier_rule(ScriptedClassifier({}))._replace(label="other")
        detector = compile_classifiers([rule]).start()
        detector.read("好")

        with pytest.raises(RulesUnanswered) as caught:
            detector.read("。")

        assert isinstance(caught.value.unanswered[0].failure, LabelUnknown)
