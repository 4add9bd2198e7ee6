"""Turns token ids into text as they come: no piece ever holds half a character."""

import codecs

from inference.tokens.vocabulary import Vocabulary


class Detokenizer:
    """
    Decodes one answer. The pieces it returns, joined, are the whole answer's bytes decoded at once.

    Bytes that are no character yet are held; bytes that can never be one become U+FFFD, as in `tokenizer.decode`.
    """

    def __init__(self, vocabulary: Vocabulary, *, continues: bool = False) -> None:
        """continues: text stands before this already, so a leading space belongs to it."""
        self._vocabulary = vocabulary
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._strips_space = vocabulary.strips_first_space and not continues

    def push(self, token_id: int) -> str:
        """Return the text that this token completes; empty while a character is unfinished."""
        return self.push_bytes(self._vocabulary.spell(token_id))

    def push_bytes(self, spelled: bytes) -> str:
        if spelled and self._strips_space:
            self._strips_space = False
            spelled = spelled.removeprefix(b" ")
        return self._decoder.decode(spelled)

    @property
    def is_unfinished(self) -> bool:
        """Whether bytes of a character are held."""
        return bool(self._decoder.getstate()[0])

    def finish(self) -> str:
        """Return what is still held: an unfinished character, as U+FFFD."""
        return self._decoder.decode(b"", final=True)
