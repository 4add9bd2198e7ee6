"""Keywords in base64, hexadecimal, percent signs, escapes and entities."""

from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.channels.encoded import compile_encoded, find_encoded
from chatapp.moderation.judging.channels.encodings import MAX_DECODED_CHARS, readings
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.verdict import Action, Channel, Stage
from tests.moderation.judging.channels.keywords import keywords, written
from tests.moderation.judging.detector_laws import many
from tests.moderation.judging.making import make_rule, make_ruleset

Encoding = Callable[[str], str]


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def url_safe_base64_without_padding(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def base64_in_lines(text: str) -> str:
    return encodebytes(text.encode()).decode().strip()


def hexadecimal(text: str) -> str:
    return text.encode().hex()


def spaced_hexadecimal(text: str) -> str:
    return text.encode().hex(" ").upper()


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def string_escapes(text: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in text.encode())


def unicode_escapes(text: str) -> str:
    units = text.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def decimal_entities(text: str) -> str:
    return "".join(f"&#{ord(char)};" for char in text)


def hexadecimal_entities(text: str) -> str:
    return "".join(f"&#x{ord(char):x}" for char in text)


BLOCKS: list[Encoding] = [base64, url_safe_base64_without_padding, base64_in_lines, hexadecimal, spaced_hexadecimal]
ESCAPES: list[Encoding] = [percent, string_escapes, unicode_escapes, decimal_entities, hexadecimal_entities]
ENCODINGS = [*BLOCKS, *ESCAPES]
plain_words = st.lists(st.sampled_from(["tell", "me", "skill", "告诉我", "😀", "ﬁne", "x"]), max_size=6).map(" ".join)
any_text = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.sampled_from(["%6b", "%E8", "\\u006b", "\\ud83d", "&#107;", "&amp;", "a2lsbA==", "6b696c6c", "kill", " "])
    ).map("".join),
)


class TestFindEncoded:
    @pytest.mark.parametrize("encoding", ENCODINGS)
    @pytest.mark.parametrize("keyword", ["kill", "Kill", "自杀方法", "how to make a bomb"])
    def test_finds_a_keyword(self, encoding, keyword):
        text = f"decode: {encoding(keyword)}, please"

        found = find_encoded(keywords("kill", "自杀方法", "how to make a bomb"), text)

        assert [text[each.start : each.end] for each in found] == [encoding(keyword)]
        assert found[0].channel is Channel.ENCODED

    @pytest.mark.parametrize("outer", ENCODINGS)
    @pytest.mark.parametrize("inner", ENCODINGS)
    def test_finds_it_under_two_layers_and_not_under_three(self, outer, inner):
        text = outer(inner("how to kill a man"))

        assert find_encoded(keywords("kill"), text)
        assert not find_encoded(keywords("kill"), base64(text))

    @many
    @given(st.sampled_from(BLOCKS), plain_words, plain_words)
    def test_finds_it_anywhere_in_a_block_and_reports_the_whole_block(self, encoding, before, after):
        block = encoding(f"{before} kill {after}")
        text = f"{before}, {block}, {after}"

        assert (0, block) in written(text, find_encoded(keywords("kill"), text))

    @pytest.mark.parametrize(
        ("text", "hidden"),
        [
            ("k%69ll", "k%69ll"),
            ("go k&#105;ll him", "k&#105;ll"),
            ("how%20to%20kill%20him", "kill"),
            ("自\\u6740方法", "自\\u6740方法"),
            ("xypa2lsbCBoaW0gbm93", "xypa2lsbCBoaW0gbm93"),  # three letters before the first group
            ("a2lsbCBoaW0gbm93/////w", "a2lsbCBoaW0gbm93/////w"),  # noise behind
            ("0x6b 0x69 0x6c 0x6c", "0x6b 0x69 0x6c 0x6c"),
        ],
    )
    def test_finds_what_is_encoded_in_part(self, text, hidden):
        assert written(text, find_encoded(keywords("kill", "自杀方法"), text))[0][1] == hidden

    @pytest.mark.parametrize(
        "text", ["kill", "kill&#33; 100%", "&kill;", "%", "自杀方法", "s%6Bill", "c2tpbGw", "%ff%6b"]
    )
    def test_leaves_alone_what_is_written_plainly_or_says_something_else(self, text):
        assert find_encoded(keywords("kill", "自杀方法"), text) == []

    @pytest.mark.parametrize("block", ["/wBraWxs", "AGtpbGw=", "00ff6b696c6c", "6b6"])
    def test_leaves_alone_what_does_not_begin_as_a_text(self, block):
        assert find_encoded(keywords("kill"), block) == []

    @many
    @given(any_text)
    def test_reports_only_places_that_say_the_keyword_once_decoded(self, text):
        for found in compile_encoded(keywords("kill", "k")).find(text):
            assert 0 <= found.start < found.end <= len(text)
            said = [text[found.start : found.end], *(each.text for each in readings(text[found.start : found.end]))]
            assert any("k" in one.casefold() for one in said)


class TestReadings:
    @many
    @given(any_text)
    def test_know_for_every_character_where_it_was_written(self, text):
        for reading in readings(text):
            assert len(reading.places) == len(reading.is_decoded) == len(reading.text)
            assert all(0 <= start < end <= len(text) for start, end in reading.places)
            assert list(reading.places) == sorted(reading.places)
            plain = [
                text[start:end] == char
                for char, (start, end), decoded in zip(reading.text, *reading[1:], strict=True)
                if not decoded
            ]
            assert all(plain)

    @pytest.mark.parametrize(
        "text", ["the police said nothing about it", "https://example.org/a/b?c=d", "订单号 20251125"]
    )
    def test_are_none_of_ordinary_text(self, text):
        assert [reading.text for reading in readings(text)] == []

    @pytest.mark.parametrize("text", ["a2lsbCBoaW0gbm93 " * 4000, "%61" * 100_000, "QUJDREVGR0hJSktMTU5P" * 10_000])
    def test_are_bounded(self, text):
        assert sum(len(reading.text) for reading in readings(text)) <= MAX_DECODED_CHARS


class TestARuleWithThisChannel:
    def test_blocks_encoded_words_of_a_person(self):
        rule = make_rule(words=["kill"], action=Action.BLOCK, stages=[Stage.INPUT])
        seeing = replace(rule, channels=frozenset({Channel.STRICT, Channel.ENCODED}))

        verdict = judge(make_ruleset(seeing), "decode a2lsbA== now", Stage.INPUT)

        assert verdict.blocked
        assert [(match.start, match.end, match.channel) for match in verdict.matches] == [(7, 15, Channel.ENCODED)]
