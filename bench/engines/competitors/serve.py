"""`transformers serve` over HTTP on the loopback: concurrent streaming chat completions, read with asyncio alone."""

import asyncio
import contextlib
import importlib.util
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from bench.engines.protocol import TEMPERATURE, TOP_K, TOP_P, Arrival, Ask, CompetitorMissing, Mode
from chatapp.launch.ports import find_free_port

NEEDED = ("fastapi", "uvicorn", "openai")
START_LIMIT_S = 120.0
STOP_LIMIT_S = 15.0
_WAIT_S = 300.0
_GENERATION: dict[Mode, dict[str, Any]] = {
    Mode.GREEDY: {"do_sample": False},
    Mode.SAMPLED: {"do_sample": True, "temperature": TEMPERATURE, "top_k": TOP_K, "top_p": TOP_P},
}


class Serve:
    """A client of one server, or of one a mode where a server decides once whether it samples."""

    def __init__(self, model_path: Path, *, arguments: Sequence[str], one_server_a_mode: bool) -> None:
        """:raises CompetitorMissing: if what `transformers serve` needs is not installed."""
        missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
        if missing:
            raise CompetitorMissing(f"`transformers serve` needs {', '.join(missing)}")
        self._model_path = model_path
        modes = list(Mode) if one_server_a_mode else [Mode.GREEDY]
        self._servers = {mode: _Server(model_path, arguments) for mode in modes}
        for server in self._servers.values():
            server.await_health()
        self.settings = " ".join(["transformers serve", "--dtype bfloat16 --attn-implementation sdpa", *arguments]) + (
            ", one server a mode" if one_server_a_mode else ""
        )
        self._arrivals: queue.SimpleQueue[Arrival | Exception] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def submit(self, ask: Ask, mode: Mode) -> None:
        server = self._servers.get(mode) or self._servers[Mode.GREEDY]
        asyncio.run_coroutine_threadsafe(self._answer(ask, mode, server.port), self._loop)

    def wait(self) -> Sequence[Arrival]:
        arrival = self._arrivals.get(timeout=_WAIT_S)
        if isinstance(arrival, Exception):
            raise arrival
        return [arrival]

    def cancel(self, key: str) -> None:
        raise NotImplementedError("nothing here is cancelled")

    def close(self) -> None:
        for server in self._servers.values():
            server.close()

    async def _answer(self, ask: Ask, mode: Mode, port: int) -> None:
        try:
            await self._read(ask.key, _chunks(port, self._body(ask, mode)))
        except Exception as failure:  # noqa: BLE001  # whatever it is, the thread that waits must learn of it
            self._arrivals.put(failure)

    async def _read(self, key: str, chunks: AsyncIterator[dict[str, Any]]) -> None:
        num_arrived = 0
        async for chunk in chunks:
            if "error" in chunk:
                raise RuntimeError(chunk["error"])
            choice = chunk["choices"][0]
            if choice["delta"].get("content"):
                num_arrived += 1
                self._arrivals.put(Arrival(key, time.monotonic(), 1))
            if choice.get("finish_reason"):
                # A chunk is what came since the last one, at times several tokens: the total is the server's own.
                num_silent = chunk["usage"]["completion_tokens"] - num_arrived
                self._arrivals.put(Arrival(key, time.monotonic(), num_silent, is_end=True))
                return
        raise RuntimeError("the server closed the stream before the answer's end")

    def _body(self, ask: Ask, mode: Mode) -> dict[str, Any]:
        generation = {"max_new_tokens": ask.num_new_tokens, "eos_token_id": -1, "pad_token_id": 0, **_GENERATION[mode]}
        return {
            "model": str(self._model_path),
            "stream": True,
            "messages": [{"role": role, "content": text} for role, text in ask.messages],
            "generation_config": json.dumps(generation),
        }


class _Server:
    def __init__(self, model_path: Path, arguments: Sequence[str]) -> None:
        self.port = find_free_port()
        program = "from transformers.cli.transformers import app; app()"
        self._process = subprocess.Popen(
            [
                sys.executable, "-c", program, "serve", str(model_path), "--dtype", "bfloat16",
                "--attn-implementation", "sdpa", "--host", "127.0.0.1", "--port", str(self.port), *arguments,
            ]
        )  # fmt: skip

    def await_health(self) -> None:
        limit_s = time.monotonic() + START_LIMIT_S
        while time.monotonic() < limit_s:
            if self._process.poll() is not None:
                raise CompetitorMissing(f"`transformers serve` ended with {self._process.returncode}; see its log")
            if asyncio.run(_is_healthy(self.port)):
                return
            time.sleep(0.1)
        raise CompetitorMissing(f"`transformers serve` was not there after {START_LIMIT_S:.0f} s")

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


async def _is_healthy(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        status = await reader.readline()
    except OSError:
        return False
    writer.close()
    return b" 200 " in status


async def _chunks(port: int, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """Post a chat completion and yield its server-sent events. Chunk sizes of the transfer are lines of their own."""
    payload = json.dumps(body).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(payload)}\r\n\r\n"
    )
    writer.write(head.encode() + payload)
    status = await reader.readline()
    if b" 200 " not in status:
        raise RuntimeError((status + await reader.read(2_000)).decode(errors="replace"))
    async for line in reader:
        if line.startswith(b"data: {"):
            yield json.loads(line.removeprefix(b"data: "))
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def load(model_path: Path) -> Serve:
    return Serve(model_path, arguments=(), one_server_a_mode=False)
