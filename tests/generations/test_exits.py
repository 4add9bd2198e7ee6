"""
The ways out: what an answer's gate withheld is in no page, frame, task, log line or row, after real generations.

Law P7 of the moderation study. The tables below name every way there is; one that is added fails here until somebody
has said what it may carry. The engine alone is scripted. The rules are patterns, so their own pages cannot hold a span.
"""

import ast
import json
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLResolver, get_resolver
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from chatapp.celery import app as celery_app
from chatapp.conversations.models import Conversation, Message
from chatapp.feed import keys
from chatapp.feed.events import FeedEvent
from chatapp.feed.hub import Entry
from chatapp.generations import maintenance as maintenance_tasks
from chatapp.generations.models import Generation
from chatapp.generations.worker import tasks as generation_tasks
from chatapp.generations.worker.runner import Runner
from chatapp.launch.configuration import CHECKOUT
from chatapp.moderation.publishing import tasks as moderation_tasks
from chatapp.pages import views
from chatapp.realtime.frames import ServerFrame
from chatapp.realtime.outlet import Outlet
from chatapp.review.dry_runs import tasks as dry_run_tasks
from chatapp.review.evidence import retention
from chatapp.review.holds import tasks as hold_tasks
from chatapp.review.models import Decision, Evidence
from inference.testing import ScriptedEngine
from inference.types import Alternative, TokenLogprob
from tests.support.factories import SAMPLING, make_conversation, make_turn, make_user, publish_rule
from tests.support.running import Running

pytestmark = [pytest.mark.django_db(transaction=True)]

MASKED, BLOCKED, TITLED = WITHHELD = ("zq471193", "xk558201", "zq902834")

# --- every way out ---------------------------------------------------------------------------------------------------

# The pages that Django's admin makes for a model.
ADMIN_PAGES = ("", "add/", *(f"<path:object_id>/{page}" for page in ("", "history/", "delete/", "change/")))
ADMIN_MODELS = (
    *("account/emailaddress", "accounts/user", "auth/group", "catalog/chatmodel", "generations/generation"),
    *("moderation/rule", "moderation/ruleset", "prompts/prompttemplate", "review/decision", "review/evidencereading"),
    # Cases and appeals show what people asked; the text behind a case is behind its door.
    *("review/reviewcase", "review/appeal", "review/contextreading", "review/dryrun", "review/dryrunreading"),
)
# Each is asked below. Where a person's words can come out at all, the comment says why the span cannot.
OTHER_ROUTES = frozenset(
    {
        # The transcript, as rows or as a file: of the text that the gate released.
        "api/v1/conversations",
        "api/v1/conversations/<uuidstr:conversation_id>",
        "api/v1/conversations/<uuidstr:conversation_id>/export",
        # These embed who is signed in, and no conversation.
        *("", "c/<uuid:conversation_id>", "healthz", "i18n/setlang/"),
        *("api/v1/", "api/v1/docs", "api/v1/me", "api/v1/models", "api/v1/openapi.json", "api/v1/prompt-templates"),
        "api/v1/generations/<uuidstr:generation_id>/place",
        # The sign-in's own.
        *(f"accounts/{page}/" for page in ("login", "logout", "inactive", "signup", "reauthenticate", "email")),
        *("accounts/confirm-email/", r"accounts/^confirm-email/(?P<key>[-:\w]+)/$", "accounts/login/code/confirm/"),
        *(f"accounts/password/{page}/" for page in ("change", "set", "reset", "reset/done", "reset/key/done")),
        "accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        # The admin's own; its search finds rows by what their lists show.
        *("admin/", "admin/search/", "admin/login/", "admin/logout/", "admin/autocomplete/", "admin/jsi18n/"),
        *("admin/password_change/", "admin/password_change/done/", "admin/accounts/user/<id>/password/"),
        "admin/r/<path:content_type_id>/<path:object_id>/",
        "admin/^(?P<app_label>account|accounts|auth|catalog|moderation|prompts|review|generations)/$",
        "admin/(?P<url>.*)$",
        # Rules: what they look for and how often they hit, no text of a person.
        *(f"admin/moderation/rule/{page}/" for page in ("try", "publish", "open-publish", "open-try")),
        *(f"admin/moderation/rule/{page}/" for page in ("import", "export", "open-import", "open-export")),
        "admin/moderation/rule/import/<uuid:upload_id>/",
        "admin/moderation/rule/<path:object_id>/open-dry-run/",
        "admin/moderation/rule/<uuid:rule_id>/revisions/",
        "admin/moderation/rule/<uuid:rule_id>/revisions/<int:number>/restore/",
        "admin/moderation/rule/<uuid:rule_id>/revisions/<int:number>/approve/",
        "admin/moderation/rule/<uuid:rule_id>/move/<slug:state>/",
        "admin/moderation/ruleset/<int:version>/restore/",
        "admin/moderation/ruleset/<path:object_id>/open-restore/",
        # Dry runs: counts, and samples that only a reviewer reads, of text that was released.
        *(f"admin/review/dryrun/{page}/" for page in ("start", "open-start")),
        # How a person's question for review stands.
        "api/v1/messages/<uuidstr:message_id>/appeal",
        "api/v1/decisions/<uuidstr:decision_id>/appeal",
        # The one door: it asks first, lets reviewers alone in, and puts them on record.
        "admin/review/decision/<uuid:decision_id>/evidence/",
        "admin/review/decision/<path:object_id>/open-evidence/",
    }
)
ROUTES = OTHER_ROUTES | {f"admin/{model}/{page}" for model in ADMIN_MODELS for page in ADMIN_PAGES}

