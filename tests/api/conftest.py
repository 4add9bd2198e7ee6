"""A signed-in person's client, and what every refusal looks like."""

import pytest
from django.test import Client

from chatapp.accounts.models import User
from tests.support.factories import make_user


@pytest.fixture
def person(db) -> User:
    return make_user(display_name="Ada")


@pytest.fixture
def api(person) -> Client:
    client = Client(headers={"Accept": "application/json"})
    client.force_login(person)
    return client
