"""
Turns a converted local folder into an engine: model, tokenizer, number format, device, and which engine serves it.

Owns the choice and its reason. Knows nothing of where the folder came from (see `models/preparing`).
"""

import gc
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack, assert_never

from inference.engines.compute_thread import ComputeThread
from inference.errors import ModelUnusable
from inference.models.folder import check_model_folder, is_encoder_decoder
from inference.models.loading import DtypeName, load_model, resolve_device
from inference.types import Engine, EngineKind

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

logger = logging.getLogger(__name__)


class EngineOptions(TypedDict, total=False):
    """What an engine's constructor takes beside model, tokenizer and reason; GenerateEngine only the limits."""

    num_slots: int
    cache_bytes: int
    context_window: int | None
    max_waiting: int
    max_prefill_tokens: int


class _LineOptions(TypedDict, total=False):
    context_window: int | None
    max_waiting: int


def load_engine(
    path: Path,
    *,
    kind: EngineKind | Literal["auto"] = "auto",
    dtype: DtypeName = "auto",
    num_threads: int | None = None,
    **options: Unpack[EngineOptions],
) -> Engine:
    """
    Load a prepared folder and start the engine that serves it, checked against the model and warm.

    kind: `auto` takes the fastest that answers as the model does (see `preferred_kind`) and else GenerateEngine, which
    is the model's own; a named one is taken or refused.
    num_threads: processor cores that one forward pass uses; None leaves torch's choice (all that it may use).
    :raises ModelUnusable: if the model cannot be loaded, or the engine asked for cannot serve it.
    """
    check_model_folder(path)
    wanted, reason = preferred_kind(path) if kind == "auto" else (kind, "it was asked for")
    try:
        engine: Engine | None = _start(
            wanted, path, dtype=dtype, num_threads=num_threads, reason=reason, options=options
        )
    except ModelUnusable as refusal:
        if kind != "auto" or wanted is EngineKind.GENERATE:
            raise
        engine, reason = None, f"the {wanted} engine cannot serve this model: {refusal}"
    if engine is None:
        gc.collect()  # loaded anew, for the engine that failed has changed the model; that one must be gone first
        engine = _start(EngineKind.GENERATE, path, dtype=dtype, num_threads=num_threads, reason=reason, options=options)
    logger.info("%s is served by the %s engine: %s", path, engine.capabilities.kind, engine.capabilities.reason)
    return engine


def preferred_kind(path: Path) -> tuple[EngineKind, str]:
    """
    Return the engine to try first, and why.

    :raises ModelUnusable: if the folder's configuration cannot be read.
    """
    if is_encoder_decoder(path):
        return EngineKind.GENERATE, "an encoder-decoder model runs in transformers' generate alone"
    if resolve_device().type == "cuda":
        return EngineKind.PAGED, "on a GPU, transformers' continuous batching gave the model's own answers at load"
    return EngineKind.SLOTS, "the answers over slots were the model's own at load"


def _start(
    kind: EngineKind, path: Path, *, dtype: DtypeName, num_threads: int | None, reason: str, options: EngineOptions
) -> Engine:
    """
    Load, build and check in the one thread in which the model will compute (see `compute_thread`).

    :raises ModelUnusable: if the engine cannot be built, or answers otherwise than the model does.
    """
    import torch

    if is_encoder_decoder(path) and kind is not EngineKind.GENERATE:
        raise ModelUnusable(f"the {kind} engine has no encoder; serve this model with the generate engine")
    thread = ComputeThread("engine")
    try:
        if num_threads is not None:
            thread.call(partial(torch.set_num_threads, num_threads))
        model, tokenizer = thread.call(partial(load_model, path, dtype=dtype))
        build = partial(build_engine, kind, model, tokenizer, reason=reason, options=options, thread=thread)
        return build() if kind is EngineKind.GENERATE else _start_checked(model, tokenizer, thread, options, build)
    except BaseException:
        thread.end()
        raise


def _start_checked(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    thread: ComputeThread,
    options: EngineOptions,
    build: Callable[[], Engine],
) -> Engine:
    """:raises ModelUnusable: as `_start`."""
    from inference.engines.self_check import reference_answers, require_same_answers

    context_window = options.get("context_window")
    references = thread.call(partial(reference_answers, model, tokenizer, context_window=context_window))
    try:
        engine = build()
    except ModelUnusable:
        raise
    except Exception as failure:  # an architecture that the engine was not made for fails it in any way
        raise ModelUnusable(f"it cannot be started ({type(failure).__name__}: {failure})") from failure
    try:
        require_same_answers(engine, references)
    except BaseException:
        engine.close()
        raise
    return engine


def build_engine(
    kind: EngineKind,
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    *,
    reason: str,
    options: EngineOptions,
    thread: ComputeThread | None = None,
) -> Engine:
    """
    Start an engine on a loaded model, unchecked; the model is the engine's from then on.

    thread: the one that loaded it; transformers' batching computes in one of its own.

    :raises ModelUnusable: if it cannot run the model.
    """
    match kind:
        case EngineKind.SLOTS:
            from inference.engines.slot_engine import SlotEngine

            return SlotEngine(model, tokenizer, reason=reason, thread=thread, **options)
        case EngineKind.PAGED:
            from inference.engines.paged_engine import PagedEngine

            if thread is not None:
                thread.end()
            return PagedEngine(model, tokenizer, reason=reason, **options)
        case EngineKind.GENERATE:
            from inference.engines.generate_engine import GenerateEngine

            line = _LineOptions()
            for name in ("context_window", "max_waiting"):
                if name in options:
                    line[name] = options[name]
            return GenerateEngine(model, tokenizer, reason=reason, thread=thread, **line)
    assert_never(kind)
