"""The piece of one job that a step computes: what scheduler and layers agree on. Pure integers."""

from dataclasses import dataclass

from inference.tokens.job import Job


@dataclass(frozen=True, slots=True)
class Segment:
    """Consecutive tokens of one job that this step computes, from position `start`."""

    job: Job
    slot: int
    start: int
    tokens: tuple[int, ...]
    samples: bool  # the job's last token is among them: its logits choose the next
    num_drafted: int = 0  # tokens behind the job's last that are only guessed: what follows each is wanted too

    @property
    def num_sampled(self) -> int:
        """How many of the last tokens have logits that choose."""
        return 1 + self.num_drafted if self.samples else 0
