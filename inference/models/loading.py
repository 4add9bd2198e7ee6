"""
Loads a converted local folder's weights and tokenizer, and says on what device and in what number format they compute.

Knows no engine, and nothing of where the folder came from (see `preparing`).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from inference.errors import ModelUnusable
from inference.models.folder import check_model_folder, is_encoder_decoder, require_no_kernels_package

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


DtypeName = Literal["auto", "bfloat16", "float16", "float32"]


def load_model(path: Path, *, dtype: DtypeName = "auto") -> "tuple[PreTrainedModel, PreTrainedTokenizerBase]":
    """
    Load weights (memory-mapped safetensors) and tokenizer of `path`, in evaluation mode, without the network.

    :raises ModelUnusable: if the folder is missing, incomplete, or not of a model that an engine serves.
    """
    check_model_folder(path)
    require_no_kernels_package()
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

    model_class = AutoModelForSeq2SeqLM if is_encoder_decoder(path) else AutoModelForCausalLM
    try:
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        # Attention is torch's fused one where the architecture has it, else transformers' plain one.
        model = model_class.from_pretrained(path, dtype=resolve_dtype(dtype), local_files_only=True)
    except (OSError, ValueError, KeyError, ImportError) as failure:
        raise ModelUnusable(f"{path} cannot be loaded ({failure}); prepare the model again") from failure
    model.requires_grad_(requires_grad=False)
    model.to(resolve_device())  # type: ignore[arg-type]  # its decorator hides its signature
    return model, tokenizer  # from_pretrained returns it in evaluation mode


def resolve_device() -> "torch.device":
    """Return where the model computes: the first GPU that torch sees, else the processor."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


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
