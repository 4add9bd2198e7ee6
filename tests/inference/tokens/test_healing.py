from hypothesis import given
from hypothesis import strategies as st

from inference.tokens.healing import SpellingConstraint, heal
from inference.tokens.vocabulary import Vocabulary

WORDS = Vocabulary([b"The", b" cap", b"ital", b" capital", b" c", b" ", b"a", b"p", b"i", b"t", b"l", b" of"])


class TestHeal:
    def test_drops_the_last_word_to_where_it_begins(self):
        healed = heal([0, 1, 2], WORDS)  # The| cap|ital

        assert healed.kept == (0,)
        assert healed.dropped == b" capital"

    def test_drops_at_least_one_token(self):
        assert heal([0], WORDS).dropped == b"The"
        assert heal([], WORDS).dropped == b""

    @given(ids=st.lists(st.integers(0, 11), max_size=40))
    def test_keeps_and_drops_all_bytes_between_them(self, ids):
        healed = heal(ids, WORDS)

        kept = b"".join(WORDS.spell(token_id) for token_id in healed.kept)
        assert kept + healed.dropped == b"".join(WORDS.spell(token_id) for token_id in ids)
        assert len(ids) - len(healed.kept) <= 16


class TestSpellingConstraint:
    def test_allows_beginnings_of_the_dropped_text_and_what_goes_beyond_it(self):
        constraint = SpellingConstraint(b" cap", WORDS)

        assert constraint.allowed_ids() is not None
        assert set(constraint.allowed_ids() or ()) == {1, 3, 4, 5}

    def test_gives_out_only_what_is_beyond_the_dropped_text(self):
        constraint = SpellingConstraint(b" cap", WORDS)

        assert constraint.accept(4) == b""
        assert set(constraint.allowed_ids() or ()) == {6}
        assert constraint.accept(6) == b""
        assert constraint.accept(7) == b""
        assert constraint.is_met
        assert constraint.allowed_ids() is None
        assert SpellingConstraint(b" cap", WORDS).accept(3) == b"ital"

    def test_allows_everything_when_no_token_can_spell_the_text(self):
        assert SpellingConstraint(b"\xff", WORDS).allowed_ids() is None
