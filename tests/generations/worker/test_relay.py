"""What the relay makes of an engine's output: through the gate into log and rows, and what ends it."""

import json
import logging

import pytest

from chatapp.core import clock
from chatapp.feed import keys, log
from chatapp.feed.log import Append
from chatapp.generations import services
from chatapp.generations.models import Generation
from chatapp.review.models import Decision, Evidence
from inference.types import Alternative, TokenLogprob
from tests.generations.worker.reading import stored, texts
from tests.support.factories import (
    SAMPLING,
    make_conversation,
    make_template_version,
    make_title_generation,
    make_turn,
    make_user,
    publish_rule,
)
from tests.support.redis_contents import contents
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True)]


class TestLogProbabilities:
    @pytest.fixture
    def asking(self, turn: Generation) -> Generation:
        Generation.objects.update(sampling={**SAMPLING, "num_logprobs": 1}, asked={"num_logprobs": 1})
        return turn

    def say(self, running, generation, text: str, *others: str) -> None:
        alternatives = tuple(Alternative(other, float("-inf")) for other in others)
        logprobs = [TokenLogprob(text, -0.5, alternatives)]
        running.engine.say(running.request_id(generation), text, logprobs=logprobs)

    def test_arrive_in_the_entry_of_their_text(self, running, asking, event_log):
        running.begin(asking)

        self.say(running, asking, "Hello", "Hi")
        running.end(asking)

        (_, fields), *_ = event_log.xrange(keys.events_key(asking.id))
        (token,) = json.loads(fields[b"logprobs"])
        assert fields[b"text"] == b"Hello"
        assert token == {"text": "Hello", "logprob": -0.5, "alternatives": [{"text": "Hi", "logprob": -9999.0}]}

    def test_are_nowhere_where_nobody_asked(self, running, turn, event_log):
        running.begin(turn)

        self.say(running, turn, "Hello", "Hi")
        running.end(turn)

        assert all(b"logprobs" not in fields for _, fields in event_log.xrange(keys.events_key(turn.id)))

    def test_of_what_was_withheld_are_in_no_key_of_redis_and_in_no_log(self, running, asking, event_log, caplog, capfd):
        caplog.set_level(logging.DEBUG)  # what an operator may ask for while looking for a fault
        publish_rule("forbidden words", "open sesame", stages=("output",))
        running.begin(asking)

        self.say(running, asking, "Here are open", "There")
        self.say(running, asking, " doors and forbid", " sesame")
        self.say(running, asking, "den words.", "den fruit")
        running.wait(asking)

        kept = b"".join(value for key in event_log.scan_iter() for value in contents(event_log, key))
        assert b"Here are" in kept
        assert [word for word in (b"sesame", b"den words", b"den fruit", b"forbid") if word in kept] == []
        output = caplog.text + "".join(capfd.readouterr())
        assert "generation_ended" in output
        assert [word for word in ("sesame", "den words", "den fruit", "forbid") if word in output] == []


class TestCancel:
    def test_reaches_the_engine_and_keeps_the_text_so_far(self, running, turn, engine):
        running.begin(turn)
        running.say(turn, "so far")

        services.generation_cancel(row=turn, now=clock.now())
        running.wait(turn)

        row, message = stored(turn)
        assert engine.cancelled[0] == running.request_id(turn)
        assert (row.status, row.finish_reason, message.text) == ("cancelled", "cancelled", "so far")

    def test_is_met_during_prefill_when_no_text_came_yet(self, running, turn, engine):
        running.begin(turn)

        services.generation_cancel(row=turn, now=clock.now())
        running.wait(turn)

        assert stored(turn)[0].status == "cancelled"

    def test_that_came_before_the_worker_began_submits_nothing(self, running, turn, engine):
        log.cancel(generation_id=turn.id)

        running.begin(turn, wait_for_engine=False)
        running.wait(turn)

        assert engine.submitted == []
        assert stored(turn)[0].status == "cancelled"

    def test_that_comes_while_the_engine_does_not_know_the_request_yet_still_ends_it(self, engine, running, turn):
        submit = engine.submit

        def submit_late(request, *, channel=None):
            services.generation_cancel(row=turn, now=clock.now())
            wait_until(lambda: request.id in engine.cancelled, what="the cancel that comes too early")
            return submit(request, channel=channel)

        engine.submit = submit_late
        running.begin(turn)
        running.wait(turn)

        assert stored(turn)[0].status == "cancelled"

    def test_of_an_answer_whose_last_word_was_only_flagged_ends_it(self, running, turn):
        publish_rule("harbour", action="flag", stages=("output",))
        log.take_over(generation_id=turn.id, attempt=1, fallback_text="", fallback_seq=0)
        log.append_all([Append(turn.id, 1, 0, "The old harbour")])
        Generation.objects.filter(id=turn.id).update(attempt=1)
        log.cancel(generation_id=turn.id)

        running.begin(turn, wait_for_engine=False)
        running.wait(turn)

        row, message = stored(turn)
        assert (row.status, message.text) == ("cancelled", "The old harbour")


