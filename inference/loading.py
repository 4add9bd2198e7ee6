"""
Turns a converted local folder into a model and its tokenizer, ready for an engine.

Owns the choice of number format and attention. Knows nothing of where the folder came from (see `preparing`).
"""

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from inference.errors import ModelUnusable

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from inference.engine import SlotEngine


class SlotOptions(TypedDict, total=False):
    """What SlotEngine's constructor takes beside model and tokenizer."""

    num_slots: int
    cache_bytes: int
    context_window: int | None
    max_waiting: int
    max_prefill_tokens: int
    reason: str


DtypeName = Literal["auto", "bfloat16", "float16", "float32"]


def load_model(path: Path, *, dtype: DtypeName = "auto") -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    """
    Load weights (memory-mapped safetensors) and tokenizer of `path`, in evaluation mode, without the network.

    :raises ModelUnusable: if the folder is missing, incomplete, or not a decoder-only chat model.
    """
    check_model_folder(path)
    require_no_kernels_package()
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            path, dtype=resolve_dtype(dtype), local_files_only=True, attn_implementation="sdpa"
        )
    except (OSError, ValueError, KeyError, ImportError) as failure:
        raise ModelUnusable(f"{path} cannot be loaded ({failure}); prepare the model again") from failure
    model.requires_grad_(requires_grad=False)
    return model, tokenizer  # from_pretrained returns it in evaluation mode


def load_engine(
    path: Path, *, dtype: DtypeName = "auto", num_threads: int | None = None, **options: Unpack[SlotOptions]
) -> "SlotEngine":
    """
    Load a prepared folder and start a SlotEngine on it, checked against the model and warm.

    num_threads: processor cores that one forward pass uses; None leaves torch's choice (all that it may use).
    :raises ModelUnusable: if the model cannot be loaded or cannot run over slots.
    """
    import torch

    from inference.compute_thread import ComputeThread
    from inference.engine import SlotEngine

    def load() -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
        if num_threads is not None:
            torch.set_num_threads(num_threads)
        return load_model(path, dtype=dtype)

    thread = ComputeThread("engine")
    model, tokenizer = thread.call(load)
    return SlotEngine(model, tokenizer, thread=thread, **options)


def resolve_dtype(name: DtypeName) -> "torch.dtype":
    """
    Return the number format to compute in; `auto` is bfloat16 where the processor multiplies it, else float32.

    Seen on a processor with AVX-512 but neither AMX nor AVX512-BF16: a 1536×576 layer over 32 rows takes 2.0 ms in
    bfloat16 and 1.5 ms in float32, over 256 rows 10 and 4 ms, so prefill halves in speed.
    """
    import torch

    if name != "auto":
        return {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}[name]
    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.bfloat16 if cpu_multiplies_bfloat16() else torch.float32


def cpu_multiplies_bfloat16() -> bool:
    """Say whether the processor has instructions for bfloat16 products; False where the system does not tell."""
    import torch

    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16") or capabilities.get("bf16"))


def require_no_kernels_package() -> None:
    """:raises ModelUnusable: if the package `kernels` is installed: transformers would ask the Hub for kernels."""
    if importlib.util.find_spec("kernels") is not None:
        raise ModelUnusable(
            "the Python package `kernels` is installed, with which transformers looks for code on the Hub; "
            "uninstall it: pip uninstall kernels"
        )


def check_model_folder(path: Path) -> None:
    """
    Check from the files alone, without torch, that a folder holds a decoder-only chat model in safetensors.

    :raises ModelUnusable: with a sentence that says what is wrong and what to do.
    """
    if not path.is_dir():
        raise ModelUnusable(f"there is no model folder {path}; make it: python -m inference.prepare SOURCE {path}")
    if not any(path.glob("*.safetensors")):
        raise ModelUnusable(
            f"{path} has no *.safetensors file; other weight formats can run code when they are read. "
            "Choose a model or a revision that has safetensors"
        )
    _check_architecture(path)
    if not _has_chat_template(path):
        raise ModelUnusable(
            f"{path} has no chat template, so it is not a chat model; "
            "choose its instruction-tuned variant (often named -Instruct, -Chat or -it)"
        )


def _check_architecture(path: Path) -> None:
    config = read_json(path / "config.json")
    architectures = config.get("architectures")
    names = list(map(str, architectures)) if isinstance(architectures, list) else []
    if config.get("is_encoder_decoder") or not any(name.endswith("ForCausalLM") for name in names):
        named = ", ".join(names) or "an unnamed architecture"
        raise ModelUnusable(f"{path} holds {named}; choose a decoder-only text model (…ForCausalLM)")


def _has_chat_template(path: Path) -> bool:
    if (path / "chat_template.jinja").is_file() or (path / "chat_template.json").is_file():
        return True
    tokenizer_config = path / "tokenizer_config.json"
    return tokenizer_config.is_file() and bool(read_json(tokenizer_config).get("chat_template"))


def read_json(path: Path) -> dict[str, object]:
    """:raises ModelUnusable: if the file is missing or is no JSON object."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as failure:
        raise ModelUnusable(f"{path} cannot be read ({failure}); prepare the model again") from failure
    if not isinstance(content, dict):
        raise ModelUnusable(f"{path} holds no JSON object; prepare the model again")
    return content
