"""Continuous batching of transformers, over its own manager."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.engines.competitors.generate import NO_END_TOKEN, SAMPLING, load_in_bfloat16
from bench.engines.protocol import TEMPERATURE, TOP_K, TOP_P, Arrival, Ask, Mode

PAGE_SIZE = 256
NUM_BLOCKS = 160  # 40,960 tokens: 64 answers of one page each beside a prompt of 6,000 tokens
MAX_BATCH_TOKENS = 512
_POLL_S = 5.0
_PER_REQUEST = {Mode.GREEDY: {}, Mode.SAMPLED: {"temperature": TEMPERATURE, "top_k": TOP_K, "top_p": TOP_P}}


class ContinuousBatching:
    """One manager a mode, because a manager decides once whether it samples; an unused one sleeps."""

    settings = (
        f"ContinuousBatchingManager, bfloat16, sdpa, page_size={PAGE_SIZE}, num_blocks={NUM_BLOCKS}, "
        f"max_batch_tokens={MAX_BATCH_TOKENS}, per_request_processors, block sharing as it comes, streaming"
    )

    def __init__(self, model: Any) -> None:
        self._model = model
        self._managers: dict[Mode, Any] = {}
        self._active: Any = None
        self._num_arrived: dict[str, int] = {}
        self._cancelled: list[Arrival] = []

    def submit(self, ask: Ask, mode: Mode) -> None:
        self._active = self._manager(mode)
        self._num_arrived[ask.key] = 0
        self._active.add_request(
            list(ask.token_ids),
            request_id=ask.key,
            max_new_tokens=ask.num_new_tokens,
            eos_token_id=NO_END_TOKEN,
            streaming=True,
            **_PER_REQUEST[mode],
        )

    def wait(self) -> Sequence[Arrival]:
        if self._cancelled:
            cancelled, self._cancelled = self._cancelled, []
            return cancelled
        output = self._active.get_result(timeout=_POLL_S)
        if output is None:
            if not self._active.is_running():
                raise RuntimeError("the manager's thread has ended")
            return []
        if output.error is not None:
            raise RuntimeError(output.error)
        key = output.request_id
        if key not in self._num_arrived:
            return []  # a token that was on its way when its request was cancelled
        num_new = len(output.generated_tokens) - self._num_arrived[key]
        self._num_arrived[key] += num_new
        if output.is_finished():
            del self._num_arrived[key]
        return [Arrival(key, time.monotonic(), num_new, is_end=output.is_finished())]

    def cancel(self, key: str) -> None:
        """The manager says nothing at a cancelled request's end, so it is said here."""
        if self._num_arrived.pop(key, None) is not None:
            self._active.cancel_request(key)
            self._cancelled.append(Arrival(key, time.monotonic(), 0, is_end=True))

    def close(self) -> None:
        for manager in self._managers.values():
            manager.stop(block=True, timeout=5, hard_stop=True)

    def _manager(self, mode: Mode) -> Any:
        from transformers import ContinuousBatchingConfig, GenerationConfig

        if mode not in self._managers:
            settings = {"eos_token_id": NO_END_TOKEN, **SAMPLING[mode]}
            self._managers[mode] = self._model.init_continuous_batching(
                generation_config=GenerationConfig.from_dict(settings),
                continuous_batching_config=ContinuousBatchingConfig(
                    page_size=PAGE_SIZE,
                    num_blocks=NUM_BLOCKS,
                    max_batch_tokens=MAX_BATCH_TOKENS,
                    per_request_processors=True,
                ),
            )
            self._managers[mode].start()
        return self._managers[mode]


def load(model_path: Path) -> ContinuousBatching:
    return ContinuousBatching(load_in_bfloat16(model_path))
