"""Engines of every kind over tiny random models, and a gate that stops a step in the middle."""

import threading
from typing import Any

from inference.engines.generate_engine import GenerateEngine
from inference.engines.paged_engine import PagedEngine
from inference.engines.slot_engine import SlotEngine
from inference.testing import tiny_model, tiny_tokenizer
from inference.types import (
    Engine,
    GenerationRequest,
)

# Decoder-only models run on all three; an encoder-decoder one on GenerateEngine alone.
DECODERS = ["slots", "paged", "generate"]


KINDS = [*DECODERS, "t5"]


TEXTS = ["Hi", "the quick brown fox " * 6, "What is the capital of France?", "你好,世界 😀", "jumps over " * 30, "x"]


NO_END = dict.fromkeys((0, 2), -100.0)  # a bias on both end tokens: the answer runs to its limit


# Digits alone: they are never merged, so that a text of them is cut into the tokens that wrote it.
DIGITS = NO_END | dict.fromkeys((tiny_tokenizer().convert_tokens_to_ids(digit) for digit in "0123456789"), 100.0)


SPOKEN = "what?你😀é"


def make_model(kind: str, **settings: Any) -> Any:
    return tiny_model(architecture="t5" if kind == "t5" else "llama", **settings)


def hookable_model(kind: str) -> Any:
    """A model in a class of its own: the slot engine lets its own layers compute, so that hooks on it are called."""
    model = make_model(kind)
    model.__class__ = type(f"Own{type(model).__name__}", (type(model),), {})
    return model


def make_tokenizer(kind: str) -> Any:
    tokenizer = tiny_tokenizer()
    if kind == "t5":
        tokenizer.chat_template = None
    return tokenizer


def start_engine(kind: str, *, model: Any = None, num_slots: int = 32, max_prefill_tokens: int = 64, **options: Any):
    model, tokenizer = model or make_model(kind), make_tokenizer(kind)
    room: dict[str, Any] = {"num_slots": num_slots, "max_prefill_tokens": max_prefill_tokens, "cache_bytes": 2**24}
    match kind:
        case "slots":
            return SlotEngine(model, tokenizer, **room, **options)
        case "paged":
            return PagedEngine(model, tokenizer, **room, **options)
        case _:
            return GenerateEngine(model, tokenizer, **options)


class Gate:
    """Lets a model's forward passes through one by one, and counts them."""

    def __init__(self, model: Any) -> None:
        self.num_entered = 0
        self._entered = threading.Semaphore(0)
        self._permits = threading.Semaphore(0)
        self._is_open = threading.Event()
        model.register_forward_pre_hook(self._pass)

    def open(self) -> None:
        self._is_open.set()
        self._permits.release()

    def let_through(self, num_passes: int) -> None:
        for _ in range(num_passes):
            self._permits.release()

    def wait_entered(self, num_passes: int = 1) -> None:
        for _ in range(num_passes):
            assert self._entered.acquire(timeout=60)

    def _pass(self, *_: Any) -> None:
        self.num_entered += 1
        self._entered.release()
        assert self._permits.acquire(timeout=60)
        if self._is_open.is_set():
            self._permits.release()


def steps_of(engine: Engine, request: GenerationRequest) -> int:
    before = engine.stats().num_steps
    list(engine.submit(request))
    return engine.stats().num_steps - before
