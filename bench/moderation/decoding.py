"""A model worker in small, for publish.py: decodes, asks for the ruleset in force, writes down steps and versions."""

import json
import sys
import threading
import time
from pathlib import Path

from bench.moderation.publish import ASK_EVERY_S, django_begin
from inference.engines.choosing import load_engine
from inference.types import ChatMessage, Delta, GenerationRequest, SamplingParameters, StepChannel


def main() -> None:
    path, num_streams, max_new_tokens = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    django_begin()
    engine = load_engine(path, num_slots=num_streams)
    channel = StepChannel()
    for number in range(num_streams):
        question = (ChatMessage("user", f"Tell me a very long story about the number {number}."),)
        sampling = SamplingParameters(max_new_tokens=max_new_tokens, temperature=0.8, top_k=50, top_p=0.95)
        engine.submit(GenerationRequest(id=str(number), messages=question, sampling=sampling), channel=channel)
    threading.Thread(target=_ask, daemon=True).start()
    _write_steps(channel)


def _ask() -> None:
    from chatapp.moderation.publishing.loading import ruleset_current

    version = 0
    while True:
        if (now := ruleset_current().version) != version:
            version = now
            print(json.dumps({"version": version, "judges_since": time.time()}), flush=True)
        time.sleep(ASK_EVERY_S)


def _write_steps(channel: StepChannel) -> None:
    """A step ends when it gives out text of several streams at once."""
    before_s = time.monotonic()
    while True:
        outputs = channel.get(timeout_s=60)
        if sum(isinstance(output, Delta) for output in outputs) > 1:
            now_s = time.monotonic()
            line = {"step_ended": time.time(), "step_ms": (now_s - before_s) * 1000}
            print(json.dumps(line), flush=True)
            before_s = now_s


if __name__ == "__main__":
    main()
