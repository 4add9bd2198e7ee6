"""Log lines: every event is known by its fields, and none holds what was withheld."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatapp.launch.configuration import CHECKOUT
from tests.generations.exits.aftermath import Aftermath, withheld_in

pytestmark = [pytest.mark.django_db(transaction=True)]

# Every event that is logged, with its fields: ids, numbers, names, and what the machinery says of its own failures.
LOG_EVENTS = frozenset(
    {
        "answer_not_restored(error, message_id)",
        "chat_model_judges_nothing(error)",
        "dry_run_chunk(dry_run_id, duration_ms)",
        "dry_run_claimed(attempt, dry_run_id, num_judged)",
        "dry_run_ended(dry_run_id, error, num_judged, state)",
        "dry_runs_erased(num_erased)",
        "evidence_erased(num_erased)",
        "rule_holds_measured(num_rules, num_texts)",
        "ruleset_not_loaded()",
        "attempt_overtaken(attempt, generation_id)",
        "doorbell_unavailable(error)",
        "event_log_unavailable(error)",
        "fact_not_relayed(error, fact_id)",
        "fact_unreadable(fact_id)",
        "frame_not_dispatched()",
        "generation_ended(attempt, generation_id, reason, won)",
        "generation_fenced(attempt, generation_id)",
        "generation_handed_over(attempt, generation_id)",
        "generation_lost_its_worker(attempt, generation_id)",
        "generation_not_begun(error, generation_id)",
        "generation_not_begun(generation_id)",
        "generation_not_relayed(generation_id)",
        "generation_refused(code, generation_id)",
        "generation_tail_unread(error, generation_id)",
        "generation_turned_away(error, generation_id)",
        "listener_failed()",
        "moderation_model_unusable(error, name)",
        "ruleset_build_refused(error, version)",
        "ruleset_built(duration_ms, num_bytes, stored, version)",
        "ruleset_loaded(duration_ms, version)",
        "rulesets_not_seen(error)",
        "session_not_checked(error)",
        "sign_not_given(error)",
        "sign_off_not_given(error)",
        "socket_not_taken_off(error)",
        "storage_unavailable(error)",
        "stream_not_closed(error, generation_id)",
        "stream_unreadable(error, key)",
        "task_not_sent(error, queue, task)",
        "thread_died(exc_info, thread)",
        "write_postponed(error)",
        "write_refused()",
        # The engine's, before any text: which one serves, and that a faster path cannot run.
        "%s is served by the %s engine: %s()",
        "the fused layers cannot run here: %s()",
    }
)
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "msg"})


def logged_in(path: Path) -> Iterator[str]:
    """Every call of a module's logger in a source file, as `event(fields)`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="logger" | "logging"), attr=level)) if level in LEVELS:
                event = ast.literal_eval(node.args[0])
                yield f"{event}({', '.join(sorted(keyword.arg or '**' for keyword in node.keywords))})"


class TestLogs:
    def test_are_all_known(self):
        sources = [path for folder in ("chatapp", "inference") for path in (CHECKOUT / folder).rglob("*.py")]

        assert {event for path in sources for event in logged_in(path)} == LOG_EVENTS

    def test_hold_nothing_that_was_withheld(self, running, caplog, capfd):
        Aftermath(running)

        output = caplog.text + "".join(capfd.readouterr())

        assert "generation_ended" in output
        assert withheld_in(output) == []
