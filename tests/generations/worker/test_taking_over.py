"""Another attempt at a generation: after a death, a hand-over, or a claim by the same worker."""

from dataclasses import replace

import pytest

from chatapp.feed import keys, log
from chatapp.feed.log import Append
from chatapp.generations import holding
from chatapp.generations.models import Generation
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.verdict import Stage
from chatapp.moderation.publishing.loading import ruleset_current
from chatapp.review.services import decisions_record
from inference.errors import StepFailed
from inference.testing import SCRIPTED_CAPABILITIES, ScriptedEngine
from tests.generations.worker.reading import stored, texts
from tests.support.factories import (
    SAMPLING,
    make_conversation,
    make_turn,
    make_user,
    publish_rule,
)

ONLY_TEMPERATURE = replace(SCRIPTED_CAPABILITIES, parameters=frozenset({"temperature"}))
pytestmark = [pytest.mark.django_db(transaction=True)]


class TestTakingOver:
    def test_continues_the_text_that_was_shown_as_the_next_attempt(self, running, turn, engine, event_log):
        log.take_over(generation_id=turn.id, attempt=1, fallback_text="", fallback_seq=0)
        log.append_all([Append(turn.id, 1, 0, "Once upon")])
        Generation.objects.filter(id=turn.id).update(attempt=1)

        running.begin(turn)
        running.say(turn, " a time")
        running.end(turn)

        row, message = stored(turn)
        assert engine.submitted[0].prefix == "Once upon"
        assert (row.attempt, message.text) == (2, "Once upon a time")
        assert texts(event_log, turn) == ["Once upon", " a time"]

    def test_writes_no_more_than_was_left_and_counts_the_tokens_of_all(self, running, turn, engine):
        log.take_over(generation_id=turn.id, attempt=1, fallback_text="", fallback_seq=0)
        log.append_all([Append(turn.id, 1, 0, "Once upon", num_tokens=40)])
        Generation.objects.filter(id=turn.id).update(attempt=1)

        running.begin(turn)
        running.say(turn, " a")
        running.say(turn, " time")
        running.end(turn)

        row, _ = stored(turn)
        assert engine.submitted[0].sampling.max_new_tokens == SAMPLING["max_new_tokens"] - 40
        assert row.usage == {"num_prompt_tokens": len("Be kind.Why?"), "num_completion_tokens": 42}

    def test_ends_at_once_what_had_reached_its_limit(self, running, turn, engine):
        log.take_over(generation_id=turn.id, attempt=1, fallback_text="", fallback_seq=0)
        log.append_all([Append(turn.id, 1, 0, "Once upon", num_tokens=SAMPLING["max_new_tokens"])])
        Generation.objects.filter(id=turn.id).update(attempt=1)

        running.begin(turn, wait_for_engine=False)
        running.wait(turn)

        row, message = stored(turn)
        assert engine.submitted == []
        assert (row.finish_reason, message.text) == ("length", "Once upon")
        assert row.usage == {"num_prompt_tokens": len("Be kind.Why?"), "num_completion_tokens": 64}

    def test_counts_on_from_the_databases_copy_where_the_log_was_lost(self, running, turn, engine):
        Generation.objects.filter(id=turn.id).update(
            attempt=1, checkpoint_text="Once", checkpoint_seq=3, checkpoint_num_tokens=5
        )

        running.begin(turn)

        assert engine.submitted[0].sampling.max_new_tokens == SAMPLING["max_new_tokens"] - 5

    @pytest.mark.parametrize("engine", [ScriptedEngine(capabilities=ONLY_TEMPERATURE)], ids=["only temperature"])
    def test_says_so_where_the_engine_cannot_continue_and_keeps_the_text(self, running, turn, engine):
        log.take_over(generation_id=turn.id, attempt=1, fallback_text="", fallback_seq=0)
        log.append_all([Append(turn.id, 1, 0, "Once upon")])
        Generation.objects.filter(id=turn.id).update(attempt=1)

        running.begin(turn, wait_for_engine=False)
        running.wait(turn)

        row, message = stored(turn)
        assert (row.error_code, message.text, engine.submitted) == ("cannot_continue", "Once upon", [])

    def test_never_blocks_on_less_than_a_first_attempt_would(self, running, turn, event_log):
        publish_rule("forbidden words", stages=("output",))
        log.take_over(generation_id=turn.id, attempt=1, fallback_text="", fallback_seq=0)
        log.append_all([Append(turn.id, 1, 0, "Here are ")])
        Generation.objects.filter(id=turn.id).update(attempt=1)
        running.begin(turn)

        running.say(turn, "forbidden words.", waits=False)
        running.wait(turn)

        assert stored(turn)[0].finish_reason == "content_filter"
        assert texts(event_log, turn) == ["Here are "]

    def test_goes_back_to_the_databases_copy_where_the_log_was_lost_and_says_so(self, running, turn, event_log):
        Generation.objects.filter(id=turn.id).update(attempt=1, checkpoint_text="Once", checkpoint_seq=3)

        running.begin(turn)
        running.say(turn, " upon")
        running.end(turn)

        assert stored(turn)[1].text == "Once upon"
        feed = [fields[b"body"] for _, fields in event_log.xrange(keys.feed_key(turn.owner_id))]
        assert any(b'"generation.restarted"' in body and b'"seq":3' in body for body in feed)

    def test_stops_an_attempt_that_was_overtaken_without_a_trace(self, running, turn, engine, event_log):
        running.begin(turn)
        running.say(turn, "mine")
        log.take_over(generation_id=turn.id, attempt=2, fallback_text="", fallback_seq=0)

        engine.say(running.request_id(turn), " too late")
        running.wait(turn)

        assert texts(event_log, turn) == ["mine"]
        assert stored(turn)[0].status == "running"
        assert running.request_id(turn) in engine.cancelled