# What a socket is sent: text only in `events`, and there in views of rows and in deltas.
SERVER_FRAMES = frozenset({"ready", "events", "reply", "error", "resync", "pong"})
FEED_EVENTS = frozenset(
    {
        *("conversation.created", "conversation.updated", "conversation.deleted", "message.created", "message.updated"),
        *("generation.queued", "generation.started", "generation.restarted", "generation.finished"),
        *("generation.delta", "generation.ended", "appeal.updated"),
    }
)

# Tasks by name, with their parameters: a model's name at most. Nobody keeps a result.
TASKS = {
    generation_tasks.generate.name: ("slug",),
    maintenance_tasks.reap.name: (),
    moderation_tasks.ruleset_build.name: (),
    dry_run_tasks.dry_run.name: (),
    hold_tasks.measure.name: (),
    retention.erase.name: (),
}

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
MAX_OBJECTS = 3  # the aftermath has no more generations or decisions
LEVELS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "msg"})


# --- an answer that is masked, one that is blocked, and a title ------------------------------------------------------


class Aftermath:
    """What three generations left behind."""

    def __init__(self, running: Running) -> None:
        publish_rule(r"zq\d{6}", kind="regex", action="redact", stages=("output", "title"))
        self.rule = publish_rule(r"xk\d{6}", kind="regex", stages=("output",), notice_en="Not here.")
        self.owner = make_user(display_name="Ada")
        self.conversation, self.blocked = (make_conversation(self.owner) for _ in range(2))
        self.masked_turn = self._write(running, self.conversation, "The code is z", f"{MASKED[1:]}, done.")
        self._write_title(running)
        self.blocked_turn = self._write(running, self.blocked, "Here is the key: xk55", f"{BLOCKED[4:]} and more.")

    @staticmethod
    def _write(running: Running, conversation: Conversation, opening: str, rest: str) -> Generation:
        """With log-probabilities: their alternatives spell what the answer did not say."""
        turn = make_turn(conversation, sampling={**SAMPLING, "num_logprobs": 1}, asked={"num_logprobs": 1})
        running.begin(turn)
        running.engine.say(running.request_id(turn), opening)
        logprob = TokenLogprob(rest, -0.5, (Alternative(f"{MASKED} or {BLOCKED}", -2.0),))
        running.engine.say(running.request_id(turn), rest, logprobs=[logprob])
        running.end(turn)
        return turn

    def _write_title(self, running: Running) -> None:
        title = Generation.objects.get(kind="title", conversation=self.conversation)
        running.begin(title)
        running.engine.say(running.request_id(title), f"About {TITLED}")
        running.end(title)


@pytest.fixture
def running() -> Iterator[Running]:
    engine = ScriptedEngine()
    running = Running(Runner(engine=engine), engine)
    yield running
    running.close()


