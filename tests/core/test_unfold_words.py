"""The admin's package speaks Chinese on our pages, though it brings no Chinese."""

from collections.abc import Iterator
from pathlib import Path

import unfold
from django.utils import translation

from chatapp.core.unfold_words import UNFOLD_WORDS
from tests.support.messages import messages_in_python, messages_in_template

PACKAGE = Path(unfold.__file__).parent
# Pages that we do not have.
NOT_INSTALLED = ("contrib", "unfold_crispy")
# With a plural, or built at run time; Django's own catalog has them, or no page of ours shows them.
NOT_LISTED = ("{% plural %}", "%(", "{}")


def sentences() -> Iterator[str]:
    for path in PACKAGE.rglob("*"):
        if any(part in NOT_INSTALLED for part in path.relative_to(PACKAGE).parts):
            continue
        if path.suffix == ".html":
            yield from messages_in_template(path.read_text())
        elif path.suffix == ".py":
            yield from messages_in_python(path)


class TestTheWordsOfUnfold:
    def test_are_all_translated_on_pages_we_have(self):
        with translation.override("zh-hans"):
            english = {
                sentence
                for sentence in sentences()
                if not any(part in sentence for part in NOT_LISTED) and translation.gettext(sentence) == sentence
            }

        assert english == set()

    def test_are_listed_only_while_unfold_says_them(self):
        assert {str(word) for word in UNFOLD_WORDS} - set(sentences()) == set()
