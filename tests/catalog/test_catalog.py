"""Which models are offered."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from chatapp.catalog.engines import EngineChoice, capability_table
from chatapp.catalog.errors import ModelUnknown
from chatapp.catalog.models import ChatModel
from chatapp.catalog.selectors import model_folder, model_get_default, model_get_enabled, model_list_enabled
from chatapp.catalog.services import model_add, model_engine_report
from chatapp.launch.models import MAX_SLUG_CHARS
from inference.types import OPTIONAL_PARAMETERS, EngineKind
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


class TestTheSlug:
    def test_is_cut_by_the_launcher_to_what_the_catalog_holds(self):
        assert ChatModel._meta.get_field("slug").max_length == MAX_SLUG_CHARS


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


class TestModelEngineReport:
    def test_notes_what_serves_the_model_why_and_what_it_can_do(self):
        model_engine_report(slug=DEFAULT, kind="paged", reason="there is a GPU", parameters={"top_p", "temperature"})

        row = model_get_default()
        assert (row.serving_engine, row.serving_reason) == ("paged", "there is a GPU")
        assert row.serving_parameters == ["temperature", "top_p"]

    def test_writes_nothing_where_nothing_changed(self, django_assert_num_queries):
        report: dict[str, Any] = {
            "slug": DEFAULT,
            "kind": "slots",
            "reason": "it fits",
            "parameters": ["seed", "top_k"],
        }
        first = model_engine_report(**report)

        with django_assert_num_queries(1):
            again = model_engine_report(**report)

        assert (first, again) == (True, False)

    def test_of_a_model_that_is_gone_is_no_fault(self):
        assert not model_engine_report(slug="gone", kind="slots", reason="", parameters=[])


class TestTheTableOfCapabilities:
    def test_names_every_optional_parameter_of_the_engines_in_their_order(self):
        assert [row.parameter for row in capability_table([])] == list(OPTIONAL_PARAMETERS)

    def test_offers_every_kind_of_engine_and_the_choice_between_them(self):
        assert EngineChoice.values == ["auto", *EngineKind]

    def test_says_of_each_whether_the_engine_can_do_it(self):
        table = {row.parameter: row.is_supported for row in capability_table(["seed"])}

        assert [name for name, is_supported in table.items() if is_supported] == ["seed"]

    def test_forbids_an_engine_that_is_none(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_model("odd", engine="odd")


class TestCatalogAdmin:
    def test_shows_the_models_and_adds_none(self, client):
        client.force_login(make_user(is_staff=True, is_superuser=True))

        listed = client.get("/admin/catalog/chatmodel/")

        assert listed.status_code == 200
        assert "SmolLM2 135M" in listed.content.decode()
        assert client.get("/admin/catalog/chatmodel/add/").status_code == 403

    @pytest.mark.parametrize(
        ("language", "supported", "missing", "reason"),
        [("en", "yes", "no", "it was asked for"), ("zh-hans", "是", "否", "在目录里指定了它")],
    )
    def test_shows_the_engine_the_reason_and_every_parameter(self, client, language, supported, missing, reason):
        client.force_login(make_user(is_staff=True, is_superuser=True, language=language))
        model_engine_report(slug=DEFAULT, kind="paged", reason="it was asked for", parameters=["temperature"])

        page = client.get(f"/admin/catalog/chatmodel/{model_get_default().id}/change/").content.decode()

        rows = re.findall(r'data-parameter="(\w+)".*?<td[^>]*>([^<]*)</td>\s*</tr>', page, re.DOTALL)
        assert rows == [(name, supported if name == "temperature" else missing) for name in OPTIONAL_PARAMETERS]
        assert reason in page
        assert "paged" in page

    def test_shows_no_table_before_the_first_worker(self, client):
        client.force_login(make_user(is_staff=True, is_superuser=True))

        page = client.get(f"/admin/catalog/chatmodel/{model_get_default().id}/change/").content.decode()

        assert "data-parameter" not in page

    def test_lets_the_engine_be_chosen(self, client):
        client.force_login(make_user(is_staff=True, is_superuser=True))
        row = model_get_default()
        names = ("slug", "name", "context_window", "max_new_tokens", "num_slots", "default_temperature")

        client.post(
            f"/admin/catalog/chatmodel/{row.id}/change/",
            {
                **{name: getattr(row, name) for name in names},
                "is_enabled": "on",
                "is_default": "on",
                "engine": "generate",
            },
        )

        row.refresh_from_db()
        assert row.engine == "generate"
