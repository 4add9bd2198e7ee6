"""
What the benchmark and a competitor's process say to each other, as plain values.

Imports nothing heavy: the driver holds no torch while others are measured.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

TEMPERATURE = 0.7
TOP_K = 50
TOP_P = 0.9


Role = Literal["system", "user", "assistant"]
Messages = tuple[tuple[Role, str], ...]  # role, text


class Mode(StrEnum):
    """How each next token is chosen."""

    GREEDY = "greedy"
    SAMPLED = "sampled"  # TEMPERATURE, TOP_K, TOP_P


class CompetitorMissing(Exception):
    """This competitor cannot run here; the text says why."""


@dataclass(frozen=True, slots=True)
class Ask:
    """
    One answer to write. `messages` and `token_ids` say the same: each competitor takes the one it is made for.

    scope: conversations that may share cached tokens; "" = none.
    suppressed_ids: tokens that must not be chosen; only our engine is asked for that.
    """

    key: str
    messages: Messages
    token_ids: tuple[int, ...]
    num_new_tokens: int
    scope: str = ""
    suppressed_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Asks that are sent together; `joining` follows when each of them writes, and they are cancelled at its end."""

    mode: Mode
    asks: tuple[Ask, ...]
    joining: Ask | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Tokens of one answer that reached the reader together, at a time of `time.monotonic`."""

    key: str
    at_s: float
    num_tokens: int
    text: str = ""
    is_end: bool = False


@dataclass(slots=True)
class Trace:
    """What one answer's reader saw, in seconds since the job began. `arrivals_s`: when tokens came, in order."""

    submitted_s: float
    num_prompt_tokens: int
    arrivals_s: list[float] = field(default_factory=list)
    num_tokens: int = 0
    ended_s: float | None = None
    text: str = ""


class Competitor(Protocol):
    """A loaded model. Called from one thread; burns no processor time while nothing is submitted."""

    settings: str  # what it was given, one line for the table

    def submit(self, ask: Ask, mode: Mode) -> None: ...

    def wait(self) -> Sequence[Arrival]:
        """Work, or wait for whoever works, until tokens arrive."""
        ...

    def cancel(self, key: str) -> None:
        """End an answer; its end arrives as well."""
        ...

    def close(self) -> None: ...


def job_to_json(job: Job) -> dict[str, Any]:
    return asdict(job)


def job_of_json(values: dict[str, Any]) -> Job:
    joining = values["joining"]
    return Job(
        mode=Mode(values["mode"]),
        asks=tuple(_ask_of_json(ask) for ask in values["asks"]),
        joining=None if joining is None else _ask_of_json(joining),
    )


def _ask_of_json(values: dict[str, Any]) -> Ask:
    messages = tuple((role, text) for role, text in values["messages"])
    lists = {name: tuple(values[name]) for name in ("token_ids", "suppressed_ids")}
    return Ask(**{**values, **lists, "messages": messages})