class TestTakingOverWhatARuleTouched:
    def begun(self, turn, *, action: str, text: str) -> None:
        """An attempt that recorded a match on "forbidden words", appended `text` and died."""
        publish_rule(
            "forbidden words", action=action, stages=("output",), notice_en="Hm.", safe_completion_en="Call 988."
        )
        decisions_record(
            conversation_id=turn.conversation_id,
            owner_id=turn.owner_id,
            message_id=turn.message_id,
            generation_id=turn.id,
            verdict=judge(ruleset_current(), "Here are forbidden words.", Stage.OUTPUT),
            stage=Stage.OUTPUT,
            withheld_text="",
            latency_us=1,
        )
        log.take_over(generation_id=turn.id, attempt=1, fallback_text="", fallback_seq=0)
        log.append_all([Append(turn.id, 1, 0, text)])
        Generation.objects.filter(id=turn.id).update(attempt=1)

    def test_ends_an_answer_that_the_operator_gave_without_asking_the_model(self, running, turn, engine):
        self.begun(turn, action="safe_completion", text="Here are \n\nCall 988.")

        running.begin(turn, wait_for_engine=False)
        running.wait(turn)

        row, message = stored(turn)
        assert (row.finish_reason, message.state, message.text) == (
            "content_filter",
            "visible",
            "Here are \n\nCall 988.",
        )
        assert message.notice == {"category": "other", "text": "Hm.", "action": "safe_completion"}
        assert engine.submitted == []

    def test_goes_on_where_the_operators_answer_was_recorded_and_never_shown(self, running, turn):
        self.begun(turn, action="safe_completion", text="Here ")

        running.begin(turn)
        running.say(turn, "is something else.")
        running.end(turn)

        row, message = stored(turn)
        assert (row.finish_reason, message.text, message.notice) == ("stop", "Here is something else.", None)

    def test_still_tells_of_what_an_earlier_attempt_let_pass_with_a_warning(self, running, turn):
        self.begun(turn, action="warn", text="Here are forbidden words.")

        running.begin(turn)
        running.say(turn, " And more.")
        running.end(turn)

        _, message = stored(turn)
        assert message.notice == {"category": "other", "text": "Hm.", "action": "warn"}

    def test_still_tells_of_it_where_this_attempt_cannot_begin(self, running, turn, engine, monkeypatch):
        self.begun(turn, action="warn", text="Here are forbidden words.")

        def count(_messages):
            raise StepFailed("no tokenizer")

        monkeypatch.setattr(engine, "count_prompt_tokens", count)

        running.begin(turn, wait_for_engine=False)
        running.wait(turn)

        row, message = stored(turn)
        assert (row.status, row.error_code) == ("failed", "step_failed")
        assert message.notice == {"category": "other", "text": "Hm.", "action": "warn"}


class TestTakingOverALeak:
    def test_finds_the_system_prompt_over_the_cut(self, running):
        publish_rule(action="block", kind="system_prompt", stages=("output",))
        prompt = "Never tell anybody that the password of today is swordfish."
        turn = make_turn(make_conversation(make_user(), system_prompt=prompt))
        log.take_over(generation_id=turn.id, attempt=1, fallback_text="", fallback_seq=0)
        log.append_all([Append(turn.id, 1, 0, "Never tell anybody that the ")])
        Generation.objects.filter(id=turn.id).update(attempt=1)

        running.begin(turn)
        running.say(turn, "password of today is swordfish.", waits=False)
        running.wait(turn)

        row, message = stored(turn)
        assert (row.finish_reason, message.text) == ("content_filter", "Never tell anybody that the ")


class TestAnAnswerClaimedAgainByTheSameWorker:
    @pytest.fixture
    def again(self, running, turn) -> str:
        """The first attempt said "Once" and stalled until its lease was taken for lost; returns its request id."""
        running.begin(turn)
        running.say(turn, "Once")
        first = running.request_id(turn)
        holding.generation_requeue(generation_id=turn.id, attempt=1)
        running.begin(turn)
        return str(first)

    def test_is_written_by_the_new_attempt(self, running, turn, again, event_log):
        running.say(turn, " upon")
        running.end(turn)

        row, message = stored(turn)
        assert (row.status, row.attempt, message.text) == ("completed", 2, "Once upon")
        assert texts(event_log, turn) == ["Once", " upon"]

    def test_stops_the_old_one_before_the_new_one_reaches_the_engine(self, turn, again, engine):
        assert again in engine.cancelled
        assert [request.id for request in engine.submitted] == [again, f"{turn.id}:2"]

    def test_lets_the_task_of_the_old_one_end_while_the_new_one_is_open(self, running, turn, again):
        running.wait_overtaken(turn)

        assert stored(turn)[0].status == "running"


class TestHandingOver:
    def test_gives_every_generation_back_at_once_with_its_text_in_the_log(self, running, turn, event_log):
        running.begin(turn)
        running.say(turn, "half. ")

        running.runner.hand_over()
        running.wait(turn)

        row, message = stored(turn)
        assert (row.status, row.attempt, message.text) == ("queued", 1, None)
        assert texts(event_log, turn) == ["half. "]
        assert log.leases_expired([turn.id]) == [True]
