"""
From a publish to its effect: 100,000 words, a default worker that builds, another process that decodes and follows.

The other process is a model worker in small: the real engine with eight streams, and `ruleset_current` asked twenty
times a second. Everything runs on a database and a Redis of its own.
`python -m bench.moderation.publish [folder of lists]`.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.machine import machine
from chatapp.launch.redis_server import start_redis

NUM_WORDS = 100_000
NUM_STREAMS = 8
MAX_NEW_TOKENS = 700
ASK_EVERY_S = 0.05
WARM_UP_S = 3.0
QUIET_S = 8.0  # steps before the publish, to compare with
LIMIT_S = 60.0
MODEL = Path("var/models/smollm2-135m-instruct")
WORD_SYMBOLS = range(2, 100)  # what may be blocked
HAN = [chr(0x4E00 + number) for number in range(3000)]
LATIN = "etaoinshrdlucmfwyp"


def words_of(data: Path | None) -> list[str]:
    """The lists of the folder, one entry a line in any of its text files, filled up with words that are made up."""
    from chatapp.moderation.judging.text.normalise import fold_text, pattern_symbols

    lists = sorted(data.rglob("*.txt")) if data else []
    known = {line.strip() for path in lists for line in path.read_text(encoding="utf-8").splitlines()}
    by_symbols = {pattern_symbols(word): word for word in sorted(known) if len(fold_text(word).strip()) in WORD_SYMBOLS}
    for word in made_up_words():
        if len(by_symbols) >= NUM_WORDS:
            break
        by_symbols.setdefault(pattern_symbols(word), word)
    return list(by_symbols.values())[:NUM_WORDS]


def made_up_words() -> Iterator[str]:
    """Chinese and Latin ones without end, some of them twice; the same every time."""
    chance = random.Random(1)  # noqa: S311
    while True:
        letters, lengths = (HAN, (2, 2, 3, 3, 4)) if chance.getrandbits(1) else (LATIN, (4, 5, 6, 7, 8, 9))
        yield "".join(chance.choices(letters, k=chance.choice(lengths)))


def measure(data: Path | None = None) -> dict[str, Any]:
    """
    Seconds from the commit of a publish until the build is stored, and until another process judges by it.

    data: a folder with word lists, or None for made-up words only. Steps of the decoding process in milliseconds.
    """
    with _installation() as folder:
        django_begin()
        from chatapp.moderation import models
        from chatapp.moderation.publishing.services import ruleset_publish

        rule = models.Rule(slug="many-words", category="other", action="block", state="enforcing")
        rule.stages, rule.words = ["input", "output"], "\n".join(words_of(data))
        rule.save()
        with _worker(folder) as worker, _decoding(folder) as decoding:
            _wait_for(lambda: "ready" in worker.read_text(), "the default worker")
            _wait_for(lambda: "step_ms" in decoding.read_text(), "the decoding process")
            time.sleep(WARM_UP_S + QUIET_S)
            began = time.time()
            ruleset_publish(author=None, reason="a measurement")
            committed = time.time()
            build = _wait_for(models.RulesetBuild.objects.filter(version=2).first, "the build")
            stored = time.time()
            _wait_for(lambda: _judges_since(decoding, 2), "the decoding process")
            time.sleep(1.0)
            steps = [(line["step_ended"], line["step_ms"]) for line in _lines(decoding) if "step_ms" in line]
            loaded = _judges_since(decoding, 2)
    return {
        "num_words": NUM_WORDS,
        "publish_s": round(committed - began, 2),
        "stored_after_s": round(stored - committed, 2),
        "loaded_after_s": round(loaded - committed, 2),
        "build_mb": round(build.num_bytes / 1e6, 2),
        "step_ms": _steps(steps, began - QUIET_S, began),
        "step_ms_while_building": _steps(steps, committed, stored),
        "step_ms_while_loading": _steps(steps, stored, loaded),
        **machine(),
    }


def _lines(output: Path) -> list[dict[str, Any]]:
    complete, _, _ = output.read_text().rpartition("\n")
    return [json.loads(line) for line in complete.splitlines() if line.startswith("{")]


def _judges_since(output: Path, version: int) -> float:
    """When the process first judged by the version, or 0."""
    since = [line["judges_since"] for line in _lines(output) if "judges_since" in line and line["version"] == version]
    return since[0] if since else 0.0


def _steps(steps: Sequence[tuple[float, float]], start: float, end: float) -> dict[str, float]:
    within = sorted(step_ms for ended, step_ms in steps if start <= ended <= end)
    if not within:
        return {"number": 0}
    return {
        "number": len(within),
        "median": round(statistics.median(within), 1),
        "mean": round(statistics.fmean(within), 1),
        "max": round(within[-1], 1),
    }


@contextmanager
def _installation() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="chatapp-bench-") as name:
        folder = Path(name)
        redis = start_redis(folder)
        os.environ |= {
            "CHATAPP_SECRET_KEY": "a measurement's",
            "CHATAPP_DATA_DIR": name,
            "REDIS_URL": redis.url,
            "DJANGO_SETTINGS_MODULE": "chatapp.settings",
        }
        os.environ.pop("DATABASE_URL", None)
        try:
            subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True)
            yield folder
        finally:
            redis.stop()


def django_begin() -> None:
    import django

    django.setup()


@contextmanager
def _running(arguments: list[str], output: Path) -> Iterator[Path]:
    with output.open("w") as file:
        process = subprocess.Popen([sys.executable, "-u", "-m", *arguments], stdout=file, stderr=subprocess.STDOUT)
        try:
            yield output
        except TimeoutError:
            sys.stderr.write(output.read_text())
            raise
        finally:
            process.terminate()
            process.wait()


def _worker(folder: Path) -> Any:
    arguments = ["celery", "-A", "chatapp.celery:app", "worker", "-Q", "default", "--pool", "threads", "-c", "4"]
    return _running([*arguments, "--loglevel", "INFO"], folder / "worker.log")


def _decoding(folder: Path) -> Any:
    return _running(["bench.moderation.decoding", str(MODEL), str(NUM_STREAMS), str(MAX_NEW_TOKENS)], folder / "steps")


def _wait_for(condition: Callable[[], Any], what: str) -> Any:
    until_s = time.monotonic() + LIMIT_S
    while not (found := condition()):
        if time.monotonic() > until_s:
            raise TimeoutError(f"waited {LIMIT_S:.0f} s for {what}")
        time.sleep(0.01)
    return found


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]) if len(sys.argv) > 1 else None), indent=2))
