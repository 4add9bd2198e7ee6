"""Which URLs and domains a list hits, through which disguises, and the laws of finding them in a stream."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.moderation.judging.urls.detector import DomainInvalid, UrlRule, UrlRules, compile_urls
from tests.moderation.judging.detector_laws import (
    demand_exact_hold,
    demand_independent_copies,
    found_in,
    read_all,
    spans_in,
)

many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "200")), deadline=None)

DENY = compile_urls(
    [UrlRule(0, holds=True, domains=frozenset({"evil.com", "赌博.com"}), exceptions=frozenset({"ok.evil.com"}))]
)
ALLOW_ONLY = compile_urls([UrlRule(0, holds=True, domains=frozenset({"*"}), exceptions=frozenset({"good.org"}))])
MIXED = compile_urls(
    [
        UrlRule(0, holds=True, domains=frozenset({"evil.com", "赌博.com"})),
        UrlRule(1, holds=False, domains=frozenset({"a.evil.com", "evil.com.org", "b.co"})),
        UrlRule(2, holds=False, domains=frozenset({"*"}), exceptions=frozenset({"good.org"})),
    ]
)
INTERNATIONAL = compile_urls(
    [
        UrlRule(0, holds=True, domains=frozenset({"straße.de", "नमः.भारत", "نامه\u200cای.com"})),
        UrlRule(1, holds=False, domains=frozenset({"*"}), exceptions=frozenset({"βόλος.com"})),
    ]
)
PIECES = st.one_of(
    st.sampled_from(["http://", "https://", "hxxp[:]//", "www.", "](//", "![x](http://", "(", ")", "//"]),
    st.sampled_from(
        ["evil.com", "evil[.]com", "evil(dot)com", "赌博.com", "xn--", "good.org", "ok.", "a.", "b.co", ".org"]
    ),
    st.sampled_from(
        ["evil", ".com", "。", "@", ":80", "/?q=1", "/path.", "谢谢", " ", "\n", "[", "[.", "-", "_", "\u200b"]
    ),
    st.sampled_from(
        [
            "straße",
            "STRAẞE.DE",
            "xn--strae-oqa.de",
            ".de",
            "ß",
            "βόλος.com",
            "نامه\u200cای.com",
            "नमः.xn--h2brj9c",
            "%C3%9F",
        ]
    ),
    st.text("evilcomb.a/[(@: -赌", max_size=8),
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)


def listing(domain: str) -> UrlRules:
    return compile_urls([UrlRule(0, holds=True, domains=frozenset({domain}))])


class TestADenyList:
    @pytest.mark.parametrize(
        ("text", "span"),
        [
            ("see http://evil.com/a?b=1#c, now", "http://evil.com/a?b=1#c"),
            ("see evil.com.", "evil.com"),
            ("EVIL.COM", "EVIL.COM"),
            ("at https://mail.evil.com", "https://mail.evil.com"),
            ("at mail.evil.com/x y", "evil.com/x"),
            ("http://evil.com./x", "http://evil.com./x"),
            ("http://good.org@evil.com/x", "http://good.org@evil.com/x"),
            ("http://good.org:pw@evil.com:8080/", "http://good.org:pw@evil.com:8080/"),
            ("http://%65vil.com/", "http://%65vil.com/"),
            ("http:\\\\evil.com\\x", "http:\\\\evil.com\\x"),
            ("ｅｖｉｌ．ｃｏｍ", "ｅｖｉｌ．ｃｏｍ"),
            ("evil。com", "evil。com"),
            ("e\u200bvil.com", "e\u200bvil.com"),
            ("hxxp://evil[.]com/x", "hxxp://evil[.]com/x"),
            ("hxxps[:]//evil(.)com", "hxxps[:]//evil(.)com"),
            ("evil[dot]com", "evil[dot]com"),
            ("![x](http://evil.com/?q=secret) more", "http://evil.com/?q=secret"),
            ("![x](http://evil.com/?q=秘密(1)) more", "http://evil.com/?q=秘密(1)"),
            ("[x](//evil.com/y)", "//evil.com/y"),
            ("请访问evil.com谢谢", "evil.com"),
            ("请访问http://evil.com/a谢谢", "http://evil.com/a"),
            ("请看evil.com。谢谢", "evil.com"),
            ("这里——evil.com——", "evil.com"),
            ("去赌博.com玩", "赌博.com"),
            ("xn--9kr716k.com", "xn--9kr716k.com"),
            ("http://www.赌博.com/x", "http://www.赌博.com/x"),
            ("good.org/?u=evil.com/z", "evil.com/z"),
            ("jane@evil.com", "evil.com"),
            ('<a href="//evil.com/p">', "evil.com/p"),
        ],
    )
    def test_hits(self, text, span):
        assert spans_in(DENY, text) == [span]

    @pytest.mark.parametrize(
        "text",
        [
            "notevil.com",
            "evil.community",
            "evil.com.org",
            "evil-com",
            "evil.com-shop.org",
            "my-evil.com",
            "evil. com",
            "http://evil.com.good.org/",
            "http://evil.com@good.org/",
            "evil.com@good.org",
            "evilcom",
            "http://good.org/",
            "http://ok.evil.com/x",
            "see ok.evil.com now",
            "a.ok.evil.com",
            "evil.co",
            "http://",
            "www.",
            "evil[x]com",
        ],
    )
    def test_leaves_alone(self, text):
        assert spans_in(DENY, text) == []

    @pytest.mark.parametrize("domain", ["", "evil com", "http://evil.com", "evil..com", "."])
    def test_refuses_what_is_no_domain(self, domain):
        with pytest.raises(DomainInvalid):
            compile_urls([UrlRule(0, holds=True, domains=frozenset({domain}))])

    def test_takes_a_domain_as_people_write_it(self):
        source = compile_urls([UrlRule(0, holds=True, domains=frozenset({"*.Evil.COM.", "XN--9KR716K.com"}))])

        assert spans_in(source, "evil.com 赌博.com") == ["evil.com", "赌博.com"]


class TestAListedNameInUnicode:
    @pytest.mark.parametrize(
        ("domain", "text"),
        [
            ("straße.de", "http://xn--strae-oqa.de/a"),
            ("straße.de", "XN--STRAE-OQA.de"),
            ("straße.de", "STRAẞE。de"),
            ("straße.de", "ｓｔｒａßｅ．ｄｅ"),
            ("straße.de", "http://stra%C3%9Fe.de"),
            ("straße.de", "http://STRA%E1%BA%9EE%E3%80%82de/x"),
            ("xn--strae-oqa.de", "http://straße.de"),
            ("xn--strae-oqa.de", "straße.de"),
            ("XN--STRAE-OQA.DE", "xn--strae-oqa.de"),
            ("βόλος.com", "xn--nxasmm1c.com"),
            ("βόλος.com", "http://βόλος.com"),
            ("نامه\u200cای.com", "http://xn--mgba3gch31f060k.com"),
            ("نامه\u200cای.com", "نامه\u200cای.com"),
            ("xn--mgba3gch31f060k.com", "http://نامه\u200cای.com"),
            ("賭博.com", "xn--9krt35k.com"),
            ("賭博.com", "賭博.com"),
            ("cafe\u0301.fr", "café.fr"),
            ("cafe\u0301.fr", "http://xn--caf-dma.fr"),
            ("xn--i-7iq.ws", "i❤.ws"),
            ("भारत.भारत", "http://भारत.xn--h2brj9c/x"),
            ("भारत.भारत", "xn--h2brj9c.भारत"),
            ("xn--h2brj9c.भारत", "भारत.भारत"),
            ("xn--evil-.com", "xn--evil-.com"),
            ("xn--9.com", "http://xn--9.com/"),
        ],
    )
    def test_is_the_address_that_browsers_visit(self, domain, text):
        assert spans_in(listing(domain), text) == [text]

    @pytest.mark.parametrize(
        ("domain", "text"),
        [
            ("straße.de", "http://strasse.de strasse.de"),
            ("strasse.de", "http://straße.de xn--strae-oqa.de"),
            ("βόλος.com", "http://xn--nxasmq6b.com βόλοσ.com"),
            ("نامه\u200cای.com", "http://xn--mgba3gch31f.com xn--mgba3gch31f.com"),
            ("evil.com", "http://xn--evil-.com xn--evil-.com"),
            ("evil.com", "http://xn--evil-076a.com"),
            ("賭博.com", "http://xn--9kr716k.com"),
            ("cafe\u0301.fr", "http://cafe.fr"),
        ],
    )
    def test_is_no_stranger_s(self, domain, text):
        assert spans_in(listing(domain), text) == []

    def test_is_excepted_in_each_of_its_spellings(self):
        source = compile_urls(
            [UrlRule(0, holds=True, domains=frozenset({"*"}), exceptions=frozenset({"straße.de", "xn--9kr716k.com"}))]
        )
        texts = "http://straße.de http://a.xn--strae-oqa.de http://赌博.com http://xn--9kr716k.com"

        assert spans_in(source, texts + " http://strasse.de") == ["http://strasse.de"]

    def test_of_many_labels_is_found_as_it_is_written_throughout(self):
        source = listing(".".join(["ß"] * 9))

        for text in (".".join(["ß"] * 9), ".".join(["xn--zca"] * 9)):
            assert spans_in(source, text) == [text]

    @pytest.mark.parametrize(
        "domain", ["a." * 10_000 + "com", "ß." * 10_000 + "com", "ß" * 50_000 + ".com", "xn--" + "9" * 50_000 + ".com"]
    )
    def test_is_taken_however_long_it_is(self, domain):
        assert spans_in(listing(domain), f"see {domain[:300]}") == []

    @many
    @given(st.text(max_size=30))
    def test_is_taken_or_refused_and_nothing_else(self, domain):
        try:
            source = listing(domain)
        except DomainInvalid:
            return

        assert found_in(source, f"http://{domain} {domain}") is not None


class TestAnAllowList:
    def test_hits_every_other_host(self):
        text = "http://good.org/a https://docs.good.org ![x](https://evil.com/?q=1) www.other.net [y](//z.io/w)"

        assert spans_in(ALLOW_ONLY, text) == ["https://evil.com/?q=1", "www.other.net", "//z.io/w"]

    @pytest.mark.parametrize(
        "text", ["http://good.org.evil.com/", "http://good.org@evil.com/", "http://[2001:db8::1]/x"]
    )
    def test_is_not_fooled_by(self, text):
        assert spans_in(ALLOW_ONLY, text) == [text]

    @pytest.mark.parametrize("text", ["file.txt", "e.g. this", "http://good.org谢谢", "http://", "www. is a prefix"])
    def test_leaves_alone(self, text):
        assert spans_in(ALLOW_ONLY, text) == []


class TestStreaming:
    @many
    @given(TEXTS)
    def test_never_lets_go_of_a_character_that_is_found_later(self, text):
        demand_exact_hold(DENY, text, holding=[0])
        demand_exact_hold(ALLOW_ONLY, text, holding=[0])
        demand_exact_hold(MIXED, text, holding=[0])
        demand_exact_hold(INTERNATIONAL, text, holding=[0])

    @many
    @given(TEXTS, TEXTS, TEXTS)
    def test_goes_on_in_a_copy_as_if_it_were_alone(self, head, tail, other_tail):
        demand_independent_copies(MIXED, head, tail, other_tail)
        demand_independent_copies(INTERNATIONAL, head, tail, other_tail)

    @many
    @given(TEXTS)
    def test_skips_invisible_characters_within(self, text):
        doubled = "".join(char + "\u00ad" for char in text)

        expected = [hit._replace(start=2 * hit.start, end=2 * hit.end - 1) for hit in found_in(DENY, text)]

        assert found_in(DENY, doubled) == expected

    @pytest.mark.parametrize(
        ("text", "alive_from"),
        [
            ("an ev", 3),
            ("an ex", None),
            ("see http", 4),
            ("see http://a.b", 4),
            ("see http://a.b/", None),
            ("words", None),
            ("http://evil.com/a", 0),
            ("去赌", 1),
            ("evil.com", 0),
            ("evil.com ", None),
            ("evil[d", 0),
        ],
    )
    def test_holds_only_what_may_be_a_listed_domain(self, text, alive_from):
        detector = DENY.start()
        read_all(detector, text)

        assert detector.alive_from == alive_from

    def test_finds_a_long_url_in_pieces_that_leave_nothing_out(self):
        url = "http://evil.com/" + "x" * 5_000

        assert "".join(spans_in(DENY, f"{url} end")) == url

    @pytest.mark.parametrize(
        "text",
        [
            "evil." * 5_000,
            "http://" * 3_000,
            "http://" + "a." * 10_000,
            "@" * 5_000,
            "evil.com/" * 3_000,
            "(" * 20_000,
            "赌" * 10_000,
            "http://" + "a@" * 5_000,
            "e[.]" * 5_000,
            "http://" + "xn--strae-oqa." * 5_000,
            "http://xn--" + "9" * 10_000,
            "http://" + "ß" * 10_000,
            "http://" + "%C3%9F" * 5_000,
            "。" * 10_000,
            "http://evil.com/(" + "((" * 5_000,
        ],
    )
    def test_reads_hostile_text_with_a_bounded_hold(self, text):
        for source in (DENY, ALLOW_ONLY):
            detector = source.start()
            for num_chars, char in enumerate(text, 1):
                detector.read(char)
                assert detector.alive_from is None or num_chars - detector.alive_from <= 1_100
