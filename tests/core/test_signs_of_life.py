"""Signs of life in a real Redis: who is up, who left, who stopped signing."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from chatapp.core.redis import redis_now_ms
from chatapp.core.signs_of_life import (
    DEFAULT_WORKER_KEY,
    DEFAULT_WORKER_SIGN_KEPT_S,
    WORKER_SIGN_KEPT_S,
    WORKER_SIGN_S,
    default_worker_is_up,
    default_worker_sign,
    stats_key,
    worker_is_available,
    worker_sign,
    worker_sign_off,
    workers_available,
    workers_key,
)
from chatapp.launch import health


def miss_signs(event_log, *, slug: str, worker: str, for_s: float) -> None:
    """What Redis holds once a worker was silent for that long."""
    event_log.zadd(workers_key(slug), {worker: redis_now_ms() - int(for_s * 1000)})


class TestWorkerSign:
    def test_says_that_a_worker_of_the_model_is_up(self):
        worker_sign(slug="a", worker="host-1", stats="{}")

        assert worker_is_available(slug="a")
        assert workers_available(["a", "b"]) == {"a": True, "b": False}

    def test_of_a_model_whose_name_begins_alike_says_nothing(self):
        worker_sign(slug="ab", worker="host-1", stats="{}")

        assert workers_available(["a", "ab"]) == {"a": False, "ab": True}

    def test_is_taken_back_by_who_leaves_and_the_others_stay(self):
        worker_sign(slug="a", worker="host-1", stats="{}")
        worker_sign(slug="a", worker="host-2", stats="{}")

        worker_sign_off(slug="a", worker="host-1")
        one_left = worker_is_available(slug="a")
        worker_sign_off(slug="a", worker="host-2")

        assert one_left
        assert not worker_is_available(slug="a")

    def test_holds_over_three_missed_renewals(self):
        assert 3 * WORKER_SIGN_S < WORKER_SIGN_KEPT_S

    def test_holds_while_it_is_missed_and_then_no_longer(self, event_log):
        worker_sign(slug="a", worker="host-1", stats="{}")

        miss_signs(event_log, slug="a", worker="host-1", for_s=WORKER_SIGN_S)
        once_missed = worker_is_available(slug="a")
        miss_signs(event_log, slug="a", worker="host-1", for_s=WORKER_SIGN_KEPT_S)

        assert once_missed
        assert not worker_is_available(slug="a")

    def test_leaves_nothing_behind_once_nobody_signs(self, event_log):
        worker_sign(slug="a", worker="host-1", stats="{}")

        kept_ms = [event_log.pttl(key) for key in (workers_key("a"), stats_key("a"))]

        assert all(0 < left_ms <= WORKER_SIGN_KEPT_S * 1000 for left_ms in kept_ms)

    def test_drops_who_stopped_signing_and_what_that_engine_counted(self, event_log):
        worker_sign(slug="a", worker="dead", stats='{"num_steps": 1}')
        miss_signs(event_log, slug="a", worker="dead", for_s=WORKER_SIGN_KEPT_S)

        worker_sign(slug="a", worker="alive", stats='{"num_steps": 2}')

        assert event_log.zrange(workers_key("a"), 0, -1) == [b"alive"]
        assert event_log.hgetall(stats_key("a")) == {b"alive": b'{"num_steps": 2}'}

    def test_drops_what_an_engine_counted_whose_sign_was_deleted(self, event_log):
        worker_sign(slug="a", worker="gone-1", stats="{}")
        event_log.delete(workers_key("a"))

        worker_sign(slug="a", worker="host-2", stats="{}")

        assert event_log.hkeys(stats_key("a")) == [b"host-2"]

    def test_is_of_no_model_where_none_is_asked_for(self):
        assert workers_available([]) == {}


class TestTheSignOfTheDefaultWorker:
    def test_says_that_it_is_up_for_some_seconds(self, event_log):
        before = default_worker_is_up()

        default_worker_sign()

        assert (before, default_worker_is_up()) == (False, True)
        assert 0 < event_log.ttl(DEFAULT_WORKER_KEY) <= DEFAULT_WORKER_SIGN_KEPT_S


class TestTheLauncher:
    def test_reads_the_keys_that_are_signed(self):
        assert health.DEFAULT_WORKER_KEY == DEFAULT_WORKER_KEY
        assert health.MODEL_WORKERS_KEY.format(slug="a") == workers_key("a")


class TestHealthcheck:
    @pytest.mark.parametrize("option", [["--worker", "a"], ["--default"], ["--beat"]], ids=" ".join)
    def test_fails_without_a_sign_of_life(self, option):
        with pytest.raises(CommandError, match="no sign of life"):
            call_command("healthcheck", *option)

    def test_passes_with_the_sign_of_the_process_named(self):
        worker_sign(slug="a", worker="host-1", stats="{}")
        default_worker_sign()

        for option in (["--worker", "a"], ["--default"], ["--beat"]):
            call_command("healthcheck", *option, stdout=StringIO())
