"""Titles: asked for once, behind all other work, never over a person's."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversations.models import MessageState, TitleSource
from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.feed import keys
from chatapp.generations.ending import Ending
from chatapp.generations.models import FinishReason, Generation, GenerationKind, GenerationStatus
from chatapp.generations.prompting.context import PromptMessage
from chatapp.generations.prompting.titles import (
    MAX_MODEL_TITLE_CHARS,
    MAX_QUOTED_CHARS,
    MAX_TITLE_WORDS,
    title_clean,
    title_prompt,
)
from chatapp.generations.services import generation_end
from tests.support.at_once import at_once
from tests.support.factories import (
    make_answer,
    make_conversation,
    make_generation,
    make_question,
    make_title_generation,
    make_turn,
    make_user,
)

RUNNING = GenerationStatus.RUNNING


def end(row, *, reason=FinishReason.STOP, text="Paris.", state=MessageState.VISIBLE) -> bool:
    ending = Ending(finish_reason=reason, text=text, seq=1, state=state)
    return generation_end(generation_id=row.id, attempt=row.attempt, ending=ending, now=clock.now())


def titles_asked_for() -> int:
    return Generation.objects.filter(kind=GenerationKind.TITLE).count()


@pytest.fixture
def conversation():
    return make_conversation(make_user())


@pytest.mark.postgres
@pytest.mark.django_db
class TestTitle:
    def test_is_asked_for_after_the_first_finished_answer(self, conversation):
        end(make_turn(conversation, status=RUNNING))

        title = Generation.objects.get(kind=GenerationKind.TITLE)
        assert (title.status, title.conversation, title.message) == ("queued", conversation, None)
        assert title.sampling["temperature"] == 0.0

    def test_is_asked_for_once(self, conversation):
        end(make_turn(conversation, status=RUNNING))
        Generation.objects.filter(kind=GenerationKind.TITLE).update(
            status="completed", finish_reason="stop", finished_at=clock.now()
        )

        end(make_turn(conversation, status=RUNNING))

        assert titles_asked_for() == 1

    @pytest.mark.parametrize("reason", [FinishReason.CANCELLED, FinishReason.ERROR, FinishReason.CONTENT_FILTER])
    def test_is_not_asked_for_after_an_answer_that_did_not_finish(self, conversation, reason):
        end(make_turn(conversation, status=RUNNING), reason=reason)

        assert titles_asked_for() == 0

    def test_is_not_asked_for_where_a_person_gave_one(self):
        conversation = make_conversation(make_user(), title="Mine", title_source=TitleSource.PERSON)

        end(make_turn(conversation, status=RUNNING))

        assert titles_asked_for() == 0

    def test_is_given_at_its_end_and_no_message_with_it(self, conversation):
        end(make_title_generation(conversation, status=RUNNING), text="Capitals of Europe")

        conversation.refresh_from_db()
        assert (conversation.title, conversation.title_source) == ("Capitals of Europe", "model")
        assert not conversation.messages.exists()

    def test_never_takes_the_place_of_one_that_a_person_gave_meanwhile(self, conversation):
        row = make_title_generation(conversation, status=RUNNING)
        conversation.title, conversation.title_source = "Mine", TitleSource.PERSON
        conversation.save()

        assert end(row, text="The model's")

        conversation.refresh_from_db()
        assert conversation.title == "Mine"

    @pytest.mark.parametrize("text", ["", "   "])
    def test_that_is_empty_leaves_the_conversation_as_it_was(self, conversation, text):
        assert end(make_title_generation(conversation, status=RUNNING), text=text)

        conversation.refresh_from_db()
        assert (conversation.title, conversation.row_version) == ("", 1)

    def test_that_was_withheld_is_not_given(self, conversation):
        row = make_title_generation(conversation, status=RUNNING)

        end(row, reason=FinishReason.CONTENT_FILTER, text="Half a ", state=MessageState.WITHHELD)

        conversation.refresh_from_db()
        assert conversation.title == ""

    def test_closes_its_stream(self, conversation, event_log, django_capture_on_commit_callbacks):
        row = make_title_generation(conversation, status=RUNNING)

        with django_capture_on_commit_callbacks(execute=True):
            end(row, text="Capitals")

        assert 0 < event_log.ttl(keys.events_key(row.id)) <= keys.GENERATION_KEPT_S


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestTwoAnswersThatEndAtOnce:
    def test_both_end_and_ask_for_one_title(self, conversation):
        question = make_question(conversation)
        rows = [
            make_generation(make_answer(conversation, parent=question, text=None), status=RUNNING) for _ in range(2)
        ]

        ended = at_once(*(partial(end, row) for row in rows))

        assert ended == [True, True]
        assert titles_asked_for() == 1


class TestTitleClean:
    @pytest.mark.parametrize(
        ("text", "title"),
        [
            ("Capitals of Europe", "Capitals of Europe"),
            ("\n  Capitals of Europe.\nHere is why:", "Capitals of Europe"),
            ('"Capitals of Europe"', "Capitals of Europe"),
            ("“北京三日游”。", "北京三日游"),
            ("Title: Capitals", "Capitals"),
            ("TITLE: **Capitals**", "Capitals"),
            ("# Capitals", "Capitals"),
            ("one two three four five six seven eight nine ten", "one two three four five six seven eight"),
            (f"{'a' * 30} {'b' * 29} c", f"{'a' * 30} {'b' * 29}"),
            (f"{'a' * 30} {'b' * 30}", "a" * 30),
            ("好" * 80, "好" * 60),
            ("标题：北京三日游", "北京三日游"),
            ("**标题：**《北京三日游》", "北京三日游"),
            ("對話標題: 「東京」", "東京"),
            ("Conversation title: Capitals", "Capitals"),
            ("**Title:**\n\nCapitals of Europe", "Capitals of Europe"),
            ("## *Capitals*", "Capitals"),
            ("- `Capitals` of **Europe**", "Capitals of Europe"),
            ("“Capitals of Europe", "Capitals of Europe"),
            ("<think>They want a title.\nMaybe: Rome?</think>\n\nCapitals", "Capitals"),
            ("<think>They want a title", ""),
            ("C#", "C#"),
            ("C# and .NET basics.", "C# and .NET basics"),
            ("C++ or node.js?", "C++ or node.js?"),
            (".NET 9", ".NET 9"),
            ("Don't panic", "Don't panic"),
            ("2**3 and 3**2", "2**3 and 3**2"),
            ("“A” and “B”", "“A” and “B”"),
            ("Title deeds explained", "Title deeds explained"),
            ("#1 hits of 1999", "#1 hits of 1999"),
            ("snake_case and __init__", "snake_case and __init__"),
            ("", ""),
            (" \n ", ""),
            ('""', ""),
        ],
    )
    def test_keeps_what_a_person_would_call_the_title(self, text, title):
        assert title_clean(text) == title

    @given(st.text(max_size=300))
    def test_gives_one_short_line_whatever_the_model_wrote(self, text):
        title = title_clean(text)

        assert len(title) <= MAX_MODEL_TITLE_CHARS
        assert len(title.split()) <= MAX_TITLE_WORDS
        assert title == " ".join(title.split())

    @given(st.text("<think>/ Title:标题：*#`\"“”「」.。'ab\n", max_size=60))
    def test_finds_nothing_more_to_take_off_a_title(self, text):
        assert title_clean(title_clean(text)) == title_clean(text)

    @given(st.lists(st.text("abcXYZ茶0123", min_size=1, max_size=6), min_size=1, max_size=6).map(" ".join))
    def test_leaves_a_plain_title_as_it_is(self, title):
        assert title_clean(title) == title


class TestTitlePrompt:
    def test_quotes_the_first_question_and_its_answer_in_short(self):
        branch = [
            PromptMessage(uuid7(), "user", "q" * 2_000),
            PromptMessage(uuid7(), "assistant", "Paris."),
            PromptMessage(uuid7(), "user", "And of Italy?"),
        ]

        instruction, asked = title_prompt(branch)

        assert (instruction.role, asked.role) == ("system", "user")
        assert asked.text == f"user: {'q' * MAX_QUOTED_CHARS}\n\nassistant: Paris.\n\nTitle:"
