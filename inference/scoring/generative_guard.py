"""
Chat models trained to answer with a verdict (Llama Guard, ShieldGemma, Qwen3Guard-Gen) as guards.

Owns their prompts and reading the verdict off them. What their words mean stands in `guard_answers`.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from inference.errors import ModelUnusable
from inference.models.folder import context_window_of
from inference.scoring.asking import ScoredText, TextTooLong
from inference.scoring.batches import batches, padded
from inference.scoring.encoding import pad_id_of, plain_ids, template_ids
from inference.scoring.guard_answers import GuardFormat

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# Qwen3Guard's three lines with two long categories take about 40 tokens.
MAX_ANSWER_TOKENS = 64
# Stands in the chat template where a text comes; no template has it in itself.
_PLACE = "\ue000{}\ue001"


class GenerativeGuard:
    """
    A chat model that answers with a verdict. Formats by its own chat template; judges an answer by what was asked.

    Text that is judged is encoded without special tokens: what looks like the end of a turn in it ends none.
    """

    def __init__(
        self,
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        *,
        guard_format: GuardFormat,
        template_settings: Mapping[str, Any] | None = None,
    ) -> None:
        """
        template_settings: further variables of the chat template (ShieldGemma: guideline).

        :raises ModelUnusable: if there is no chat template, or two verdict words begin with the same token.
        """
        if not tokenizer.is_fast or not tokenizer.chat_template:
            raise ModelUnusable("a generative guard needs a fast tokenizer with a chat template")
        self._model, self._tokenizer = model, tokenizer
        self._format = guard_format
        self._template_settings = dict(template_settings or {})
        self._max_tokens = context_window_of(model.config.to_dict()) - MAX_ANSWER_TOKENS
        self._opening_ids = template_ids(self._tokenizer, guard_format.opening)
        self._verdict_ids = [self._first_id_after_opening(word) for word in guard_format.harm_by_word]
        if len(set(self._verdict_ids)) < len(self._verdict_ids):
            raise ModelUnusable(f"this tokenizer begins two verdicts of {guard_format.name} with the same token")
        self._lock = threading.Lock()

    def labels(self, texts: Sequence[ScoredText]) -> list[dict[str, float]]:
        """Score by the probability of the first verdict token: one pass over the prompt, label `harm` only."""
        scores: list[dict[str, float]] = []
        with self._lock, torch.inference_mode():
            prompts = [[*self._prompt_ids(text), *self._opening_ids] for text in texts]
            for batch in batches(prompts):
                scores += [self._format.score(row) for row in self._verdict_logits(batch)]
        return scores

    def labels_by_answer(self, texts: Sequence[ScoredText]) -> list[dict[str, float]]:
        """Let the guard write its whole answer, greedily, and parse it: `harm` and categories; some 10 times slower."""
        with self._lock, torch.inference_mode():
            prompts = [self._prompt_ids(text) for text in texts]
            answers = [answer for batch in batches(prompts) for answer in self._answers(batch)]
        return [self._format.parse(answer) for answer in answers]

    def _verdict_logits(self, prompts: Sequence[Sequence[int]]) -> list[list[float]]:
        ids, mask = padded(prompts, pad_id=pad_id_of(self._tokenizer), side="left")
        # Left of a text there is only padding: positions count from its own first token.
        positions = (mask.cumsum(dim=-1) - 1).clamp(min=0)  # (B, T)
        device = self._model.device
        logits: Tensor = self._model(
            input_ids=ids.to(device),
            attention_mask=mask.to(device),
            position_ids=positions.to(device),
            logits_to_keep=1,
        ).logits  # (B, 1, V)
        return logits[:, -1, self._verdict_ids].float().tolist()

    def _answers(self, prompts: Sequence[Sequence[int]]) -> list[str]:
        ids, mask = padded(prompts, pad_id=pad_id_of(self._tokenizer), side="left")
        device = self._model.device
        written: Tensor = self._model.generate(  # type: ignore[operator]
            input_ids=ids.to(device),
            attention_mask=mask.to(device),
            do_sample=False,
            max_new_tokens=MAX_ANSWER_TOKENS,
            pad_token_id=pad_id_of(self._tokenizer),
        )
        new_ids = written[:, ids.shape[1] :]
        return [str(self._tokenizer.decode(row, skip_special_tokens=True)) for row in new_ids]

    def _prompt_ids(self, text: ScoredText) -> list[int]:
        """:raises TextTooLong: if the model cannot see it whole."""
        ids = list(self._spliced_ids(text))
        if len(ids) + len(self._opening_ids) > self._max_tokens:
            raise TextTooLong(f"a text of {len(ids)} tokens does not fit {self._max_tokens}")
        return ids

    def _spliced_ids(self, text: ScoredText) -> Iterator[int]:
        """The chat template around place-holders, encoded with special tokens, and the texts, encoded without."""
        contents = [text.asked, text.text] if text.asked else [text.text]
        conversation = [
            {"role": role, "content": _PLACE.format(number)}
            for number, role in enumerate(("user", "assistant")[: len(contents)])
        ]
        formatted = str(
            self._tokenizer.apply_chat_template(
                conversation, tokenize=False, add_generation_prompt=True, **self._template_settings
            )
        )
        for number, content in enumerate(contents):
            before, place, formatted = formatted.partition(_PLACE.format(number))
            if not place:
                raise ModelUnusable(f"the chat template of this {self._format.name} leaves out a message")
            yield from template_ids(self._tokenizer, before)
            yield from plain_ids(self._tokenizer, content)
        yield from template_ids(self._tokenizer, formatted)

    def _first_id_after_opening(self, word: str) -> int:
        num_opening, ids = len(self._opening_ids), template_ids(self._tokenizer, self._format.opening + word)
        if ids[:num_opening] != self._opening_ids or len(ids) == num_opening:
            raise ModelUnusable(
                f"this tokenizer joins {self._format.opening!r} and {word!r}; is it a {self._format.name}?"
            )
        return ids[num_opening]
