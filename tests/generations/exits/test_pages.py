"""Pages: every route is known, and none shows what was withheld but the one door to evidence."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLResolver, get_resolver

from chatapp.pages import views
from chatapp.review.models import Decision
from tests.generations.exits.aftermath import BLOCKED, MASKED, TITLED, Aftermath, withheld_in
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db(transaction=True)]

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
        # The transcript, as rows, in parts or as a file: of the text that the gate released.
        "api/v1/conversations",
        "api/v1/conversations/<uuidstr:conversation_id>",
        "api/v1/conversations/<uuidstr:conversation_id>/window",
        "api/v1/conversations/<uuidstr:conversation_id>/export",
        # Which messages there are, without a word of them.
        "api/v1/conversations/<uuidstr:conversation_id>/skeleton",
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
MAX_OBJECTS = 3  # the aftermath has no more generations or decisions


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
        window = owner.get(f"/api/v1/conversations/{after.conversation.id}/window").content.decode()
        exports = [
            owner.get(f"/api/v1/conversations/{conversation.id}/export", {"format": file_format}).getvalue().decode()
            for conversation in (after.conversation, after.blocked)
            for file_format in ("json", "markdown")
        ]

        assert "The code is ████████, done." in snapshot
        assert "The code is ████████, done." in window
        assert ["████████, done." in text or "Here is the key: " in text for text in exports] == [True] * 4
        assert withheld_in(snapshot, window, *exports) == []

    def test_have_one_door_to_what_was_withheld(self, after, administrator):
        doors = [f"/admin/review/decision/{key}/evidence/" for key in Decision.objects.values_list("id", flat=True)]

        read = [administrator.post(door).content.decode() for door in doors]

        assert set(withheld_in(*read)) >= {MASKED, TITLED}
        assert any(BLOCKED in text for text in read)
