"""Both languages, whole: every sentence of the product has its own Chinese text."""

import gettext
import re

import pytest
from babel.messages.pofile import read_po
from django.utils import translation

from chatapp.launch.configuration import CHECKOUT
from tests.support.messages import messages_in_source

FOLDER = CHECKOUT / "chatapp" / "locale" / "zh_Hans" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|{{ \w+ }}")


@pytest.fixture(scope="module")
def chinese() -> dict[str, str]:
    with (FOLDER / "django.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


class TestTheChineseTexts:
    def test_cover_every_sentence_in_the_source_and_no_other(self, chinese):
        assert set(chinese) == messages_in_source()

    def test_are_none_of_them_empty(self, chinese):
        assert [english for english, text in chinese.items() if not text.strip()] == []

    def test_keep_every_placeholder(self, chinese):
        changed = {
            english: text
            for english, text in chinese.items()
            if sorted(PLACEHOLDER.findall(english)) != sorted(PLACEHOLDER.findall(text))
        }
        assert changed == {}

    def test_address_people_informally(self, chinese):
        assert [text for text in chinese.values() if "您" in text] == []

    def test_are_compiled_as_they_are_written(self, chinese):
        with (FOLDER / "django.mo").open("rb") as file:
            compiled = gettext.GNUTranslations(file)

        assert {english: compiled.gettext(english) for english in chinese} == chinese

    def test_are_what_django_answers_with(self):
        with translation.override("zh-hans"):
            assert translation.gettext("Sign in first.") == "请先登录。"