@pytest.fixture
def after(running) -> Aftermath:
    return Aftermath(running)


def withheld_in(*shown: str) -> list[str]:
    return [span for text in shown for span in WITHHELD if span in text]


class TestTheAftermath:
    def test_shows_what_was_not_withheld(self, after):
        masked = Message.objects.get(id=after.masked_turn.message_id)
        blocked = Message.objects.get(id=after.blocked_turn.message_id)
        after.conversation.refresh_from_db()

        assert (masked.state, masked.text) == ("visible", "The code is ████████, done.")
        assert (blocked.state, blocked.text) == ("withheld", "Here is the key: ")
        assert after.conversation.title == "About ████████"
        assert Decision.objects.count() == len(WITHHELD)


# --- pages -----------------------------------------------------------------------------------------------------------


def routes(patterns: Iterable[Any], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def paths(route: str, after: Aftermath) -> Iterator[str]:
    """The route with the newest objects that it may show; the aftermath is among them."""
    for variable, value in values_of_variables(after).items():
        route = route.replace(variable, str(value))
    if "<path:object_id>" not in route:
        yield "/" + route
        return
    app_label, model = route.split("/")[1:3]
    newest = apps.get_model(app_label, model)._default_manager.order_by("-pk").values_list("pk", flat=True)
    for key in newest[:MAX_OBJECTS]:
        yield "/" + route.replace("<path:object_id>", str(key))


def values_of_variables(after: Aftermath) -> dict[str, object]:
    return {
        "<path:content_type_id>/<path:object_id>": "0/0",
        "<uuidstr:conversation_id>": after.conversation.id,
        "<uuid:conversation_id>": after.conversation.id,
        "<uuidstr:generation_id>": after.masked_turn.id,
        r"^confirm-email/(?P<key>[-:\w]+)/$": "confirm-email/a/",
        "^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/a-b/",
        "<id>": after.owner.pk,
        "^(?P<app_label>account|accounts|auth|catalog|moderation|prompts|review|generations)/$": "review/",
        "(?P<url>.*)$": "no/such/page/",
        "<uuid:rule_id>": after.rule.id,
        "<uuid:decision_id>": Decision.objects.values_list("id", flat=True)[0],
        "<int:number>": 1,
        "<int:version>": 1,
        "<slug:state>": "shadow",
        "<uuid:upload_id>": after.conversation.id,
        "<uuidstr:message_id>": after.masked_turn.message_id,
        "<uuidstr:decision_id>": Decision.objects.values_list("id", flat=True)[0],
    }


@pytest.fixture
def built_front_end(tmp_path, settings) -> Iterator[None]:
    """What the page shell reads of Vite's work, so that this needs no Node."""
    manifest = tmp_path / ".vite" / "manifest.json"
    manifest.parent.mkdir()
    manifest.write_text(json.dumps({"index.html": {"file": "assets/index.js", "isEntry": True}}))
    settings.FRONTEND_DIST = tmp_path
    views._entry.cache_clear()
    yield
    views._entry.cache_clear()


@pytest.fixture
def owner(after) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(after.owner)
    return client


@pytest.fixture
def administrator(after) -> Client:
    """May do everything, and yet sees evidence only behind its door."""
    client = Client(raise_request_exception=False)
    client.force_login(make_user(is_staff=True, is_superuser=True))
    return client


@pytest.mark.usefixtures("built_front_end")
class TestPages:
    def test_are_all_known(self):
        assert set(routes(get_resolver().url_patterns)) == ROUTES

    def test_show_nothing_that_was_withheld(self, after, owner, administrator):
        for path in [path for route in sorted(ROUTES) for path in paths(route, after)]:
            for client in (owner, administrator):
                response = client.get(path)
                body = response.getvalue() if response.streaming else response.content

                assert response.status_code < 500, path
                assert withheld_in(body.decode()) == [], path

    def test_show_the_rest(self, after, owner):
        snapshot = owner.get(f"/api/v1/conversations/{after.conversation.id}").content.decode()
        exports = [
            owner.get(f"/api/v1/conversations/{conversation.id}/export", {"format": file_format}).content.decode()
            for conversation in (after.conversation, after.blocked)
            for file_format in ("json", "markdown")
        ]

        assert "The code is ████████, done." in snapshot
        assert ["████████, done." in text or "Here is the key: " in text for text in exports] == [True] * 4
        assert withheld_in(snapshot, *exports) == []

    def test_have_one_door_to_what_was_withheld(self, after, administrator):
        doors = [f"/admin/review/decision/{key}/evidence/" for key in Decision.objects.values_list("id", flat=True)]

        read = [administrator.post(door).content.decode() for door in doors]

        assert set(withheld_in(*read)) >= {MASKED, TITLED}
        assert any(BLOCKED in text for text in read)


# --- frames ----------------------------------------------------------------------------------------------------------


def tags(unit: Any) -> set[str]:
    """The `type` of every unit of a union, whatever unions it is made of."""
    if isinstance(unit, type) and issubclass(unit, BaseModel):
        return {get_args(unit.model_fields["type"].annotation)[0]}
    return {tag for part in get_args(unit) if not isinstance(part, FieldInfo) for tag in tags(part)}


def entries(event_log, key: str) -> list[Entry]:
    return [Entry(entry_id.decode(), fields) for entry_id, fields in event_log.xrange(key)]


class TestFrames:
    def test_are_all_known(self):
        assert tags(ServerFrame) == SERVER_FRAMES
        assert tags(FeedEvent) == FEED_EVENTS

    def test_carry_nothing_that_was_withheld(self, after, event_log):
        outlet = Outlet(live={}, learnt="0-0")
        outlet.feed = "0-0"
        outlet.seqs = dict.fromkeys((after.masked_turn.id, after.blocked_turn.id), 0)

        events = outlet.facts(entries(event_log, keys.feed_key(after.owner.id))).send
        for generation_id in tuple(outlet.seqs):
            events += outlet.deltas(generation_id, entries(event_log, keys.events_key(generation_id)))
        frame = outlet.frame(events)

        assert frame is not None
        assert "The code is " in frame
        assert "Here is the key: " in frame
        assert withheld_in(frame) == []


# --- tasks, logs, rows -----------------------------------------------------------------------------------------------


def contents(event_log, key: bytes) -> list[bytes]:
    """Whatever a key holds."""
    match event_log.type(key):
        case b"string":
            return [event_log.get(key)]
        case b"hash":
            return [part for pair in event_log.hgetall(key).items() for part in pair]
        case b"stream":
            return [part for _, fields in event_log.xrange(key) for pair in fields.items() for part in pair]
        case b"list":
            return list(event_log.lrange(key, 0, -1))
        case b"set":
            return list(event_log.smembers(key))
        case b"zset":
            return list(event_log.zrange(key, 0, -1))
        case other:
            raise AssertionError(f"nobody reads {other!r} here")


def task_modules_import() -> None:
    """No process imports all of them, so they are looked for in the sources."""
    for path in (CHECKOUT / "chatapp").rglob("*.py"):
        if "@shared_task" in path.read_text(encoding="utf-8"):
            import_module(".".join(path.relative_to(CHECKOUT).with_suffix("").parts))


class TestTasks:
    def test_are_all_known_and_keep_no_result(self):
        task_modules_import()

        ours = {name for name in celery_app.tasks if not name.startswith("celery.")}

        assert ours == set(TASKS)
        assert celery_app.conf.task_ignore_result
        assert celery_app.conf.result_backend is None

    @pytest.mark.parametrize(("name", "parameters"), TASKS.items())
    def test_take_what_the_table_says(self, name, parameters):
        code = celery_app.tasks[name].run.__code__

        assert code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] == parameters

    def test_and_all_else_in_redis_hold_nothing_that_was_withheld(self, after, event_log):
        kept = b"".join(part for key in event_log.scan_iter() for part in (key, *contents(event_log, key)))

        assert b"The code is " in kept
        assert withheld_in(kept.decode(errors="replace")) == []


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


class TestRows:
    def test_hold_nothing_that_was_withheld_but_encrypted_evidence(self, after):
        rows = [str(row) for model in apps.get_models() for row in model._default_manager.values_list()]

        assert any("The code is " in row for row in rows)
        assert Evidence.objects.count() == len(WITHHELD)
        assert withheld_in(*rows) == []
