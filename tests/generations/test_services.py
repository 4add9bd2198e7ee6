"""The life of a generation in the database: begin, end, give back, stop, fail."""

from datetime import UTC, datetime

import pytest

from chatapp.conversations.models import Message, MessageState
from chatapp.feed import log
from chatapp.feed.events import ContextReport, Timings, Usage
from chatapp.feed.models import OutboxFact
from chatapp.generations.ending import Ending
from chatapp.generations.holding import generation_checkpoint, generation_claim, generation_requeue, generation_started
from chatapp.generations.models import FinishReason, Generation, GenerationStatus
from chatapp.generations.services import generation_cancel, generation_end, generation_fail
from tests.support.factories import make_conversation, make_turn, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
RUNNING = GenerationStatus.RUNNING
CONTEXT = ContextReport(num_messages=1, num_prompt_tokens=9, context_window=2048, left_out_message_ids=())


@pytest.fixture
def conversation():
    return make_conversation(make_user())


def claim(conversation, *, worker="worker-1") -> Generation | None:
    return generation_claim(model_slug=conversation.model.slug, worker=worker, now=NOW)


def end(row, *, attempt=None, reason=FinishReason.STOP, text="Paris.", **fields) -> bool:
    ending = Ending(finish_reason=reason, text=text, seq=3, **fields)
    return generation_end(generation_id=row.id, attempt=attempt or row.attempt, ending=ending, now=NOW)


def fact_types() -> list[str]:
    return [body["type"] for body in OutboxFact.objects.order_by("id").values_list("body", flat=True)]


class TestGenerationStarted:
    def test_says_what_the_model_is_given(self, conversation):
        row = make_turn(conversation, status=RUNNING)

        start = log.TakeOver(text="", seq=0, is_cancelled=False, was_known=True)
        held = generation_started(row=row, context=CONTEXT, ruleset_version=1, start=start)

        row.refresh_from_db()
        assert held
        assert (row.context, row.ruleset_version) == (CONTEXT.model_dump(mode="json"), 1)
        assert fact_types() == ["generation.started"]

    def test_says_first_that_it_begins_again_where_the_event_log_was_lost(self, conversation):
        row = make_turn(conversation, status=RUNNING, attempt=2)

        start = log.TakeOver(text="Par", seq=4, is_cancelled=False, was_known=False)
        generation_started(row=row, context=CONTEXT, ruleset_version=1, start=start)

        restarted, started = OutboxFact.objects.order_by("id").values_list("body", flat=True)
        assert (restarted["type"], started["type"]) == ("generation.restarted", "generation.started")
        assert (restarted["generation"]["text"], restarted["generation"]["seq"]) == ("Par", 4)

    def test_writes_nothing_for_an_attempt_that_lost_the_row(self, conversation):
        row = make_turn(conversation, status=RUNNING)
        Generation.objects.update(attempt=2)

        start = log.TakeOver(text="", seq=0, is_cancelled=False, was_known=True)
        held = generation_started(row=row, context=CONTEXT, ruleset_version=1, start=start)

        row.refresh_from_db()
        assert not held
        assert row.context is None
        assert fact_types() == []


class TestGenerationCheckpoint:
    def test_refreshes_the_copy_of_the_attempt_that_holds_the_row(self, conversation):
        row = make_turn(conversation, status=RUNNING)

        mine = generation_checkpoint(generation_id=row.id, attempt=1, text="Par", seq=2, num_tokens=1)
        late = generation_checkpoint(generation_id=row.id, attempt=0, text="x", seq=9, num_tokens=9)

        row.refresh_from_db()
        assert (mine, late) == (True, False)
        assert (row.checkpoint_text, row.checkpoint_seq, row.checkpoint_num_tokens) == ("Par", 2, 1)


