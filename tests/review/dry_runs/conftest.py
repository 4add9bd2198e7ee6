"""Who asks for dry runs, and a conversation to run rules over."""

import pytest

from tests.support.factories import make_conversation, make_staff, make_user


@pytest.fixture
def moderator():
    return make_staff("moderator")


@pytest.fixture
def conversation():
    return make_conversation(make_user())
