"""Who looks at the pages of rules."""

import pytest
from django.test import Client

from chatapp.accounts.models import User
from tests.support.factories import signed_in


@pytest.fixture
def moderator(client: Client) -> User:
    return signed_in(client, "moderator")
