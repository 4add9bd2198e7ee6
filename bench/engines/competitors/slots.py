"""Our engine as the product's runner uses it: messages in, deltas out over a StepChannel, a thread between."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.engines.protocol import Arrival, Ask, Mode
from inference.types import Delta, Engine, Finish, StepChannel

_WAIT_S = 60.0


class Slots:
    def __init__(self, engine: Engine, *, settings: str) -> None:
        self.settings = settings
        self.load_figures: dict[str, float] = {}
        self._engine = engine
        self._channel = StepChannel()
        self._num_delivered: Counter[str] = Counter()

    def submit(self, ask: Ask, mode: Mode) -> None:
        from bench.engines.competitors.ours import request_of

        self._engine.submit(request_of(ask, mode), channel=self._channel)

    def wait(self) -> Sequence[Arrival]:
        outputs = self._channel.get(timeout_s=_WAIT_S)
        now_s = time.monotonic()
        return [self._arrival(output, now_s) for output in outputs]

    def cancel(self, key: str) -> None:
        self._engine.cancel(key)

    def close(self) -> None:
        self._engine.close()

    def _arrival(self, output: Delta | Finish, now_s: float) -> Arrival:
        if isinstance(output, Delta):
            self._num_delivered[output.request_id] += output.num_tokens
            return Arrival(output.request_id, now_s, output.num_tokens, output.text)
        if output.error is not None:
            raise output.error
        num_silent = output.usage.num_completion_tokens - self._num_delivered.pop(output.request_id, 0)
        return Arrival(output.request_id, now_s, num_silent, is_end=True)


def load(model_path: Path) -> Slots:
    """Load with the time from load_engine to the end of the first answer's only step; imports are timed apart."""
    began_s = time.monotonic()
    import torch
    import transformers.models.auto.modeling_auto
    import transformers.models.auto.tokenization_auto
    import transformers.models.llama.modeling_llama  # noqa: F401  # what loading would import

    from bench.engines.competitors.ours import NUM_SLOTS, ignore_end_tokens
    from inference.engines.choosing import load_engine
    from inference.engines.slot_engine import SlotEngine  # noqa: F401
    from inference.models.loading import resolve_dtype

    ignore_end_tokens()
    imported_s = time.monotonic()
    engine = load_engine(model_path, num_slots=NUM_SLOTS)
    loaded_s = time.monotonic()
    slots = Slots(
        engine,
        settings=(
            f"load_engine with {NUM_SLOTS} slots, else as it comes; {engine.capabilities.kind} engine, "
            f"{str(resolve_dtype('auto')).removeprefix('torch.')}, {torch.get_num_threads()} threads"
        ),
    )
    slots.submit(Ask("first", (("user", "Hi"),), (), num_new_tokens=1), Mode.GREEDY)
    while not any(arrival.is_end for arrival in slots.wait()):
        pass
    slots.load_figures = {
        "imports_s": imported_s - began_s,
        "load_engine_s": loaded_s - imported_s,
        "load_to_first_step_s": time.monotonic() - imported_s,
    }
    return slots
