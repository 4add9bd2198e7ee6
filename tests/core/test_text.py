"""What is stored of a text, and what nobody can see of one."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.json_reading import MAX_DEPTH, JsonUnreadable, json_read
from chatapp.core.text import is_blank, storable

# Everything Python holds as text, half surrogate pairs and NUL included.
ANY_TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from("\x00\ud800\udfff"))


class TestStorable:
    @given(ANY_TEXT)
    def test_can_be_written_everywhere_and_stays_as_it_is_then(self, text):
        stored = storable(text)

        assert stored.encode().decode() == stored
        assert "\x00" not in stored
        assert storable(stored) == stored

    @given(st.text(st.characters(codec="utf-8", exclude_characters="\x00")))
    def test_changes_nothing_that_can_be_written(self, text):
        assert storable(text) == text

    def test_shows_where_something_was_lost(self):
        assert storable("a\ud83db") == "a\ufffdb"


class TestBlank:
    @pytest.mark.parametrize(
        "text",
        ["", " \t\n", "\u200b", "\ufeff\u2060", "\u3164", "\u115f\u1160", "\u2800", "\u00ad", "\ufe0f", "\u180e",
         "\u202e\u202c", "\U000e0041\U000e007f", "\u200d\u200c", "\x1b\x07", "\u3000", "\u034f"],
        ids=ascii,
    )  # fmt: skip
    def test_is_what_nobody_can_see(self, text):
        assert is_blank(text)

    @given(st.text(min_size=1).filter(lambda text: any(unicodedata.category(c)[0] in "LNPS" for c in text)))
    def test_is_nothing_with_a_letter_a_digit_or_a_sign_in_it(self, text):
        blank_letters = set("\u115f\u1160\u3164\uffa0\u2800")
        if any(unicodedata.category(c)[0] in "LNPS" and c not in blank_letters for c in text):
            assert not is_blank(text)


class TestJsonRead:
    @pytest.mark.parametrize(
        "text",
        ["", "{", "[1,]", "NaN", '{"a": Infinity}', "-Infinity", "9" * 400, str(2**53), f"-{2**53}", "1" * 5_000,
         "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "[" * 100_000, '{"a":' * 100_000, b"\xff\xfe"],
        ids=range(14),
    )  # fmt: skip
    def test_refuses_what_nothing_here_can_hold(self, text):
        with pytest.raises(JsonUnreadable):
            json_read(text)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | ANY_TEXT,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
            max_leaves=8,
        )
    )
    def test_gives_back_what_was_written_with_every_string_storable(self, value):
        read = json_read(json.dumps(value))

        assert strings_in(read) == {storable(text) for text in strings_in(value)}


def strings_in(value):
    match value:
        case str():
            return {value}
        case list():
            return set().union(*map(strings_in, value))
        case dict():
            return set(value).union(*map(strings_in, value.values()))
        case _:
            return set()
