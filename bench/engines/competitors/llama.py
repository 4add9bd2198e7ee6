"""
llama.cpp on the GGUF that the default model is made of: its low-level batch API, many sequences in one context.

No text is made of the tokens and no thread stands between, so nothing here slows it that it does not need.
"""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.engines.protocol import TEMPERATURE, TOP_K, TOP_P, Arrival, Ask, CompetitorMissing, Mode

NUM_SEQUENCES = 64
NUM_CELLS = 16_384  # of the cache that all sequences share
BATCH_TOKENS = 2_048
UBATCH_TOKENS = 512


@dataclass(eq=False, slots=True)
class _Sequence:
    """`pending`: tokens without keys and values yet; `position`: of the first of them."""

    key: str
    number: int
    sampler: Any
    pending: list[int]
    num_left: int
    position: int = 0


class LlamaCpp:
    def __init__(self, api: Any, gguf: Path) -> None:
        self._api = api
        api.llama_backend_init()
        model = api.llama_model_load_from_file(str(gguf).encode(), api.llama_model_default_params())
        if not model:
            raise CompetitorMissing(f"llama.cpp cannot load {gguf.name}")
        self._context = api.llama_init_from_model(model, _context_params(api))
        if not self._context:
            raise CompetitorMissing("llama.cpp cannot make a context")
        self._memory = api.llama_get_memory(self._context)
        self._batch = api.llama_batch_init(BATCH_TOKENS, 0, 1)
        self._free = list(range(NUM_SEQUENCES))
        self._running: list[_Sequence] = []
        self.settings = (
            f"llama-cpp-python, {gguf.name}, n_threads={_num_cores()}, n_batch={BATCH_TOKENS}, n_ubatch="
            f"{UBATCH_TOKENS}, n_seq_max={NUM_SEQUENCES}, unified cache of {NUM_CELLS} cells, flash attention as it "
            "comes; llama_batch API, sampler chain greedy or top_k → top_p → temp → dist"
        )

    def submit(self, ask: Ask, mode: Mode) -> None:
        sampler = _sampler(self._api, mode, seed=len(self._running))
        sequence = _Sequence(ask.key, self._free.pop(), sampler, list(ask.token_ids), ask.num_new_tokens)
        self._running.append(sequence)

    def wait(self) -> Sequence[Arrival]:
        """One llama_decode: every decoding sequence's token, then prompts as far as the batch reaches."""
        sampling = self._fill_batch()
        status = self._api.llama_decode(self._context, self._batch)
        if status != 0:
            raise RuntimeError(f"llama_decode returned {status}")
        return [self._choose(sequence, row) for sequence, row in sampling]

    def cancel(self, key: str) -> None:
        raise NotImplementedError("nothing here is cancelled")

    def close(self) -> None:
        self._api.llama_batch_free(self._batch)
        self._api.llama_free(self._context)

    def _fill_batch(self) -> list[tuple[_Sequence, int]]:
        """Return the sequences that get a token, each with the batch's row that holds its logits."""
        sampling = []
        row = 0
        for sequence in sorted(self._running, key=lambda sequence: len(sequence.pending)):
            taken = sequence.pending[: BATCH_TOKENS - row]
            sequence.pending = sequence.pending[len(taken) :]
            for token in taken:
                self._put(row, token, sequence)
                row += 1
            if taken and not sequence.pending:
                self._batch.logits[row - 1] = 1
                sampling.append((sequence, row - 1))
        self._batch.n_tokens = row
        return sampling

    def _put(self, row: int, token: int, sequence: _Sequence) -> None:
        self._batch.token[row] = token
        self._batch.pos[row] = sequence.position
        self._batch.n_seq_id[row] = 1
        self._batch.seq_id[row][0] = sequence.number
        self._batch.logits[row] = 0
        sequence.position += 1

    def _choose(self, sequence: _Sequence, row: int) -> Arrival:
        token = self._api.llama_sampler_sample(sequence.sampler, self._context, row)
        sequence.pending = [token]
        sequence.num_left -= 1
        if sequence.num_left == 0:
            self._running.remove(sequence)
            self._api.llama_memory_seq_rm(self._memory, sequence.number, -1, -1)
            self._api.llama_sampler_free(sequence.sampler)
            self._free.append(sequence.number)
        return Arrival(sequence.key, time.monotonic(), 1, is_end=sequence.num_left == 0)


def load(model_path: Path) -> LlamaCpp:
    """:raises CompetitorMissing: if llama-cpp-python or the default model's wheel is not installed."""
    try:
        from llama_cpp import llama_cpp
    except (ImportError, OSError, RuntimeError) as failure:
        raise CompetitorMissing(f"llama-cpp-python is not installed or broken ({failure})") from failure
    from inference.errors import ModelUnusable
    from inference.models.preparing import default_gguf_path

    if not model_path.name.startswith("smollm2-135m-instruct"):
        raise CompetitorMissing("there is a GGUF file of the default model only")
    try:
        return LlamaCpp(llama_cpp, default_gguf_path())
    except ModelUnusable as failure:
        raise CompetitorMissing(str(failure)) from failure


def _context_params(api: Any) -> Any:
    params = api.llama_context_default_params()
    params.n_ctx = NUM_CELLS
    params.n_batch, params.n_ubatch = BATCH_TOKENS, UBATCH_TOKENS
    params.n_seq_max = NUM_SEQUENCES
    params.kv_unified = True
    params.n_threads = params.n_threads_batch = _num_cores()
    params.no_perf = True
    return params


def _sampler(api: Any, mode: Mode, *, seed: int) -> Any:
    chain = api.llama_sampler_chain_init(api.llama_sampler_chain_default_params())
    links = (
        [api.llama_sampler_init_greedy()]
        if mode is Mode.GREEDY
        else [
            api.llama_sampler_init_top_k(TOP_K),
            api.llama_sampler_init_top_p(TOP_P, 1),
            api.llama_sampler_init_temp(TEMPERATURE),
            api.llama_sampler_init_dist(seed),
        ]
    )
    for link in links:
        api.llama_sampler_chain_add(chain, link)
    return chain


def _num_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
