"""A conversation as a file."""

import json
import re
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversations.models import Conversation
from chatapp.core.ids import uuid7
from chatapp.feed import log
from chatapp.generations import selectors
from chatapp.generations.models import GenerationStatus
from chatapp.transfer.exports import export_name
from chatapp.transfer.services import FileFormat, conversation_export
from tests.support.factories import make_answer, make_conversation, make_generation, make_question, make_turn, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

COMPLETED = GenerationStatus.COMPLETED
NOTICE = {"category": "other", "text": "Not here.", "action": "block"}


@pytest.fixture(autouse=True)
def in_english():
    """A file speaks the language that is spoken, and an earlier test's request may have left another."""
    with override("en"):
        yield


@pytest.fixture
def conversation():
    return make_conversation(make_user(), title="Capitals", system_prompt="Be brief.")


def export(conversation, file_format: FileFormat) -> str:
    _, pieces = conversation_export(
        owner_id=conversation.owner_id, conversation_id=conversation.id, file_format=file_format
    )
    return "".join(pieces)


def exported(conversation) -> Any:
    return json.loads(export(conversation, "json"))


def answered(conversation, *, question="Of France?", answer="Paris.", parent=None, **fields):
    asked = make_question(conversation, parent=parent, text=question)
    message = make_answer(conversation, parent=asked, text=answer, **fields)
    make_generation(message, status=COMPLETED, usage={"num_prompt_tokens": 9, "num_completion_tokens": 2})
    return message


class TestExportJson:
    def test_has_the_whole_tree_with_siblings_and_the_branch_in_view(self, conversation):
        first = answered(conversation)
        second = make_answer(conversation, parent=first.parent, text="Paris, of course.")
        make_generation(second, status=COMPLETED)

        body = exported(conversation)

        assert body["schema"] == "chatapp/conversation/1"
        assert body["conversation"]["active_leaf_id"] == str(second.id)
        assert body["conversation"]["system_prompt"] == "Be brief."
        assert [(row["parent_id"], row["text"]) for row in body["messages"]] == [
            (None, "Of France?"),
            (str(first.parent_id), "Paris."),
            (str(first.parent_id), "Paris, of course."),
        ]

    def test_says_how_each_answer_was_made(self, conversation):
        answered(conversation)

        question, answer = exported(conversation)["messages"]

        made = answer["generation"]
        assert (made["model"], made["status"], made["finish_reason"]) == (conversation.model.slug, "completed", "stop")
        assert made["usage"] == {"num_prompt_tokens": 9, "num_completion_tokens": 2}
        assert "generation" not in question

    def test_has_the_text_on_screen_of_an_answer_under_way(self, conversation):
        row = make_turn(conversation, status=GenerationStatus.RUNNING)
        log.take_over(generation_id=row.id, attempt=1, fallback_text="Par", fallback_seq=1)

        _, answer = exported(conversation)["messages"]

        assert answer["text"] == "Par"
        assert answer["generation"]["status"] == "running"

    def test_has_the_notice_of_a_withheld_answer(self, conversation):
        answered(conversation, answer="Well, ", state="withheld", notice=NOTICE)

        _, answer = exported(conversation)["messages"]

        assert (answer["text"], answer["state"], answer["notice"]) == ("Well, ", "withheld", NOTICE)

    def test_is_readable_in_every_language(self, conversation):
        answered(conversation, answer="巴黎")

        assert "巴黎" in export(conversation, "json")

    def test_is_laid_out_as_one_object(self, conversation):
        answered(conversation, question="Line one\nline two\u2028line three\x85")

        text = export(conversation, "json")

        assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"

    def test_of_a_conversation_without_messages_is_one_too(self, conversation):
        text = export(conversation, "json")

        assert json.loads(text)["messages"] == []
        assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"


