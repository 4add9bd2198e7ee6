"""
Reads a model that scores texts, and its tokenizer, from a local folder. Owns what is refused of any kind of them.

Nothing is downloaded and no code of a model's folder is run: weights are safetensors, and no remote code is trusted.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.errors import ModelUnusable
from inference.models.folder import require_no_kernels_package

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_LOCAL = {"local_files_only": True, "trust_remote_code": False}


def load_model_and_tokenizer(
    model_class: Any, path: Path, *, device: str, dtype: str, unneeded: Sequence[str] = ()
) -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    """
    unneeded: how names of weights begin that may be missing, because nobody reads what they compute.

    :raises ModelUnusable: if the folder holds no safetensors, or not all weights of this kind of model.
    """
    require_no_kernels_package()
    if not any(path.glob("*.safetensors")):
        raise ModelUnusable(f"{path} has no *.safetensors file; choose a model or a revision that has safetensors")
    tokenizer = load_tokenizer(path)
    try:
        model, loading = model_class.from_pretrained(
            path, dtype=dtype, use_safetensors=True, output_loading_info=True, **_LOCAL
        )
    except (OSError, ValueError, KeyError) as failure:
        raise _unloadable(path, failure) from failure
    # A chat model loads as a classifier too, with a random head: its scores would mean nothing.
    missing = sorted(name for name in loading["missing_keys"] if not name.startswith(tuple(unneeded)))
    if missing:
        raise ModelUnusable(f"{path} lacks weights of this kind of model: {missing[:3]}")
    model.to(device)
    model.train(mode=False)
    return model, tokenizer


def load_tokenizer(path: Path) -> "PreTrainedTokenizerBase":
    """
    One of its own for whoever encodes untrusted text: that changes a setting of the tokenizer in place.

    :raises ModelUnusable: if the folder holds none.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(path, **_LOCAL)
    except (OSError, ValueError, KeyError) as failure:
        raise _unloadable(path, failure) from failure
    return tokenizer


def _unloadable(path: Path, failure: Exception) -> ModelUnusable:
    return ModelUnusable(f"{path} cannot be loaded as a model that scores texts: {failure}")
