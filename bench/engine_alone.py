"""The engine of a model worker without anything around it: a line of questions in, a line of figures out."""

import json
import statistics
import sys
import time
from pathlib import Path
from uuid import uuid4

from inference.engines.choosing import load_engine
from inference.types import ChatMessage, Delta, Finish, GenerationRequest, SamplingParameters, StepChannel

NUM_SLOTS = 16  # as the catalog's row
SYSTEM_PROMPT = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


def main() -> None:
    path, max_new_tokens = Path(sys.argv[1]), int(sys.argv[2])
    engine = load_engine(path, num_slots=NUM_SLOTS)
    print(json.dumps({"ready": 1}), flush=True)
    for line in sys.stdin:
        channel, first_s, num_tokens, num_open = StepChannel(), {}, 0, 0
        began = time.monotonic()
        for question in json.loads(line):
            messages = (ChatMessage("system", SYSTEM_PROMPT), ChatMessage("user", question))
            sampling = SamplingParameters(max_new_tokens=max_new_tokens, temperature=0.0, top_k=50, top_p=0.9)
            # A scope of its own each time: the product's conversations are new ones too.
            request = GenerationRequest(id=str(uuid4()), messages=messages, sampling=sampling, cache_scope=str(uuid4()))
            engine.submit(request, channel=channel)
            num_open += 1
        while num_open:
            for output in channel.get(timeout_s=60):
                if isinstance(output, Delta):
                    first_s.setdefault(output.request_id, time.monotonic() - began)
                elif isinstance(output, Finish):
                    num_open -= 1
                    num_tokens += output.usage.num_completion_tokens
        took_s = time.monotonic() - began
        figures = {"tokens_per_s": num_tokens / took_s, "first_token_s": statistics.median(first_s.values())}
        print(json.dumps(figures), flush=True)
    engine.close()


if __name__ == "__main__":
    main()