class TestExport:
    @pytest.mark.parametrize("file_format", ["json", "markdown"])
    def test_is_the_same_however_it_is_read(self, conversation, file_format, monkeypatch):
        message = None
        for number in range(4):
            message = answered(conversation, question=f"Question {number}", parent=message)
        whole = export(conversation, file_format)

        monkeypatch.setattr(selectors, "PART_MESSAGES", 3)

        assert export(conversation, file_format) == whole

    @pytest.mark.parametrize("file_format", ["json", "markdown"])
    def test_reads_no_more_than_it_has_given(
        self, conversation, file_format, monkeypatch, django_assert_max_num_queries
    ):
        monkeypatch.setattr(selectors, "PART_MESSAGES", 2)
        message = None
        for number in range(40):
            message = answered(conversation, question=f"Question {number}", parent=message)

        with django_assert_max_num_queries(8):
            _, pieces = conversation_export(
                owner_id=conversation.owner_id, conversation_id=conversation.id, file_format=file_format
            )
            first, second = next(pieces), next(pieces)

        assert "Question 0" in first + second


class TestExportMarkdown:
    def test_has_the_branch_in_view_alone(self, conversation):
        first = answered(conversation)
        answered(conversation, question="Of Italy?", answer="Rome.", parent=first)
        other = make_answer(conversation, parent=first.parent, text="Not in view.")
        conversation.active_leaf = conversation.messages.exclude(id=other.id).order_by("id").last()
        conversation.save()

        model = conversation.model.slug
        assert export(conversation, "markdown") == (
            f"# Capitals\n\n## You\n\nOf France?\n\n## {model}\n\nParis.\n\n"
            f"## You\n\nOf Italy?\n\n## {model}\n\nRome.\n"
        )

    @pytest.mark.parametrize(("text", "shown"), [("Well, ", "Well, \n\n> Not here."), ("", "> Not here.")])
    def test_shows_the_notice_of_a_withheld_answer(self, conversation, text, shown):
        answered(conversation, answer=text, state="withheld", notice=NOTICE)

        assert export(conversation, "markdown").endswith(f"\n\n{shown}\n")

    def test_shows_what_a_rule_warns_of_beneath_question_and_answer(self, conversation):
        asked = make_question(
            conversation, text="Of France?", notice={**NOTICE, "action": "warn", "text": "Take care."}
        )
        make_answer(
            conversation, parent=asked, text="Paris.", notice={**NOTICE, "action": "warn", "text": "One.\nTwo."}
        )

        exported = export(conversation, "markdown")

        assert "## You\n\nOf France?\n\n> Take care.\n\n" in exported
        assert exported.endswith("Paris.\n\n> One.\n> Two.\n")

    @pytest.mark.parametrize(("notice", "shown"), [("", ""), ("Take care.", "\n\n> Take care.")])
    def test_says_which_answers_the_model_did_not_write(self, conversation, notice, shown):
        answered(conversation, answer="Call 988.", notice={**NOTICE, "action": "safe_completion", "text": notice})

        assert export(conversation, "markdown").endswith(
            f"Call 988.\n\n> This answer, or its end, was written by the people who run this service.{shown}\n"
        )

    def test_of_a_conversation_without_title_and_messages_is_a_heading(self):
        conversation = make_conversation(make_user())

        assert export(conversation, "markdown") == "# Untitled conversation\n"


class TestExportName:
    @pytest.mark.parametrize(
        ("title", "name"),
        [
            ("Capitals of Europe", "Capitals of Europe"),
            ("北京三日游", "北京三日游"),
            ('../"\r\n北京', "北京"),
            ("a/b\\c:d*e?f<g>h|i", "a b c d e f g h i"),
            ("harmless\u202efdp.exe", "harmless fdp.exe"),
            ("C# & .NET, 50 %", "C# & .NET, 50"),
            ("", "conversation"),
            ("...", "conversation"),
        ],
    )
    @pytest.mark.parametrize(("kind", "ending"), [("json", "json"), ("markdown", "md")])
    def test_is_the_title_as_far_as_a_file_may_be_called_so(self, conversation, title, name, kind, ending):
        conversation.title = title

        assert export_name(conversation, kind) == f"{name}-{str(conversation.id)[:8]}.{ending}"

    @given(st.text(st.characters(exclude_categories=()), max_size=200))
    def test_is_one_that_every_system_takes(self, title):
        name = export_name(Conversation(title=title, id=uuid7()), "markdown")

        assert len(name.encode()) <= 255
        assert re.fullmatch(r"""[^\x00-\x1f\\/:*?"<>|. ][^\x00-\x1f\\/:*?"<>|]*-[0-9a-f]{8}\.md""", name)
