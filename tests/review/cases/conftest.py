"""An answer that a rule ended, the case about it, and who looks at it."""

import pytest

from tests.review.making import appealed, judged_answer
from tests.support.factories import make_staff, publish_rule


@pytest.fixture
def reviewer():
    return make_staff("reviewer")


@pytest.fixture
def blocking():
    return publish_rule("bombast", action="block", stages=("output",), severity=3)


@pytest.fixture
def case(blocking):
    return appealed(judged_answer("Some bombast about tea."))
