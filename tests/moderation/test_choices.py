"""What people read for the words of rules."""

import pytest
from django.utils import translation

from chatapp.moderation import choices
from chatapp.moderation.judging.verdict import (
    SUPPORTED_ACTIONS,
    Action,
    Category,
    Channel,
    Language,
    RuleKind,
    RuleState,
    Stage,
)
from chatapp.moderation.models import Rule

LABELS = [
    (choices.KIND_LABELS, RuleKind),
    (choices.CHANNEL_LABELS, Channel),
    (choices.CATEGORY_LABELS, Category),
    (choices.STATE_LABELS, RuleState),
    (choices.STAGE_LABELS, Stage),
    (choices.LANGUAGE_LABELS, Language),
    (choices.ACTION_LABELS, [action for action in Action if action in SUPPORTED_ACTIONS]),
]


class TestLabels:
    @pytest.mark.parametrize(("labels", "words"), LABELS, ids=lambda value: getattr(value, "__name__", ""))
    def test_are_there_for_every_word_in_the_order_of_the_words(self, labels, words):
        assert list(labels) == list(words)

    def test_are_read_in_the_person_s_language(self):
        rule = Rule(kind=RuleKind.KEYWORD, state="draft")

        with translation.override("zh-hans"):
            assert rule.get_kind_display() == str(choices.KIND_LABELS["keyword"]) != "keyword list"
        with translation.override("en"):
            assert (rule.get_kind_display(), rule.get_state_display()) == ("keyword list", "draft")


class TestChoices:
    def test_are_plain_words_as_the_database_stores_them(self):
        assert [type(word) for word, _ in choices.choices_of(choices.STAGE_LABELS)] == [str] * len(Stage)
        assert choices.words_of(choices.STAGE_LABELS) == ["input", "template", "attachment", "output", "title"]
