"""
`make bench-e2e`: what the product costs beside its engine.

The same questions go to the engine alone, in a process of its own, and through the whole product (socket, queue,
runner, gate, event log, hub, socket), with 1 and 16 of them at once, in turn, several times. Prints medians and ratios,
and keeps them in bench/results/.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.machine import machine
from chatapp.launch.configuration import CHECKOUT, DEFAULT_MODEL_SLUG
from tests.support.client import Person
from tests.support.product import running_product

NUM_ROUNDS = 5
SIZES = (1, 16)
MAX_NEW_TOKENS = 96
QUESTION = "Tell me a long story about a lighthouse keeper and the sea. Chapter {number}."
RESULTS = CHECKOUT / "bench" / "results"


@dataclass(frozen=True)
class Reading:
    """One round: tokens of all answers over the time from the first question to the last end; median first token."""

    tokens_per_s: float
    first_token_s: float


async def ask_product(people: list[Person], conversations: list[str]) -> Reading:
    """Everybody asks at once, each over a socket of their own."""
    began = time.monotonic()
    answers = await asyncio.gather(
        *(
            _one(person, conversation, number)
            for number, (person, conversation) in enumerate(zip(people, conversations, strict=True))
        )
    )
    took_s = time.monotonic() - began
    return Reading(sum(tokens for tokens, _ in answers) / took_s, statistics.median(first for _, first in answers))


async def _one(person: Person, conversation: str, number: int) -> tuple[int, float]:
    async with person.socket() as tab:
        await tab.watch(conversation)
        began = time.monotonic()
        reply = await tab.ask(conversation, QUESTION.format(number=number))
        generation_id = reply["generation_id"]
        await tab.until_event(
            lambda event: event["type"] == "generation.delta" and event["generation_id"] == generation_id
        )
        first_s = time.monotonic() - began
        end = await tab.finished(generation_id)
    return end["generation"]["usage"]["num_completion_tokens"], first_s


def measure_product(people: list[Person], size: int) -> Reading:
    chosen = people[:size]
    conversations = [person.conversation_create(model=DEFAULT_MODEL_SLUG) for person in chosen]
    for person, conversation in zip(chosen, conversations, strict=True):
        # A title of a person's own: the model writes none, so that only answers are counted.
        person.rest("PATCH", f"/conversations/{conversation}", {"title": "bench"})
    return asyncio.run(ask_product(chosen, conversations))


class EngineAlone:
    """The same engine in a process of its own, loaded once, asked over a pipe."""

    def __init__(self, models_dir: str) -> None:
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "bench.engine_alone",
                str(Path(models_dir) / DEFAULT_MODEL_SLUG),
                str(MAX_NEW_TOKENS),
            ],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._read()

    def measure(self, size: int) -> Reading:
        if self._process.stdin is None:
            raise RuntimeError("the engine's process has no input")
        self._process.stdin.write(json.dumps([QUESTION.format(number=number) for number in range(size)]) + "\n")
        self._process.stdin.flush()
        return Reading(**self._read())

    def _read(self) -> dict[str, float]:
        if self._process.stdout is None:
            raise RuntimeError("the engine's process has no output")
        answer: dict[str, float] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=30)


def median_of(readings: list[Reading]) -> dict[str, float]:
    return {
        "tokens_per_s": round(statistics.median(reading.tokens_per_s for reading in readings), 1),
        "first_token_s": round(statistics.median(reading.first_token_s for reading in readings), 3),
    }


def main() -> None:
    where = machine()
    models_dir = os.environ.get("CHATAPP_MODELS_DIR") or str(CHECKOUT / "var" / "models")
    rows: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        running_product(Path(folder), max_new_tokens=MAX_NEW_TOKENS) as product,
    ):
        people = [product.person() for _ in range(max(SIZES))]
        alone = EngineAlone(models_dir)
        measure_product(people, 1)
        alone.measure(1)
        for size in SIZES:
            through: list[Reading] = []
            bare: list[Reading] = []
            for number in range(NUM_ROUNDS):
                through.append(measure_product(people, size))
                bare.append(alone.measure(size))
                print(f"{size:>3} at once, round {number + 1}: product {through[-1]}, engine {bare[-1]}", flush=True)
            row = {"at_once": size, "product": median_of(through), "engine_alone": median_of(bare)}
            row["ratio"] = round(row["product"]["tokens_per_s"] / row["engine_alone"]["tokens_per_s"], 3)
            rows.append(row)
        alone.close()
    result = {
        "what": "end to end against the engine alone",
        "machine": where,
        "rounds": NUM_ROUNDS,
        "max_new_tokens": MAX_NEW_TOKENS,
        "rows": rows,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"end-to-end-{time.strftime('%Y-%m-%d')}.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))
    print(f"kept in {path.relative_to(CHECKOUT)}")


if __name__ == "__main__":
    main()
