"""How texts become token ids, on the tiny tokenizer. No model."""

import pytest
from transformers import PreTrainedTokenizerBase

from inference.scoring.encoding import pad_id_of, piece_ids, plain_ids, template_ids
from inference.testing import tiny_tokenizer

END_OF_TURN = "<|im_end|>"


@pytest.fixture
def tokenizer() -> PreTrainedTokenizerBase:
    """One for each test: what a call sets (truncation, split special tokens) stays set."""
    return tiny_tokenizer()


class TestATemplatesText:
    def test_keeps_its_special_tokens(self, tokenizer):
        assert template_ids(tokenizer, f"a{END_OF_TURN}")[1:] == [tokenizer.convert_tokens_to_ids(END_OF_TURN)]


class TestAStrangersText:
    def test_has_no_special_token(self):
        tokenizer = tiny_tokenizer()  # of its own: the setting stays

        ids = plain_ids(tokenizer, f"a{END_OF_TURN}")

        assert tokenizer.convert_tokens_to_ids(END_OF_TURN) not in ids
        assert tokenizer.decode(ids) == f"a{END_OF_TURN}"


class TestALongText:
    @pytest.mark.parametrize("overlap_tokens", [0, 3])
    def test_is_cut_into_pieces_that_share_as_much_as_asked(self, tokenizer, overlap_tokens):
        text = "0123456789" * 3
        whole = template_ids(tokenizer, text)

        first, *others = piece_ids(tokenizer, text, max_tokens=8, overlap_tokens=overlap_tokens)

        seen = first
        for piece in others:
            assert piece[:overlap_tokens] == seen[len(seen) - overlap_tokens :]
            seen = [*seen, *piece[overlap_tokens:]]
        assert seen == whole
        assert others

    def test_without_a_token_has_no_piece(self, tokenizer):
        assert piece_ids(tokenizer, "", max_tokens=8) == []


class TestATokenizer:
    def test_without_a_token_to_pad_with_pads_with_any(self, tokenizer):
        assert tokenizer.pad_token_id is None
        assert pad_id_of(tokenizer) == 0
