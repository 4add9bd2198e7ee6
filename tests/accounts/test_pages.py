"""Signing up, in and out, in a browser's steps."""

import re
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client

from chatapp.accounts.models import User
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

PASSWORD = "four quiet herons"
SIGN_IN, SIGN_UP, SIGN_OUT = "/accounts/login/", "/accounts/signup/", "/accounts/logout/"


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada@example.org", PASSWORD)


def signed_in_as(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def field_errors(response) -> str:
    return " ".join(re.findall(r'<p class="field-error" role="alert">(.*?)</p>', response.content.decode()))


class TestSignUp:
    def test_makes_a_person_and_lets_them_in(self, client):
        response = client.post(SIGN_UP, {"email": "grace@example.org", "password1": PASSWORD})

        user = User.objects.get(email="grace@example.org")
        assert (response.status_code, response.headers["Location"]) == (302, "/")
        assert signed_in_as(client) == str(user.id)
        assert not user.is_staff

    def test_keeps_the_language_it_was_done_in(self, client):
        client.post(
            SIGN_UP, {"email": "grace@example.org", "password1": PASSWORD}, headers={"Accept-Language": "zh-Hans"}
        )

        assert User.objects.get(email="grace@example.org").language == "zh-hans"

    @pytest.mark.parametrize("password", ["short", "password123", "12345678901"])
    def test_refuses_a_weak_password_beside_its_field(self, client, password):
        response = client.post(SIGN_UP, {"email": "grace@example.org", "password1": password})

        assert response.status_code == 200
        assert "password" in field_errors(response).lower()
        assert not User.objects.filter(email="grace@example.org").exists()

    def test_makes_no_second_account_for_an_address_in_other_letters(self, client, ada):
        client.post(SIGN_UP, {"email": "ADA@Example.org", "password1": PASSWORD})

        assert User.objects.filter(email__iexact=ada.email).count() == 1
        assert signed_in_as(client) is None


class TestSignIn:
    def test_goes_where_the_person_wanted_to_go(self, client, ada):
        response = client.post(f"{SIGN_IN}?next=/c/1", {"login": ada.email, "password": PASSWORD, "next": "/c/1"})

        assert response.headers["Location"] == "/c/1"
        assert signed_in_as(client) == str(ada.id)

    def test_goes_to_no_other_host(self, client, ada):
        target = "https://elsewhere.example/"

        response = client.post(SIGN_IN, {"login": ada.email, "password": PASSWORD, "next": target})

        assert response.headers["Location"] == "/"

    @pytest.mark.parametrize("password", ["wrong", ""])
    def test_says_in_the_form_what_was_wrong(self, client, ada, password):
        response = client.post(SIGN_IN, {"login": ada.email, "password": password})

        assert response.status_code == 200
        assert field_errors(response)
        assert signed_in_as(client) is None

    def test_refuses_a_person_who_may_not_sign_in(self, client, ada):
        User.objects.filter(id=ada.id).update(is_active=False)

        client.post(SIGN_IN, {"login": ada.email, "password": PASSWORD})

        assert signed_in_as(client) is None


class TestSignOut:
    def test_happens_by_post_alone(self, client, ada):
        client.force_login(ada)

        asked = client.get(SIGN_OUT)
        after_asking = signed_in_as(client)
        response = client.post(SIGN_OUT)

        assert asked.status_code == 200
        assert after_asking == str(ada.id)
        assert response.headers["Location"] == SIGN_IN
        assert signed_in_as(client) is None


class TestPasswordReset:
    def test_mail_lies_in_the_mail_folder_and_its_link_sets_a_new_password(self, client, ada, settings, tmp_path):
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        settings.EMAIL_FILE_PATH = tmp_path

        client.post("/accounts/password/reset/", {"email": ada.email})
        (letter,) = Path(tmp_path).iterdir()
        link = re.search(r"http://\S+(/accounts/password/reset/key/\S+)", letter.read_text())
        assert link is not None
        form = client.get(link[1], follow=True).redirect_chain[-1][0]
        client.post(form, {"password1": "nine loud geese", "password2": "nine loud geese"})

        ada.refresh_from_db()
        assert ada.check_password("nine loud geese")

    def test_for_an_unknown_address_looks_the_same_from_outside(self, client, ada):
        known = client.post("/accounts/password/reset/", {"email": ada.email})
        unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})

        assert known.headers["Location"] == unknown.headers["Location"]
        assert mail.outbox[0].to == [ada.email]


class TestLanguage:
    def test_that_a_person_chose_holds_against_the_browsers(self, client):
        client.force_login(make_user(language="zh-hans"))

        response = client.get("/accounts/password/change/", headers={"Accept-Language": "en"})

        assert response.headers["Content-Language"] == "zh-hans"

    def test_of_the_browser_holds_where_a_person_chose_none(self, client):
        client.force_login(make_user())

        response = client.get("/accounts/password/change/", headers={"Accept-Language": "zh-Hans"})

        assert response.headers["Content-Language"] == "zh-hans"
