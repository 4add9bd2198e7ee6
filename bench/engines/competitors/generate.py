"""`model.generate` of transformers, one request at a time."""

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.engines.protocol import TEMPERATURE, TOP_K, TOP_P, Arrival, Ask, Mode

NO_END_TOKEN = -1  # an id no token has: every answer is written to its full length
SAMPLING: dict[Mode, dict[str, Any]] = {
    Mode.GREEDY: {"do_sample": False},
    Mode.SAMPLED: {"do_sample": True, "temperature": TEMPERATURE, "top_k": TOP_K, "top_p": TOP_P},
}


class _Clock:
    """A streamer that only notes when each token came."""

    def __init__(self, key: str) -> None:
        self.arrivals: list[Arrival] = []
        self._key = key
        self._is_prompt = True

    def put(self, _value: object) -> None:
        if not self._is_prompt:
            self.arrivals.append(Arrival(self._key, time.monotonic(), 1))
        self._is_prompt = False

    def end(self) -> None:
        self.arrivals.append(Arrival(self._key, time.monotonic(), 0, is_end=True))


class Generate:
    settings = "model.generate, bfloat16, sdpa, dynamic cache"

    def __init__(self, model: Any) -> None:
        self._model = model
        self._queue: deque[tuple[Ask, Mode]] = deque()

    def submit(self, ask: Ask, mode: Mode) -> None:
        self._queue.append((ask, mode))

    def wait(self) -> Sequence[Arrival]:
        import torch

        ask, mode = self._queue.popleft()
        clock = _Clock(ask.key)
        input_ids = torch.tensor([ask.token_ids])  # (1, T)
        self._model.generate(
            input_ids=input_ids,
            attention_mask=torch.ones_like(input_ids),
            max_new_tokens=ask.num_new_tokens,
            eos_token_id=NO_END_TOKEN,
            streamer=clock,
            **SAMPLING[mode],
        )
        return clock.arrivals

    def cancel(self, key: str) -> None:
        raise NotImplementedError("generate runs to its end")

    def close(self) -> None:
        self._queue.clear()


def load_in_bfloat16(model_path: Path) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(
        model_path, dtype=torch.bfloat16, attn_implementation="sdpa", local_files_only=True
    )


def load(model_path: Path) -> Generate:
    return Generate(load_in_bfloat16(model_path))
