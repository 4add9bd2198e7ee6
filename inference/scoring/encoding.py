"""
How texts become token ids for models that score them: how much at once, in what pieces, and what in it is plain.

Owns how the tokenizer is called, which changes it: each model that scores has one of its own. Knows no model's answer;
needs no torch.
"""

from typing import TYPE_CHECKING

from inference.models.folder import context_window_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# What BERT-like encoders were trained on; the tables of some (RoBERTa) are 2 longer than what they can take.
MAX_TOKENS = 512
# Pieces of a longer text share so many tokens, about two sentences, so that what is cut in one is whole in the other.
OVERLAP_TOKENS = 64


def window_of(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> int:
    """Return the tokens that an encoder sees at once, special ones included."""
    return min(context_window_of(model.config.to_dict()), tokenizer.model_max_length, MAX_TOKENS)


def piece_ids(
    tokenizer: "PreTrainedTokenizerBase", text: str, *, max_tokens: int, overlap_tokens: int = 0
) -> list[list[int]]:
    """
    Return the token ids of each piece of a text, special tokens included; no piece of a text without a token.

    Leaves the tokenizer's core cutting at `max_tokens`, so it must be nobody else's.
    """
    encoded = tokenizer(
        text, truncation=True, max_length=max_tokens, stride=overlap_tokens, return_overflowing_tokens=True
    )
    return [list(ids) for ids in encoded["input_ids"] if ids]


def template_ids(tokenizer: "PreTrainedTokenizerBase", text: str) -> list[int]:
    """Encode what a chat template wrote: special tokens in it are special."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def plain_ids(tokenizer: "PreTrainedTokenizerBase", text: str) -> list[int]:
    """
    Encode a stranger's text: what looks like a special token in it is text.

    Changes a setting of the tokenizer in place, so only one thread at a time may call it with the same one.
    """
    return list(tokenizer(text, add_special_tokens=False, split_special_tokens=True)["input_ids"])


def pad_id_of(tokenizer: "PreTrainedTokenizerBase") -> int:
    """Return what rows are filled up with: masked, so any id will do where the tokenizer has none for it."""
    pad_id = tokenizer.pad_token_id
    return pad_id if isinstance(pad_id, int) else 0
