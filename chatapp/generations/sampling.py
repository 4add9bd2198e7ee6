"""
How the next token is chosen: what a program may ask for with a turn, and what holds where it asks for nothing. Pure.

Knows no engine; which parameters one has is an argument.
"""

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import Field

from chatapp.catalog.models import ChatModel
from chatapp.core.limits import MAX_EXACT_INTEGER, MAX_TEMPERATURE
from chatapp.core.text import storable
from chatapp.feed.events import Unit
from chatapp.generations.errors import MaxNewTokensTooMany, UnsupportedParameter

# The limits are those of the engine (inference/requests.py); what it would refuse is refused before it is stored.
MAX_PENALTY = 100.0
MAX_LOGPROBS = 20
MAX_STOP_STRINGS = 4
MAX_STOP_CHARS = 64

DEFAULT_TOP_K = 50
DEFAULT_TOP_P = 0.9

_Finite = Field(allow_inf_nan=False)


class Sampling(Unit):
    """The `sampling` of a turn. Every field is optional; what is left out is ours to choose."""

    temperature: Annotated[float, _Finite, Field(ge=0.0, le=MAX_TEMPERATURE)] | None = None
    top_k: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    top_p: Annotated[float, _Finite, Field(gt=0.0, le=1.0)] | None = None
    min_p: Annotated[float, _Finite, Field(ge=0.0, le=1.0)] | None = None
    repetition_penalty: Annotated[float, _Finite, Field(ge=0.01, le=MAX_PENALTY)] | None = None
    frequency_penalty: Annotated[float, _Finite, Field(ge=-MAX_PENALTY, le=MAX_PENALTY)] | None = None
    presence_penalty: Annotated[float, _Finite, Field(ge=-MAX_PENALTY, le=MAX_PENALTY)] | None = None
    seed: Annotated[int, Field(ge=0, le=MAX_EXACT_INTEGER)] | None = None
    stop: (
        Annotated[
            tuple[Annotated[str, Field(min_length=1, max_length=MAX_STOP_CHARS)], ...],
            Field(max_length=MAX_STOP_STRINGS),
        ]
        | None
    ) = None
    max_new_tokens: Annotated[int, Field(ge=1)] | None = None
    num_logprobs: Annotated[int, Field(ge=0, le=MAX_LOGPROBS)] | None = None

    def asked(self) -> dict[str, Any]:
        """What was asked for by name, as plain values."""
        asked = self.model_dump(mode="json", exclude_none=True)
        if "stop" in asked:
            asked["stop"] = [stop for text in asked["stop"] if (stop := storable(text))]
        return asked


def askable_parameters(parameters: Collection[str]) -> list[str]:
    """Of what an engine can do, return what a turn may ask for; the rest is the product's own business."""
    return [name for name in parameters if name in Sampling.model_fields]


def sampling_of(
    *, asked: Mapping[str, Any], temperature: float, seed: int, parameters: Collection[str] | None, model: ChatModel
) -> dict[str, Any]:
    """
    What holds for one answer: what was asked for, and our defaults for the rest.

    parameters: what the serving engine has, None = not known yet. A default that it lacks is left out; the engine's
    own then holds. What a program or a person asked for is never left out.
    :raises UnsupportedParameter: naming the first parameter asked for that the engine lacks.
    :raises MaxNewTokensTooMany: more than the model's longest answer.
    """
    asked = dict(asked)
    if temperature != model.default_temperature:
        asked.setdefault("temperature", temperature)  # the person set it for this conversation
    _asked_check(asked, parameters, model)
    defaults = {"temperature": temperature, "top_k": DEFAULT_TOP_K, "top_p": DEFAULT_TOP_P, "seed": seed}
    sampling = {**defaults, "max_new_tokens": model.max_new_tokens, **asked}
    return supported(sampling, asked=asked, parameters=parameters)


def supported(
    sampling: Mapping[str, Any], *, asked: Collection[str], parameters: Collection[str] | None
) -> dict[str, Any]:
    """The sampling without those of our defaults that the engine lacks."""
    kept = {"max_new_tokens", *asked, *(sampling if parameters is None else parameters)}
    return {name: value for name, value in sampling.items() if name in kept}


def _asked_check(asked: Mapping[str, Any], parameters: Collection[str] | None, model: ChatModel) -> None:
    for name in asked:
        if parameters is not None and name not in parameters and name != "max_new_tokens":
            raise UnsupportedParameter.of(name, model=model.slug)
    if asked.get("max_new_tokens", 0) > model.max_new_tokens:
        raise MaxNewTokensTooMany.of(asked["max_new_tokens"], limit=model.max_new_tokens)
