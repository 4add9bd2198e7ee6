"""
What each token id spells, in bytes.

Owns the reading of a Hugging Face tokenizer's vocabulary (byte-level and SentencePiece-like). Bytes rather than text,
because a token may hold half a character.
"""

from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_BYTE_FALLBACK_LENGTH = len("<0x0A>")


class Vocabulary:
    """token_bytes[i] is what id i adds to the text: nothing for special tokens (end of turn and the like)."""

    def __init__(self, token_bytes: list[bytes], *, strips_first_space: bool = False) -> None:
        self.token_bytes = token_bytes
        self.strips_first_space = strips_first_space  # SentencePiece: a text's first "▁" is no space

    @classmethod
    def of(cls, tokenizer: "PreTrainedTokenizerBase") -> "Vocabulary":
        byte_level = "ByteLevel" in str(tokenizer.backend_tokenizer.decoder)
        special = set(tokenizer.all_special_ids)
        added = {
            index: b"" if token.special or index in special else token.content.encode()
            for index, token in tokenizer.added_tokens_decoder.items()
        }
        pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        spelled = byte_level_bytes if byte_level else sentence_piece_bytes
        token_bytes = [
            added[index] if index in added else b"" if index in special else spelled(piece or "")
            for index, piece in enumerate(pieces)
        ]
        return cls(token_bytes, strips_first_space=not byte_level)

    def spell(self, token_id: int) -> bytes:
        """Ids beyond the tokenizer's (models pad their output layer) spell nothing."""
        return self.token_bytes[token_id] if token_id < len(self.token_bytes) else b""

    def compatible_with(self, text: bytes) -> list[int]:
        """Return the ids that spell a beginning of `text`, or all of it and more. Never a token that spells nothing."""
        found = [index for end in range(1, len(text)) for index in self._ids_spelling(text[:end])]
        first = bisect_left(self._sorted_spellings, text)
        for place in range(first, len(self._sorted_ids)):
            if not self._sorted_spellings[place].startswith(text):
                break
            found.append(self._sorted_ids[place])
        return found

    def _ids_spelling(self, text: bytes) -> list[int]:
        first = bisect_left(self._sorted_spellings, text)
        found = []
        while first < len(self._sorted_ids) and self._sorted_spellings[first] == text:
            found.append(self._sorted_ids[first])
            first += 1
        return found

    @cached_property
    def _sorted_ids(self) -> list[int]:
        spelling = [index for index, text in enumerate(self.token_bytes) if text]
        return sorted(spelling, key=self.token_bytes.__getitem__)

    @cached_property
    def _sorted_spellings(self) -> list[bytes]:
        return [self.token_bytes[index] for index in self._sorted_ids]


def byte_level_bytes(piece: str) -> bytes:
    """Undo GPT-2's mapping of bytes to printable characters; a character outside it stands for itself."""
    return b"".join(
        bytes([_BYTE_OF_CHARACTER[character]]) if character in _BYTE_OF_CHARACTER else character.encode()
        for character in piece
    )


def sentence_piece_bytes(piece: str) -> bytes:
    if len(piece) == _BYTE_FALLBACK_LENGTH and piece.startswith("<0x") and piece.endswith(">"):
        return bytes([int(piece[3:5], 16)])
    return piece.replace("▁", " ").encode()


def _byte_of_character() -> dict[str, int]:
    """Source: `bytes_to_unicode` in OpenAI's GPT-2 encoder: printable bytes are themselves, others follow U+0100."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    mapping = {chr(byte): byte for byte in printable}
    others = (byte for byte in range(256) if byte not in set(printable))
    return mapping | {chr(256 + place): byte for place, byte in enumerate(others)}


_BYTE_OF_CHARACTER = _byte_of_character()
