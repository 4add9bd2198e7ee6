from hypothesis import given
from hypothesis import strategies as st

from inference.tokens.detokenizer import Detokenizer
from inference.tokens.vocabulary import Vocabulary


def _ids(tokenizer, text: str) -> list[int]:
    return list(tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids)


class TestDetokenizer:
    def test_gives_out_only_whole_characters(self, tokenizer, vocabulary):
        detokenizer = Detokenizer(vocabulary)

        pieces = [detokenizer.push(token_id) for token_id in _ids(tokenizer, "你好 😀!")]

        assert [piece for piece in pieces if piece] == ["你", "好", " ", "😀", "!"]
        assert detokenizer.finish() == ""

    def test_gives_out_an_unfinished_character_at_the_end(self, tokenizer, vocabulary):
        detokenizer = Detokenizer(vocabulary)
        half = _ids(tokenizer, "😀")[:2]

        assert [detokenizer.push(token_id) for token_id in half] == ["", ""]
        assert detokenizer.finish() == "\N{REPLACEMENT CHARACTER}"

    def test_leaves_special_tokens_out(self, tokenizer, vocabulary):
        detokenizer = Detokenizer(vocabulary)

        assert detokenizer.push(tokenizer.convert_tokens_to_ids("<|im_end|>")) == ""

    @given(ids=st.lists(st.integers(3, 319), max_size=30))
    def test_agrees_with_the_tokenizer_on_any_tokens(self, tokenizer, vocabulary, ids):
        detokenizer = Detokenizer(vocabulary)

        pieces = [detokenizer.push(token_id) for token_id in ids] + [detokenizer.finish()]

        assert "".join(pieces) == tokenizer.decode(ids)

    def test_takes_the_first_space_of_a_sentence_piece_answer_away(self):
        vocabulary = Vocabulary([b" Hello", b" world"], strips_first_space=True)

        first, resumed = Detokenizer(vocabulary), Detokenizer(vocabulary, continues=True)

        assert first.push(0) + first.push(1) == "Hello world"
        assert resumed.push(1) == " world"
