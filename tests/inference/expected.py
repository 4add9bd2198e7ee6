"""What transformers itself answers, to hold an engine against."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inference.tokens.detokenizer import Detokenizer
from inference.tokens.prompts import prompt_encoder_for
from inference.tokens.vocabulary import Vocabulary
from inference.types import ChatMessage

TIE = 1e-4  # where the two highest logits of a tiny model are closer, either token is right


@dataclass(frozen=True, slots=True)
class ExpectedAnswer:
    """text_before[i]: what the tokens before token i spell; ties: the places where another token is as good."""

    text: str
    num_tokens: int
    text_before: tuple[str, ...]
    ties: frozenset[int]

    def matches(self, text: str) -> bool:
        """Say whether a text is this answer, or leaves it at a tie."""
        return text == self.text or self._is_left_at_a_tie(text)

    def begins_with(self, text: str) -> bool:
        """Say whether a text is the beginning of this answer, cut at a token, or leaves it at a tie."""
        return self.text.startswith(text.rstrip("\N{REPLACEMENT CHARACTER}")) or self._is_left_at_a_tie(text)

    def _is_left_at_a_tie(self, text: str) -> bool:
        return any(text.startswith(self.text_before[place]) for place in self.ties)


def expected_answers(model: Any, tokenizer: Any, texts: Sequence[str], *, num_tokens: int) -> dict[str, ExpectedAnswer]:
    """Answer each of these messages alone."""
    return {text: expected_answer(model, tokenizer, text, num_tokens=num_tokens) for text in texts}


def expected_answer(model: Any, tokenizer: Any, text: str, *, num_tokens: int, begun: str = "") -> ExpectedAnswer:
    """Answer one user message with `model.generate(do_sample=False)`, going on from `begun`."""
    return expected_answer_to(model, tokenizer, [ChatMessage("user", text)], num_tokens=num_tokens, begun=begun)


def expected_answer_to(
    model: Any,
    tokenizer: Any,
    messages: Sequence[ChatMessage],
    *,
    num_tokens: int,
    begun: str = "",
    tie: float = TIE,
) -> ExpectedAnswer:
    """Answer the last of several messages."""
    import torch

    encoder = prompt_encoder_for(model, tokenizer)
    prompt = encoder.encode_messages(messages)
    begun_ids = tokenizer.encode(begun, add_special_tokens=False)
    start: dict[str, Any] = {}
    if model.config.is_encoder_decoder:
        start["decoder_input_ids"] = torch.tensor([[model.config.decoder_start_token_id, *begun_ids]])
    else:
        prompt += begun_ids
    ids = torch.tensor([prompt])
    output = model.generate(
        ids,
        **start,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=num_tokens,
        do_sample=False,
        eos_token_id=sorted(encoder.end_ids),
        return_dict_in_generate=True,
        output_logits=True,
    )
    chosen = output.sequences[0, -len(output.logits) :].tolist()
    detokenizer, text_before, spoken = Detokenizer(Vocabulary.of(tokenizer), continues=bool(begun)), [], ""
    for token_id in chosen:
        text_before.append(spoken)
        spoken += detokenizer.push(token_id)
    gaps = [best - second for best, second in (logits[0].topk(2).values.tolist() for logits in output.logits)]
    ties = frozenset(place for place, gap in enumerate(gaps) if gap < tie)
    return ExpectedAnswer(spoken + detokenizer.finish(), len(chosen), tuple(text_before), ties)
