"""Where a classifier is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.classifiers.sentences import MAX_SENTENCE_CHARS, SentencePoints, sentence_spans

texts = st.text(st.sampled_from("ab1 。！.?!…\n，😀中文"), max_size=80)


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


class TestASentence:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("你好。再见！", ["你好。", "再见！"]),
            ("Stop. Go on! ", ["Stop. ", "Go on! "]),
            ("It is 3.5 or a.b", ["It is 3.5 or a.b"]),
            ("one\ntwo", ["one\n", "two"]),
            ("真的！！！好", ["真的！", "！！好"]),
            ("。。。", ["。。。"]),
            ("no end", ["no end"]),
            ("", []),
        ],
    )
    def test_ends_where_a_reader_sees_it_end(self, text, expected):
        assert sentences(text) == expected

    def test_ends_after_200_characters_at_the_latest(self):
        assert [len(sentence) for sentence in sentences("字" * 450)] == [200, 200, 50]
        assert MAX_SENTENCE_CHARS == 200

    @given(texts)
    def test_is_followed_by_the_next_without_a_gap(self, text):
        assert "".join(sentences(text)) == text

    @given(texts, st.data())
    def test_ends_at_the_same_places_however_the_text_goes_on(self, text, data):
        """What makes the points independent of cuts: each is known at its character, and never taken back."""
        length = data.draw(st.integers(0, len(text)))
        ends = [end for _, end in sentence_spans(text)]

        ends_of_part = [end for _, end in sentence_spans(text[:length])]

        assert [end for end in ends_of_part if end < length] == [end for end in ends if end < length]


class TestACopy:
    @given(texts, texts)
    def test_goes_on_as_its_original_and_does_not_disturb_it(self, before, after):
        original, twin = SentencePoints(), SentencePoints()
        for char in before:
            original.read(char)
            twin.read(char)

        copied = original.copy()
        seen = [copied.read(char) for char in after]

        assert seen == [twin.read(char) for char in after]
        assert seen == [original.read(char) for char in after]