class TestGenerationEnd:
    def test_writes_text_status_and_fact_together(self, conversation):
        row = make_turn(conversation, status=RUNNING, checkpoint_text="Par")
        usage, timings = Usage(num_prompt_tokens=9, num_completion_tokens=2), Timings(first_token_s=0.1, total_s=0.4)

        ended = end(row, usage=usage, timings=timings)

        row.refresh_from_db()
        assert ended
        assert (row.status, row.finish_reason, row.finished_at) == ("completed", "stop", NOW)
        assert (row.usage, row.timings) == (usage.model_dump(), timings.model_dump())
        assert (row.worker, row.lease_expires_at, row.checkpoint_text, row.checkpoint_seq) == ("", None, "", 3)
        assert (row.message.text, row.message.state) == ("Paris.", "visible")
        assert fact_types() == ["generation.finished"]

    @pytest.mark.parametrize(
        ("reason", "status"),
        [
            (FinishReason.STOP, "completed"),
            (FinishReason.LENGTH, "completed"),
            (FinishReason.CONTENT_FILTER, "completed"),
            (FinishReason.CANCELLED, "cancelled"),
            (FinishReason.ERROR, "failed"),
        ],
    )
    def test_leads_each_reason_to_its_status(self, conversation, reason, status):
        row = make_turn(conversation, status=RUNNING)

        end(row, reason=reason)

        row.refresh_from_db()
        assert (row.finish_reason, row.status) == (reason, status)

    def test_keeps_what_was_released_of_a_withheld_answer_with_its_notice(self, conversation):
        row = make_turn(conversation, status=RUNNING)
        notice = {"category": "other", "text": "Not here."}

        end(row, reason=FinishReason.CONTENT_FILTER, text="Well, ", state=MessageState.WITHHELD, notice=notice)

        row.message.refresh_from_db()
        assert (row.message.text, row.message.state, row.message.notice) == ("Well, ", "withheld", notice)

    def test_of_a_late_attempt_is_refused_and_writes_nothing(self, conversation):
        row = make_turn(conversation, status=RUNNING, attempt=2)

        assert not end(row, attempt=1, text="late")

        row.refresh_from_db()
        assert (row.status, row.message.text) == ("running", None)
        assert fact_types() == []

    def test_happens_once(self, conversation):
        row = make_turn(conversation, status=RUNNING)

        assert end(row, text="first")
        assert not end(row, text="second")

        row.message.refresh_from_db()
        assert row.message.text == "first"

    def test_of_a_deleted_conversation_is_refused(self, conversation):
        row = make_turn(conversation, status=RUNNING)
        conversation.delete()

        assert not end(row)
        assert not Message.objects.exists()


class TestGenerationRequeue:
    def test_gives_the_row_back_and_tells_with_the_text_so_far(self, conversation):
        row = make_turn(conversation, status=RUNNING)
        log.take_over(generation_id=row.id, attempt=1, fallback_text="", fallback_seq=0)
        log.append_all([log.Append(row.id, 1, 0, "Par")])

        assert generation_requeue(generation_id=row.id, attempt=1)

        row.refresh_from_db()
        assert (row.status, row.attempt, row.worker, row.lease_expires_at) == ("queued", 1, "", None)
        (body,) = OutboxFact.objects.values_list("body", flat=True)
        assert (body["type"], body["generation"]["text"], body["generation"]["seq"]) == ("generation.queued", "Par", 1)

    def test_of_an_attempt_that_lost_the_row_changes_nothing(self, conversation):
        row = make_turn(conversation, status=RUNNING, attempt=2)

        assert not generation_requeue(generation_id=row.id, attempt=1)

        row.refresh_from_db()
        assert row.status == "running"

    def test_is_followed_by_the_next_attempt(self, conversation):
        row = make_turn(conversation, status=RUNNING)
        generation_requeue(generation_id=row.id, attempt=1)

        assert claim(conversation, worker="worker-2").attempt == 2
        assert not end(row, attempt=1)


class TestGenerationFail:
    def test_keeps_what_was_shown(self, conversation):
        row = make_turn(conversation, status=RUNNING, checkpoint_text="Par", checkpoint_seq=2)

        assert generation_fail(generation_id=row.id, attempt=1, error_code="too_many_attempts", now=NOW)

        row.refresh_from_db()
        assert (row.status, row.finish_reason, row.error_code) == ("failed", "error", "too_many_attempts")
        assert row.message.text == "Par"


class TestGenerationCancel:
    def test_of_a_queued_one_ends_it_here(self, conversation):
        row = make_turn(conversation)

        generation_cancel(row=row, now=NOW)

        row.refresh_from_db()
        assert (row.status, row.finish_reason, row.message.text) == ("cancelled", "cancelled", "")
        assert claim(conversation) is None
        assert fact_types() == ["generation.finished"]

    def test_of_one_that_waits_again_keeps_what_was_shown(self, conversation):
        row = make_turn(conversation, attempt=1, checkpoint_text="Par", checkpoint_seq=2)

        generation_cancel(row=row, now=NOW)

        row.message.refresh_from_db()
        assert row.message.text == "Par"

    def test_of_a_running_one_is_a_flag_for_its_worker(self, conversation):
        row = make_turn(conversation, status=RUNNING)
        log.take_over(generation_id=row.id, attempt=1, fallback_text="", fallback_seq=0)

        generation_cancel(row=row, now=NOW)

        row.refresh_from_db()
        assert row.status == "running"
        assert log.append_all([log.Append(row.id, 1, 0, "x")])[0].answer is log.AppendAnswer.CANCELLED

    def test_of_an_ended_one_changes_nothing(self, conversation):
        row = make_turn(conversation, status=GenerationStatus.COMPLETED)

        generation_cancel(row=row, now=NOW)

        row.refresh_from_db()
        assert (row.status, row.message.text) == ("completed", "Because.")
