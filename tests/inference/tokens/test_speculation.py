"""What a request's own text says of its next tokens."""

from hypothesis import given
from hypothesis import strategies as st

from inference.tokens.speculation import MAX_DRAFT_TOKENS, Drafter


class TestADraft:
    def test_is_what_followed_the_same_three_tokens_last(self):
        assert Drafter().draft([1, 2, 3, 7, 8, 9, 1, 2, 3], max_tokens=9) == (7, 8)

    def test_prefers_three_tokens_to_two(self):
        assert Drafter().draft([1, 2, 3, 7, 4, 2, 3, 9, 1, 2, 3], max_tokens=9)[0] == 7

    def test_takes_the_latest_of_equals(self):
        assert Drafter().draft([2, 3, 7, 2, 3, 9, 5, 2, 3], max_tokens=9) == (9, 5)

    def test_is_empty_where_nothing_repeats(self):
        assert Drafter().draft([1, 2, 3, 4], max_tokens=9) == ()

    def test_keeps_to_the_room_there_is(self):
        assert Drafter().draft([1, 2, 3, 7, 8, 9, 1, 2, 3], max_tokens=1) == (7,)

    @given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(1, 5))
    def test_is_the_same_however_often_the_text_was_read_before(self, tokens, step):
        drafter = Drafter()
        for end in range(1, len(tokens), step):
            drafter.draft(tokens[:end], max_tokens=MAX_DRAFT_TOKENS)

        drafted = drafter.draft(tokens, max_tokens=MAX_DRAFT_TOKENS)

        assert drafted == Drafter().draft(tokens, max_tokens=MAX_DRAFT_TOKENS)
        text = "".join(map(str, tokens))
        assert not drafted or "".join(map(str, [*tokens[-2:], *drafted])) in text
