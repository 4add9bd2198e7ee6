"""
Loads the Hugging Face models that judge texts, from local folders. Owns what is accepted and the interface of all.

Nothing is downloaded and no code of a model's folder is run: weights are safetensors, and no remote code is trusted.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from inference.errors import ModelUnusable
from inference.generative_guard import GenerativeGuard
from inference.guard_answers import GuardedText, GuardFormat
from inference.model_folder import require_no_kernels_package
from inference.sequence_guard import ProblemType, SequenceGuard

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class Guard(Protocol):
    """Safe for many threads: it computes on the thread that calls, one call at a time."""

    def labels(self, texts: Sequence[GuardedText]) -> list[dict[str, float]]:
        """
        Scores in [0, 1] by label, one mapping a text, in order.

        :raises EngineError: if the model gives no numbers, no verdict, or cannot see a whole text.
        """


def load_sequence_guard(
    path: Path, *, problem_type: ProblemType | None = None, device: str = "cpu", dtype: str = "auto"
) -> SequenceGuard:
    """:raises ModelUnusable: if the folder holds no sequence-classification model in safetensors."""
    from transformers import AutoModelForSequenceClassification

    model, tokenizer = _load(AutoModelForSequenceClassification, path, device=device, dtype=dtype)
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

    model, tokenizer = _load(AutoModelForCausalLM, path, device=device, dtype=dtype)
    return GenerativeGuard(model, tokenizer, guard_format=guard_format, template_settings=template_settings)


def _load(
    model_class: Any, path: Path, *, device: str, dtype: str
) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    from transformers import AutoTokenizer

    require_no_kernels_package()
    if not any(path.glob("*.safetensors")):
        raise ModelUnusable(f"{path} has no *.safetensors file; choose a model or a revision that has safetensors")
    local = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, **local)
        model, loading = model_class.from_pretrained(
            path, dtype=dtype, use_safetensors=True, output_loading_info=True, **local
        )
    except (OSError, ValueError, KeyError) as failure:
        raise ModelUnusable(f"{path} cannot be loaded as a guard: {failure}") from failure
    # A chat model loads as a classifier too, with a random head: its scores would mean nothing.
    if loading["missing_keys"]:
        raise ModelUnusable(f"{path} lacks weights of this kind of guard: {sorted(loading['missing_keys'])[:3]}")
    model.to(device)
    model.train(mode=False)
    return model, tokenizer
