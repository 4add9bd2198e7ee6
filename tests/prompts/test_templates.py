"""Templates and their versions, in the database and in the admin."""

import json

import pytest
from django.db import IntegrityError, transaction

from chatapp.prompts.errors import TemplateUnknown, TemplateUnusable
from chatapp.prompts.models import PromptTemplate, PromptTemplateVersion
from chatapp.prompts.selectors import template_list_published, version_get
from chatapp.prompts.services import version_add
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def template() -> PromptTemplate:
    return PromptTemplate.objects.create(slug="poet", title="Poet")


@pytest.fixture
def first(template) -> PromptTemplateVersion:
    return version_add(template=template, text="Rhyme.", variables=[], author=make_user())


class TestVersionAdd:
    def test_numbers_versions_of_a_template_from_one(self, template, first):
        second = version_add(template=template, text="Rhyme well.", variables=[], author=None)

        assert (first.version, second.version) == (1, 2)
        assert list(template.versions.values_list("text", flat=True)) == ["Rhyme well.", "Rhyme."]

    def test_stores_nothing_that_could_not_be_filled(self, template):
        with pytest.raises(TemplateUnusable):
            version_add(template=template, text="{{ metre }}", variables=[], author=None)

        assert not template.versions.exists()


class TestVersion:
    @pytest.mark.parametrize("change", [{"text": "other"}, {"variables": [{"name": "a"}]}, {"version": 9}])
    def test_is_changed_by_nobody_not_even_the_database(self, first, change):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            PromptTemplateVersion.objects.filter(id=first.id).update(**change)

    def test_moves_to_no_other_template(self, first):
        other = PromptTemplate.objects.create(slug="other", title="Other")

        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            PromptTemplateVersion.objects.filter(id=first.id).update(template=other)

    def test_outlives_its_author(self, first):
        first.author.delete()

        first.refresh_from_db()
        assert first.author is None

    def test_has_a_number_of_its_own(self, template, first):
        with pytest.raises(IntegrityError), transaction.atomic():
            PromptTemplateVersion.objects.create(template=template, version=1, text="again")


class TestTemplateListPublished:
    def test_offers_the_newest_version_of_each(self, template, first):
        version_add(template=template, text="Rhyme well.", variables=[], author=None)

        offered = {row.slug: version.version for row, version in template_list_published()}

        assert offered["poet"] == 2
        assert {"translator", "explain-simply", "code-reviewer"} <= set(offered)

    def test_offers_neither_drafts_nor_templates_without_text(self, first):
        PromptTemplate.objects.filter(slug="poet").update(is_published=False)
        PromptTemplate.objects.create(slug="empty", title="Empty")

        offered = [row.slug for row, _ in template_list_published()]

        assert "poet" not in offered
        assert "empty" not in offered


class TestVersionGet:
    def test_still_finds_an_older_version(self, template, first):
        version_add(template=template, text="Rhyme well.", variables=[], author=None)

        assert version_get(slug="poet", version=1).text == "Rhyme."

    @pytest.mark.parametrize(("slug", "version"), [("poet", 2), ("nobody", 1)])
    def test_refuses_what_is_not_there(self, first, slug, version):
        with pytest.raises(TemplateUnknown) as refusal:
            version_get(slug=slug, version=version)

        assert refusal.value.details == {"slug": slug, "version": version}

    def test_refuses_what_is_no_longer_published(self, first):
        PromptTemplate.objects.filter(slug="poet").update(is_published=False)

        with pytest.raises(TemplateUnknown):
            version_get(slug="poet", version=1)


class TestTemplateAdmin:
    @pytest.fixture
    def editor(self, client):
        client.force_login(make_user(is_staff=True, is_superuser=True))
        return client

    @staticmethod
    def form(template: PromptTemplate, **changes: object) -> dict[str, object]:
        inline = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 0}
        return {
            "slug": template.slug,
            "title": template.title,
            "is_published": "on",
            "text": "Rhyme.",
            "variables": "[]",
            **{f"versions-{name}": number for name, number in inline.items()},
            **changes,
        }

    def test_makes_a_change_of_text_the_next_version(self, editor, template, first):
        page = f"/admin/prompts/prompttemplate/{template.id}/change/"
        variables = [{"name": "metre"}]

        editor.post(page, self.form(template, text="Rhyme in {{ metre }}.", variables=json.dumps(variables)))

        newest = template.versions.get(version=2)
        assert newest.text == "Rhyme in {{ metre }}."
        assert newest.variables[0]["name"] == "metre"
        assert newest.author is not None
        first.refresh_from_db()
        assert first.text == "Rhyme."

    def test_makes_no_version_for_a_change_of_title(self, editor, template, first):
        editor.post(f"/admin/prompts/prompttemplate/{template.id}/change/", self.form(template, title="Bard"))

        template.refresh_from_db()
        assert template.title == "Bard"
        assert template.versions.count() == 1

    def test_refuses_text_that_could_not_be_filled_in_the_form(self, editor, template, first):
        page = f"/admin/prompts/prompttemplate/{template.id}/change/"

        response = editor.post(page, self.form(template, text="{{ metre }}"))

        assert response.status_code == 200
        assert "metre" in str(response.context["adminform"].form.errors["variables"])
        assert template.versions.count() == 1

    def test_makes_a_template_with_its_first_version(self, editor):
        blank = PromptTemplate(slug="critic", title="Critic")

        response = editor.post("/admin/prompts/prompttemplate/add/", self.form(blank))

        assert response.status_code == 302
        assert PromptTemplate.objects.get(slug="critic").versions.get().version == 1

    def test_shows_the_newest_text_to_edit(self, editor, template, first):
        version_add(template=template, text="Rhyme well.", variables=[], author=None)

        page = editor.get(f"/admin/prompts/prompttemplate/{template.id}/change/")

        assert page.context["adminform"].form["text"].initial == "Rhyme well."
