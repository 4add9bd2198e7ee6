"""
Turns messages, and the answer already begun, into token ids.

Owns the use of the tokenizer: chat template, end tokens, healing of a cut answer. Thread-safe: it calls the tokenizer's
immutable core only, whose Python shell changes settings in place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import TemplateError

from inference.errors import ModelUnusable
from inference.tokens.healing import HealedPrefix, heal
from inference.tokens.job import common_prefix_length
from inference.tokens.vocabulary import Vocabulary
from inference.types import ChatMessage, GenerationRequest

if TYPE_CHECKING:
    from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

# Ends of a turn in the chat formats in use; models often name only one of theirs in their generation settings.
_END_OF_TURN = ("<|im_end|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>")


@dataclass(frozen=True, slots=True)
class EncodedPrompt:
    """What is computed before the first new token, and what that and its successors must spell."""

    token_ids: tuple[int, ...]
    num_answer_tokens: int  # how many of them, at the end, are of the answer already begun
    dropped: bytes
    num_shared_tokens: int = 0  # at the beginning, those of the request's shared messages


class PromptEncoder:
    """Formats and encodes for one model, by its chat template."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase", generation_config: "GenerationConfig | None") -> None:
        """:raises ModelUnusable: if the tokenizer has no fast implementation or no chat template."""
        if not tokenizer.is_fast:
            raise ModelUnusable("the model's tokenizer has no tokenizer.json; choose a model that has one")
        self._require_format(tokenizer)
        self._tokenizer = tokenizer
        self.vocabulary = Vocabulary.of(tokenizer)
        self.end_ids = end_token_ids(tokenizer, generation_config)

    def encode(self, request: GenerationRequest) -> EncodedPrompt:
        if request.prompt_token_ids:
            prompt: Sequence[int] = request.prompt_token_ids
            num_shared = request.num_shared_tokens
        else:
            prompt = self.encode_messages(request.messages)
            num_shared = self._count_shared(request.messages[: request.num_shared_messages], prompt)
        if not request.prefix:
            return EncodedPrompt(tuple(prompt), 0, b"", num_shared)
        healed = self._heal(request.prefix)
        return EncodedPrompt((*prompt, *healed.kept), len(healed.kept), healed.dropped, num_shared)

    def encode_messages(self, messages: Sequence[ChatMessage]) -> list[int]:
        """Return the formatted prompt, opening of the answer included."""
        return self._encode_text(self._format(messages, opens_answer=True))

    def _count_shared(self, messages: Sequence[ChatMessage], prompt: Sequence[int]) -> int:
        """Return how many of the prompt's first tokens say nothing but these messages."""
        if not messages:
            return 0
        try:
            shared = self._encode_text(self._format(messages, opens_answer=False))
        except TemplateError:  # some chat templates refuse a conversation that ends here
            return 0
        return common_prefix_length(prompt, shared, min(len(prompt), len(shared)))

    def _format(self, messages: Sequence[ChatMessage], *, opens_answer: bool) -> str:
        conversation = [{"role": message.role, "content": message.text} for message in messages]
        return str(
            self._tokenizer.apply_chat_template(conversation, tokenize=False, add_generation_prompt=opens_answer)
        )

    def _require_format(self, tokenizer: "PreTrainedTokenizerBase") -> None:
        if not tokenizer.chat_template:
            raise ModelUnusable("the model's tokenizer has no chat template; choose its instruction-tuned variant")

    def _encode_text(self, text: str) -> list[int]:
        return list(self._tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids)

    def _heal(self, prefix: str) -> HealedPrefix:
        healed = heal(self._encode_text(prefix), self.vocabulary)
        kept = b"".join(self.vocabulary.spell(token_id) for token_id in healed.kept)
        if self.vocabulary.strips_first_space:
            kept = kept.removeprefix(b" ")
        # What the tokenizer did not keep as it was (special tokens, normalised characters) must not shift the seam.
        if not prefix.encode().startswith(kept):
            return HealedPrefix((), prefix.encode())
        return HealedPrefix(healed.kept, prefix.encode()[len(kept) :])


class PlainPromptEncoder(PromptEncoder):
    """For encoder-decoder models, which know no chat: the prompt is the messages' text, joined by blank lines."""

    def encode_messages(self, messages: Sequence[ChatMessage]) -> list[int]:
        """Return the text's tokens with the special ones that the tokenizer puts around a text (T5: an end)."""
        text = "\n\n".join(message.text for message in messages)
        return list(self._tokenizer.backend_tokenizer.encode(text, add_special_tokens=True).ids)

    def _require_format(self, tokenizer: "PreTrainedTokenizerBase") -> None:
        """Any text will do."""


def prompt_encoder_for(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> PromptEncoder:
    """:raises ModelUnusable: see PromptEncoder."""
    if model.config.is_encoder_decoder and not tokenizer.chat_template:
        return PlainPromptEncoder(tokenizer, model.generation_config)
    return PromptEncoder(tokenizer, model.generation_config)


def end_token_ids(tokenizer: "PreTrainedTokenizerBase", generation_config: "GenerationConfig | None") -> frozenset[int]:
    """Return every id that ends an answer: those the model names, and the known ends of a turn it has."""
    named = getattr(generation_config, "eos_token_id", None)
    ids = {named} if isinstance(named, int) else set(named or ())
    if tokenizer.eos_token_id is not None:
        ids.add(tokenizer.eos_token_id)
    special = {token.content: index for index, token in tokenizer.added_tokens_decoder.items() if token.special}
    return frozenset(ids | {special[text] for text in _END_OF_TURN if text in special})
