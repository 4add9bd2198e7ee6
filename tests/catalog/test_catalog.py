"""Which models are offered, and which have a worker."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from chatapp.catalog.errors import ModelUnknown
from chatapp.catalog.models import ChatModel
from chatapp.catalog.selectors import (
    model_folder,
    model_get_default,
    model_get_enabled,
    model_list_enabled,
    worker_is_available,
    workers_available,
)
from chatapp.catalog.services import WORKER_SIGN_KEPT_S, WORKER_SIGN_S, model_add, worker_sign, worker_sign_off
from chatapp.generations.maintenance import MAINTENANCE_SIGN
from tests.support.factories import make_model, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

DEFAULT = "smollm2-135m-instruct"
NEW: dict[str, Any] = {"slug": "new", "name": "New", "source": "hub/new", "path": "new", "context_window": 1024}


class TestCatalog:
    def test_begins_with_the_default_model(self):
        assert [(row.slug, row.is_default) for row in model_list_enabled()] == [(DEFAULT, True)]

    def test_has_one_default_at_most(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_model("second", is_default=True)

    def test_offers_no_model_that_is_not_enabled(self):
        make_model("off", is_enabled=False)

        with pytest.raises(ModelUnknown) as refusal:
            model_get_enabled(slug="off")

        assert refusal.value.details == {"slug": "off"}
        assert "off" not in [row.slug for row in model_list_enabled()]

    def test_without_its_default_offers_the_first_enabled_one(self):
        ChatModel.objects.filter(slug=DEFAULT).update(is_enabled=False)
        make_model("older")
        make_model("newer")

        assert model_get_default().slug == "older"

    def test_that_offers_nothing_refuses(self):
        ChatModel.objects.update(is_enabled=False)

        with pytest.raises(ModelUnknown):
            model_get_default()


class TestModelFolder:
    def test_is_inside_the_models_folder_for_a_relative_path(self, settings):
        settings.MODELS_DIR = Path("/models")

        assert model_folder(ChatModel(path="a")) == Path("/models/a")
        assert model_folder(ChatModel(path="/elsewhere/a")) == Path("/elsewhere/a")


class TestModelAdd:
    def test_enables_a_new_row_beside_the_default(self):
        row = model_add(**NEW)

        assert (row.is_enabled, row.is_default, row.max_new_tokens) == (True, False, 512)
        assert model_get_default().slug == DEFAULT

    def test_makes_the_first_model_the_default(self):
        ChatModel.objects.all().delete()

        assert model_add(**NEW).is_default

    def test_points_an_existing_row_to_its_new_weights_and_enables_it_again(self):
        make_model("new", name="The name people know", is_enabled=False)

        row = model_add(**{**NEW, "path": "new-2", "context_window": 8192})

        row.refresh_from_db()
        assert (row.name, row.path, row.is_enabled) == ("The name people know", "new-2", True)
        assert (row.context_window, row.max_new_tokens) == (8192, 1024)

    def test_is_what_the_command_does_and_the_other_command_lists(self, settings):
        settings.MODELS_DIR = Path("/models")
        out = StringIO()

        options = ("--name", "New", "--source", "hub/new", "--path", "new", "--context-window", "1024")
        call_command("catalog_add", "--slug", "new", *options, stdout=StringIO())
        call_command("catalog_list_enabled", stdout=out)

        listed = {row["slug"]: row for row in json.loads(out.getvalue())}
        assert set(listed) == {DEFAULT, "new"}
        assert listed["new"] == {"slug": "new", "path": "/models/new", "num_slots": 16}


class TestWorkerSign:
    def test_says_that_a_worker_of_the_model_is_up(self):
        worker_sign(slug="a", worker="host-1", stats="{}")

        assert worker_is_available(slug="a")
        assert workers_available(["a", "b"]) == {"a": True, "b": False}

    def test_of_a_model_whose_name_begins_alike_says_nothing(self):
        worker_sign(slug="ab", worker="host-1", stats="{}")

        assert not worker_is_available(slug="a")
        assert workers_available(["a"]) == {"a": False}

    def test_is_taken_back_by_who_leaves_and_the_others_stay(self):
        worker_sign(slug="a", worker="host-1", stats="{}")
        worker_sign(slug="a", worker="host-2", stats="{}")

        worker_sign_off(slug="a", worker="host-1")
        one_left = worker_is_available(slug="a")
        worker_sign_off(slug="a", worker="host-2")

        assert one_left
        assert not worker_is_available(slug="a")

    def test_runs_out_by_itself_after_three_missed_renewals(self, event_log):
        worker_sign(slug="a", worker="host-1", stats="{}")

        assert 3 * WORKER_SIGN_S < event_log.ttl("worker:a:host-1") <= WORKER_SIGN_KEPT_S


class TestHealthcheck:
    @pytest.mark.parametrize("option", [["--worker", "a"], ["--default"], ["--beat"]], ids=" ".join)
    def test_fails_without_a_sign_of_life(self, option):
        with pytest.raises(CommandError, match="no sign of life"):
            call_command("healthcheck", *option)

    def test_passes_with_the_sign_of_the_process_named(self, event_log):
        worker_sign(slug="a", worker="host-1", stats="{}")
        event_log.set(MAINTENANCE_SIGN, "up")

        for option in (["--worker", "a"], ["--default"], ["--beat"]):
            call_command("healthcheck", *option, stdout=StringIO())


class TestCatalogAdmin:
    def test_shows_the_models_and_adds_none(self, client):
        client.force_login(make_user(is_staff=True, is_superuser=True))

        listed = client.get("/admin/catalog/chatmodel/")

        assert listed.status_code == 200
        assert "SmolLM2 135M" in listed.content.decode()
        assert client.get("/admin/catalog/chatmodel/add/").status_code == 403