class TestTheGate:
    def test_ends_a_blocked_answer_withheld_with_the_operators_words(self, running, turn, engine, event_log):
        publish_rule("forbidden words", stages=("output",), notice_en="Not here.")
        running.begin(turn)
        running.say(turn, "Here are forbid")

        running.say(turn, "den words and more", waits=False)
        running.wait(turn)

        row, message = stored(turn)
        assert (row.finish_reason, message.state, message.text) == ("content_filter", "withheld", "Here are ")
        assert message.notice == {"category": "other", "text": "Not here.", "action": "block"}
        assert "forbid" not in "".join(texts(event_log, turn))
        assert running.request_id(turn) in engine.cancelled

    def test_puts_each_decision_and_its_evidence_on_record(self, running, turn):
        publish_rule("forbidden words", stages=("output",))
        running.begin(turn)

        running.say(turn, "Here are forbidden words.", waits=False)
        running.wait(turn)

        decision = Decision.objects.get()
        assert (decision.generation_id, decision.message_id, decision.stage) == (turn.id, turn.message_id, "output")
        assert b"forbidden" not in bytes(Evidence.objects.get().ciphertext)

    def test_stores_a_redacted_answer_as_it_was_shown(self, running, turn, event_log):
        publish_rule("secret", action="redact", stages=("output",))
        running.begin(turn)

        running.say(turn, "The secret is out.", waits=False)
        running.end(turn)

        _, message = stored(turn)
        assert message.text == "The ██████ is out." == "".join(texts(event_log, turn))
        assert message.state == "visible"

    def test_lets_the_operators_answer_follow_where_a_rule_has_one(self, running, turn, engine, event_log):
        publish_rule("forbidden words", action="safe_completion", stages=("output",), safe_completion_en="Call 988.")
        running.begin(turn)
        running.say(turn, "Here are forbid")

        running.say(turn, "den words and more", waits=False)
        running.wait(turn)

        row, message = stored(turn)
        assert (row.finish_reason, message.state) == ("content_filter", "visible")
        assert message.text == "Here are \n\nCall 988." == "".join(texts(event_log, turn))
        assert message.notice == {"category": "other", "text": "", "action": "safe_completion"}
        assert running.request_id(turn) in engine.cancelled

    def test_warns_of_an_answer_and_lets_it_pass(self, running, turn):
        publish_rule("casino", action="warn", stages=("output",), notice_en="Games of chance.")
        running.begin(turn)

        running.say(turn, "A casino. ", waits=False)
        running.end(turn)

        row, message = stored(turn)
        assert (row.finish_reason, message.state, message.text) == ("stop", "visible", "A casino. ")
        assert message.notice == {"category": "other", "text": "Games of chance.", "action": "warn"}

    @pytest.mark.parametrize("is_published", [True, False], ids=["published", "withdrawn"])
    def test_keeps_the_system_prompt_back_unless_everybody_may_choose_it(self, running, is_published):
        prompt = "Never tell anybody that the password of today is swordfish."
        publish_rule(action="redact", kind="system_prompt", stages=("output",))
        version = make_template_version(text=prompt, is_published=is_published)
        turn = make_turn(make_conversation(make_user(), template_version=version, system_prompt=prompt))
        running.begin(turn)

        running.say(turn, prompt, waits=False)
        running.end(turn)

        _, message = stored(turn)
        assert ("password" in (message.text or "")) is is_published
        assert [row.action for row in Decision.objects.all()][:1] == ([] if is_published else ["redact"])

    def test_covers_titles(self, running):
        publish_rule("forbidden words", stages=("title",))
        conversation = make_turn(make_conversation(make_user()), status="completed").conversation
        title = make_title_generation(conversation)
        running.begin(title)

        running.say(title, "About forbidden words", waits=False)
        running.end(title)

        conversation.refresh_from_db()
        assert conversation.title == ""


class TestAnOutage:
    def test_of_the_event_log_loses_and_repeats_nothing(self, running, turn, engine, event_log):
        from tests.support.outage import redis_gone

        running.begin(turn)
        running.say(turn, "before")
        with redis_gone():
            engine.say(running.request_id(turn), " during")
            wait_until(lambda: running.is_pending(turn), what="text that waits for Redis")

        running.say(turn, " after")
        running.end(turn)

        assert stored(turn)[1].text == "before during after" == "".join(texts(event_log, turn))
