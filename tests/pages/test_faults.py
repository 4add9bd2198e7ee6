"""What a person reads where something broke."""

import pytest
from django.db import OperationalError, connection
from django.test import Client

from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    return client


class TestAFault:
    @pytest.mark.parametrize("path", ["/", "/accounts/password/change/", "/admin/"])
    def test_of_the_database_is_a_page_that_says_when_to_try_again(self, client, path):
        def refuse(*_: object) -> None:
            raise OperationalError("database is locked")

        with connection.execute_wrapper(refuse):
            response = client.get(path)

        assert response.status_code == 503
        assert int(response.headers["Retry-After"]) > 0
        assert "Nothing can be stored right now" in response.content.decode()
        assert "locked" not in response.content.decode()

    def test_of_any_other_kind_tells_nothing_of_itself(self, client, monkeypatch):
        def fail(*_: object) -> None:
            raise RuntimeError("secret")

        monkeypatch.setattr("chatapp.pages.views.me_view", fail)

        response = client.get("/")

        assert response.status_code == 500
        assert "Something went wrong here" in response.content.decode()
        assert "secret" not in response.content.decode()
