"""
Compares an engine, at load, with the model on its own.

Owns the reference answers and what counts as the same. What is checked: greedy answers to three short prompts of
different length, together in one engine, token by token against the model's own forward pass without any cache.

Passed beside them, by one prompt more, unless the model is of the fused family and sees all positions: the end of a
cache block (256 positions), and a window that the model looks at, if it is at most 384 tokens. Not passed: a longer
window, a second block's end, and for the fused family any block's end; there only the kernels' own tests stand for it,
because the longer prompt takes four times as long as the three others and the default model's load has no room for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from inference.errors import ModelUnusable
from inference.layers.fused import FUSED_FAMILY
from inference.tokens.detokenizer import Detokenizer
from inference.tokens.prompts import end_token_ids
from inference.tokens.vocabulary import Vocabulary
from inference.types import (
    Delta,
    Engine,
    Finish,
    FinishReason,
    GenerationRequest,
    Output,
    SamplingParameters,
    StepChannel,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_PROMPT_LENGTHS = (2, 7, 13)
_NUM_TOKENS = 2  # of each answer; each costs the reference a forward pass of about 50 tokens, 0.12 s of the load
# Past cache.BLOCK_LENGTH with the prompt, so that its second token is decoded over two blocks. One processor core takes
# 0.5 s for a forward pass of the default model over it, and 0.13 s for one over the three short ones.
_PAST_BLOCK = 270
_LONGEST_WINDOW = 384
_PAST_WINDOW = 9
_NO_END = -100.0  # a bias on end tokens: every answer has its full length
# Of the standard deviation of the logits: how near the reference's two best may be for either to be right.
_TIE_FLOAT32 = 0.01
_TIE_HALF = 0.2  # default model, bfloat16 beside float32: the gap moves by 0.02 in the mean, 0.08 to 0.17 at most
_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True)
class ReferenceToken:
    """text_before: what the tokens before it spell. is_tie: the second best token is as good as this one."""

    text_before: str
    is_tie: bool


@dataclass(frozen=True, slots=True)
class ReferenceAnswer:
    request: GenerationRequest
    tokens: tuple[ReferenceToken, ...]
    text: str

    def matches(self, text: str) -> bool:
        """Say whether a text is this answer, or leaves it at a tie and goes its own way from there."""
        if text == self.text:
            return True
        agreed = [token for token in self.tokens if text.startswith(token.text_before)]
        # A token of no complete character spells nothing yet, so the texts may part one or two tokens late.
        parted = agreed[-1].text_before
        return any(token.is_tie for token in agreed if token.text_before == parted)


def reference_answers(
    model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", *, context_window: int | None = None
) -> list[ReferenceAnswer]:
    """
    Compute what an engine on this model must answer. Call it before the engine is built, which changes the model.

    context_window: the engine's, if it is shorter than the model's: no prompt is longer than it allows.
    """
    end_ids = end_token_ids(tokenizer, model.generation_config)
    vocabulary = Vocabulary.of(tokenizer)
    longest = context_window - _NUM_TOKENS if context_window else None
    prompts = [
        _trial_prompt(vocabulary, number=number, num_tokens=max(1, length if longest is None else min(length, longest)))
        for number, length in enumerate(_prompt_lengths(model))
    ]
    short = len(_PROMPT_LENGTHS)  # a batch of their own: filled up to the long one's length they would cost as much
    answers = [*_greedy_tokens(model, prompts[:short], end_ids), *_greedy_tokens(model, prompts[short:], end_ids)]
    return [
        _reference(number, prompt, answer, vocabulary, end_ids)
        for number, (prompt, answer) in enumerate(zip(prompts, answers, strict=True))
    ]


def require_same_answers(engine: Engine, references: Sequence[ReferenceAnswer]) -> None:
    """
    Let the engine compute all reference answers at once.

    :raises ModelUnusable: if one of them fails or differs.
    """
    channel = StepChannel()
    for reference in references:
        engine.submit(reference.request, channel=channel)
    outputs = _read(channel, num_requests=len(references))
    for reference in references:
        own = [output for output in outputs if output.request_id == reference.request.id]
        text = "".join(output.text for output in own if isinstance(output, Delta))
        [finish] = [output for output in own if isinstance(output, Finish)]
        if finish.finish_reason is FinishReason.ERROR:
            raise ModelUnusable(f"it could not compute a trial answer ({finish.error})") from finish.error
        if not reference.matches(text):
            raise ModelUnusable(
                f"it answers {text!r} where the model on its own answers {reference.text!r} "
                f"(a trial prompt of {finish.usage.num_prompt_tokens} tokens)"
            )


def _read(channel: StepChannel, *, num_requests: int) -> list[Output]:
    """:raises ModelUnusable: if nothing comes for two minutes."""
    outputs: list[Output] = []
    while sum(isinstance(output, Finish) for output in outputs) < num_requests:
        batch = channel.get(timeout_s=_LIMIT_S)
        if not batch:
            raise ModelUnusable(f"it computed nothing for {_LIMIT_S:.0f} s")
        outputs.extend(batch)
    return outputs


def _prompt_lengths(model: "PreTrainedModel") -> list[int]:
    window = getattr(model.config.get_text_config(), "sliding_window", None)
    if type(model).__name__ in FUSED_FAMILY and not window:
        return [*_PROMPT_LENGTHS]
    past_window = int(window) + _PAST_WINDOW if window and window <= _LONGEST_WINDOW else 0
    return [*_PROMPT_LENGTHS, max(_PAST_BLOCK, past_window)]


def _reference(
    number: int,
    prompt_ids: Sequence[int],
    answer: Sequence[tuple[int, bool]],
    vocabulary: Vocabulary,
    end_ids: frozenset[int],
) -> ReferenceAnswer:
    detokenizer, tokens, text = Detokenizer(vocabulary), [], ""
    for token_id, is_tie in answer:
        tokens.append(ReferenceToken(text, is_tie))
        text += detokenizer.push(token_id)
    request = GenerationRequest(
        id=f"self-check-{number}",
        sampling=SamplingParameters(_NUM_TOKENS, temperature=0.0, logit_bias=dict.fromkeys(end_ids, _NO_END)),
        prompt_token_ids=tuple(prompt_ids),
        cache_scope="self-check",
    )
    return ReferenceAnswer(request, tuple(tokens), text + detokenizer.finish())


def _trial_prompt(vocabulary: Vocabulary, *, number: int, num_tokens: int) -> list[int]:
    """Spread ids over the vocabulary by a stride of its own for each prompt; only of tokens that spell something."""
    spelling = [index for index, spelled in enumerate(vocabulary.token_bytes) if spelled]
    return [spelling[(7919 + 2 * number) * place % len(spelling)] for place in range(1, num_tokens + 1)]


def _greedy_tokens(
    model: "PreTrainedModel", prompts: Sequence[Sequence[int]], end_ids: frozenset[int]
) -> list[list[tuple[int, bool]]]:
    """
    Return each prompt's greedy continuation; beside every token, whether the second best was as good.

    All prompts go through the model as one batch, filled up on the right, where a causal model does not look.
    """
    rows = [list(prompt) for prompt in prompts]
    answers: list[list[tuple[int, bool]]] = [[] for _ in prompts]
    for _ in range(_NUM_TOKENS if rows else 0):
        longest = max(map(len, rows))
        filled = [row + [row[0]] * (longest - len(row)) for row in rows]
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor(filled, device=model.device), use_cache=False).logits  # (B, T, V)
        for place, row in enumerate(rows):
            token_id, is_tie = _best_token(logits[place, len(row) - 1], end_ids)
            answers[place].append((token_id, is_tie))
            row.append(token_id)
    return answers


def _best_token(logits: Tensor, end_ids: frozenset[int]) -> tuple[int, bool]:
    """Return the best token, and whether the second best is as good. logits: (V,)."""
    tie = _TIE_FLOAT32 if logits.dtype == torch.float32 else _TIE_HALF
    logits = logits.float().clone()
    spread = logits.std()
    logits[list(end_ids)] += _NO_END
    (best, second), (token_id, _) = logits.topk(2)
    return int(token_id), bool(best - second <= tie * spread)
