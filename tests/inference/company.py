"""One request among many that join and leave, for engines whose answers must not depend on the company."""

import random
from collections.abc import Sequence

from inference.types import Engine, Finish, GenerationRequest, Output, StepChannel
from tests.inference.reading import LIMIT_S, ask, read_all

LENGTHS = (1, 2, 5, 9, 17, 24)


def outputs_in_company(
    engine: Engine, watched: GenerationRequest, *, texts: Sequence[str], num_others: int
) -> list[Output]:
    """Everything that is given out for a request and `num_others`, named by their number; some are cancelled."""
    chance, channel = random.Random(5), StepChannel()
    outputs: list[Output] = []
    engine.submit(watched, channel=channel)
    for number in range(num_others):
        length = chance.choice(LENGTHS)
        engine.submit(ask(chance.choice(texts), request_id=str(number), max_new_tokens=length), channel=channel)
        if chance.random() < 0.5:
            outputs += channel.get(timeout_s=LIMIT_S)
        if chance.random() < 0.2:
            engine.cancel(str(chance.randrange(number + 1)))
    num_ended = sum(isinstance(output, Finish) for output in outputs)
    return [*outputs, *read_all(channel, num_requests=num_others + 1 - num_ended)]
