"""
Loads the Hugging Face models that judge texts, from local folders. Owns their interface; what is refused, `loading`
says.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from inference.scoring.asking import ScoredText
from inference.scoring.generative_guard import GenerativeGuard
from inference.scoring.guard_answers import GuardFormat
from inference.scoring.loading import load_model_and_tokenizer
from inference.scoring.sequence_guard import ProblemType, SequenceGuard


class Guard(Protocol):
    """Safe for many threads: it computes on the thread that calls, one call at a time."""

    def labels(self, texts: Sequence[ScoredText]) -> list[dict[str, float]]:
        """
        Scores in [0, 1] by label, one mapping a text, in order.

        :raises EngineError: if the model gives no numbers, no verdict, or cannot see a whole text.
        """


def load_sequence_guard(
    path: Path, *, problem_type: ProblemType | None = None, device: str = "cpu", dtype: str = "auto"
) -> SequenceGuard:
    """:raises ModelUnusable: if the folder holds no sequence-classification model in safetensors."""
    from transformers import AutoModelForSequenceClassification

    model, tokenizer = load_model_and_tokenizer(AutoModelForSequenceClassification, path, device=device, dtype=dtype)
    return SequenceGuard(model, tokenizer, problem_type=problem_type)


def load_generative_guard(
    path: Path,
    *,
    guard_format: GuardFormat,
    template_settings: Mapping[str, Any] | None = None,
    device: str = "cpu",
    dtype: str = "auto",
) -> GenerativeGuard:
    """
    Load a chat model that answers in one of `guard_answers.FORMATS`.

    :raises ModelUnusable: if the folder holds no causal model in safetensors, or its tokenizer does not fit the format.
    """
    from transformers import AutoModelForCausalLM

    model, tokenizer = load_model_and_tokenizer(AutoModelForCausalLM, path, device=device, dtype=dtype)
    return GenerativeGuard(model, tokenizer, guard_format=guard_format, template_settings=template_settings)
