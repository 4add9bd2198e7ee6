"""How names of hosts are read as browsers do, and that nothing hostile breaks it."""

import unicodedata

import idna
import pytest
from hypothesis import example, given, reject
from hypothesis import strategies as st

from chatapp.moderation.judging.urls.host_names import HostNameInvalid, ascii_label, browser_name, unicode_label

LETTERS = st.text(st.characters(categories=["L", "M", "N"]), min_size=1, max_size=12)


class TestABrowserName:
    @pytest.mark.parametrize(
        ("written", "name"),
        [
            ("EXAMPLE.Org", "example.org"),
            ("STRAẞE.de", "straße.de"),
            ("ΒΌΛΟΣ.com", "βόλοσ.com"),
            ("βόλος.com", "βόλος.com"),
            ("نامه\u200cای.com", "نامه\u200cای.com"),
            ("क्\u200dष.com", "क्\u200dष.com"),
            ("cafe\u0301.fr", "café.fr"),
            ("賭博。ｃｏｍ", "賭博.com"),
            ("a｡b．c", "a.b.c"),
            ("i❤.ws", "i❤.ws"),
            ("XN--strae-OQA.de", "straße.de"),
            ("e\u00advil.com", "evil.com"),
        ],
    )
    def test_is_mapped_without_the_transitional_mapping(self, written, name):
        assert browser_name(written) == name

    @pytest.mark.parametrize("written", ["a\u200cb.com", "a\u200db.com", "\u200c", "\ue000.com", "a" * 1025])
    def test_is_none_where_browsers_refuse(self, written):
        with pytest.raises(HostNameInvalid):
            browser_name(written)

    @given(st.lists(LETTERS, min_size=1, max_size=3).map(".".join))
    def test_is_written_for_dns_as_the_library_does_what_it_takes(self, written):
        try:
            expected = idna.encode(written, uts46=True).decode("ascii")
        except UnicodeError:
            reject()  # IDNA 2008 refuses more than browsers do

        assert [ascii_label(label) for label in browser_name(written).split(".")] == expected.split(".")


class TestAnALabel:
    @pytest.mark.parametrize(
        ("label", "read"),
        [
            ("xn--strae-oqa", "straße"),
            ("xn--9kr716k", "赌博"),
            ("xn--i-7iq", "i❤"),
            ("xn--nxasmm1c", "βόλος"),
            ("xn--mgba3gch31f060k", "نامه\u200cای"),
        ],
    )
    def test_is_read_in_unicode_and_back(self, label, read):
        assert (unicode_label(label), ascii_label(read)) == (read, label)

    @pytest.mark.parametrize(
        "label",
        [
            "xn--",
            "xn---",
            "xn--evil-",  # nothing but ASCII
            "xn---bbk",  # another spelling of xn--bbk
            "xn--a",  # a control character
            "xn--999999999",
            "xn--\x7f",
            "xn--dca",  # upper case within
            "xn--e-xbb",  # not in normal form C
            "xn--evil-076a",  # a joiner between Latin letters
            "xn--STRAE-OQA",  # callers lower it
            "xn--straße",
            "xn--" + "9" * 10_000,
            "strasse",
            "ＸＮ",
            "",
        ],
    )
    def test_that_is_none_stays_as_it_is_written(self, label):
        assert unicode_label(label) == label

    @given(st.text(st.characters(max_codepoint=127), max_size=60).map(lambda rest: f"xn--{rest}"))
    @example("xn--0000000")
    def test_is_read_only_where_it_is_the_only_way_to_write_what_it_says(self, label):
        read = unicode_label(label)

        assert read == label or (ascii_label(read) == label and unicodedata.is_normalized("NFC", read))


class TestALabelForDns:
    @pytest.mark.parametrize("label", ["ß" * 64, "赌" * 60, "ß" * 100_000])
    def test_is_none_where_it_would_be_too_long(self, label):
        assert ascii_label(label) is None

    @given(st.text(max_size=80))
    def test_raises_for_nothing(self, label):
        written = ascii_label(label)

        assert written is None or written.isascii()
