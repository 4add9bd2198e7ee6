"""Latin keywords written with digits and signs."""

from collections.abc import Iterator
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.channels.leet import compile_leet
from chatapp.moderation.judging.detecting import Keyword
from chatapp.moderation.judging.text.normalise import fold, fold_text, is_word_symbol
from chatapp.moderation.judging.verdict import Channel
from tests.moderation.judging.channels.keywords import holding, keywords, spans
from tests.moderation.judging.detector_laws import (
    alive_after,
    demand_exact_hold,
    demand_independent_copies,
    found_in,
    many,
    spans_in,
)

LOOKS = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "!": "il"}
phrases = st.text("asil1 ", min_size=3, max_size=5).filter(lambda phrase: bool(phrase.strip()))
keyword_sets = st.lists(st.builds(Keyword, phrases, st.integers(0, 2), st.booleans()), min_size=1, max_size=5)
chars = st.sampled_from("aassiillAа45@$1! \u200b.口ﬁ½")
texts = st.one_of(
    st.text(chars, max_size=14),
    st.lists(st.sampled_from(["a5s", "@ss", "a$$", " ", "l1", "!s", "all", "4", "s1l", "i", "."]), max_size=8).map(
        "".join
    ),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Keyword], str]:
    """Keywords, and a text with some of them in it, disguised or nearly."""
    words = draw(keyword_sets)
    text = ""
    for word in draw(st.lists(st.sampled_from(words), max_size=4)):
        for letter in word.phrase:
            text += draw(
                st.sampled_from([letter, letter, *(look for look, letters in LOOKS.items() if letter in letters)])
            )
        text += draw(st.sampled_from(["", " ", " ", "!", "s", "口", "$"]))
    return words, draw(st.one_of(st.just(text), texts.map(lambda other: text + other)))


class TestLeet:
    @pytest.mark.parametrize(
        ("keyword", "text", "hidden"),
        [
            ("kill", "I will k1ll him", ["k1ll"]),
            ("kill", "K1LL, k!ll! ki1l", ["K1LL", "k!ll", "ki1l"]),
            ("kill", "@k1ll", ["k1ll"]),
            ("ass", "a$$ @ss 4ss as5", ["a$$", "@ss", "4ss", "as5"]),
            ("boobs", "b00b5 8oob5", ["b00b5", "8oob5"]),
            ("goat", "9oat 90at go4t g0@7", ["9oat", "90at", "go4t", "g0@7"]),
            ("kill yourself", "k1ll yourself", ["k1ll yourself"]),
            ("kill", "把k1ll他", ["k1ll"]),
            ("8chan", "8ch4n", ["8ch4n"]),
            ("camel rider", "a camelrid3r, a camel r1der", ["camelrid3r", "camel r1der"]),
        ],
    )
    def test_finds(self, keyword, text, hidden):
        assert spans_in(compile_leet(keywords(keyword)), text) == hidden

    @pytest.mark.parametrize(
        ("keyword", "text"),
        [
            ("kill", "kill"),
            ("kill", "sk1ll k1lls"),
            ("kill", "k1 ll"),
            ("camel rider", "camelrider"),
            ("ass", "455 $$$ 4$5"),
            ("ass", "the Galaxy A55"),
            ("anal", "Hi Ana!"),
            ("8chan", "8chan"),
            ("as", "a5 @s"),
            ("口交ass", "口交a$$"),
        ],
    )
    def test_leaves_alone(self, keyword, text):
        assert spans_in(compile_leet(keywords(keyword)), text) == []

    def test_names_its_channel(self):
        (found,) = found_in(compile_leet(keywords("kill")), "k1ll")

        assert found.channel is Channel.LEET

    @many
    @given(cases())
    def test_finds_what_a_naive_reading_finds(self, case):
        words, text = case
        assert sorted(spans(compile_leet(words), text)) == sorted(set(naive(words, text)))


class TestHold:
    @pytest.mark.parametrize(
        ("text", "alive_from"),
        [
            ("a k", 2),
            ("a k1", 2),
            ("a k1ll", 2),
            ("a k1ll ", None),
            ("ak", None),
            ("a kx", None),
            ("口", None),
            ("@k", 1),
        ],
    )
    def test_lasts_while_the_word_may_still_become_a_keyword(self, text, alive_from):
        assert alive_after(compile_leet(keywords("kill")), text) == alive_from

    def test_is_only_for_rules_that_hold(self):
        assert alive_after(compile_leet(keywords("kill", holds=False)), "k1ll") is None

    @many
    @given(cases())
    def test_lets_no_character_of_a_later_span_go(self, case):
        words, text = case
        demand_exact_hold(compile_leet(words), text, holding(words))

    @many
    @given(cases())
    def test_ends_at_the_latest_where_a_keyword_no_longer_fits(self, case):
        words, text = case
        detector = compile_leet(words).start()
        for char in text:
            detector.read(char)

        longest = max(len(fold_text(word.phrase.strip())) for word in words)
        visible = [place for place, char in enumerate(text) if fold(char)]
        held = [] if detector.alive_from is None else [place for place in visible if place >= detector.alive_from]
        assert len(held) <= longest

    @many
    @given(cases(), texts, st.data())
    def test_is_each_copys_own(self, case, other, data):
        words, text = case
        cut = data.draw(st.integers(0, len(text)))

        demand_independent_copies(compile_leet(words), text[:cut], text[cut:], other)


def naive(words: list[Keyword], text: str) -> Iterator[tuple[int, int, int]]:
    """All spans of all keywords, by comparing slices."""
    symbols = list(chain.from_iterable([(symbol, place) for symbol in fold(char)] for place, char in enumerate(text)))
    spelled = [(word, fold_text(word.phrase.strip())) for word in words]
    for word, keyword in {*spelled, *((word, keyword.replace(" ", "")) for word, keyword in spelled)}:
        if sum(map(str.isalpha, keyword)) < 3 or not keyword.isascii():
            continue
        for first in range(len(symbols) - len(keyword) + 1):
            end = first + len(keyword)
            written = [symbol for symbol, _ in symbols[first:end]]
            alone = not any(
                is_word_symbol(symbol) for symbol, _ in [*symbols[first - 1 : first], *symbols[end : end + 1]]
            )
            if alone and _looks_like("".join(written), keyword):
                yield word.rule_number, symbols[first][1], symbols[end - 1][1] + 1


def _looks_like(written: str, keyword: str) -> bool:
    if any(a != b and b not in LOOKS.get(a, "") for a, b in zip(written, keyword, strict=True)):
        return False
    disguised = [a for a, b in zip(written, keyword, strict=True) if a != b]
    num_letters = sum(map(str.isalpha, written))
    by_digits_alone = not set(disguised) & set("@$!")
    return bool(disguised) and num_letters >= (2 if by_digits_alone else 1) and written[-1] != "!"
