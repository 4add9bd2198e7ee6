"""
The engines that may serve a model and what a request may ask of one, as the catalog names them. Pure.

Knows no engine: a model worker reports plain values, and a test holds these names to the engine's own.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class EngineChoice(models.TextChoices):
    """Who serves a model: chosen at load, or always the same."""

    AUTO = "auto", _("automatic")
    SLOTS = "slots", _("slots: all answers in one pass")
    PAGED = "paged", _("paged: continuous batching of transformers")
    GENERATE = "generate", _("generate: one answer at a time")


PARAMETER_LABELS = {
    "temperature": _("temperature"),
    "top_k": _("only the k most probable tokens"),
    "top_p": _("only the tokens that hold the mass p"),
    "min_p": _("only tokens of at least this share of the best"),
    "repetition_penalty": _("penalty on tokens that were there"),
    "frequency_penalty": _("penalty by how often a token came"),
    "presence_penalty": _("penalty once a token came"),
    "seed": _("seed: the same text again"),
    "logit_bias": _("bias on single tokens"),
    "stop": _("stop strings"),
    "num_logprobs": _("log-probabilities"),
    "prefix": _("continue an answer after a worker died"),
    "priority": _("titles behind answers in the engine’s queue"),
    "adapter": _("adapters"),
}

# What engines say of themselves in English; any other sentence is shown as it came.
KNOWN_REASONS = (
    _("it was asked for"),
    _("the answers over slots were the model's own at load"),
    _("on a GPU, transformers' continuous batching gave the model's own answers at load"),
    _("an encoder-decoder model runs in transformers' generate alone"),
)


@dataclass(frozen=True, slots=True)
class Capability:
    """One row of the table: can the engine that serves the model do it."""

    parameter: str
    label: str
    is_supported: bool


def capability_table(parameters: Collection[str]) -> list[Capability]:
    """Every optional parameter in the engine's order."""
    return [Capability(name, str(label), name in parameters) for name, label in PARAMETER_LABELS.items()]


def reason_text(reason: str) -> str:
    """The engine's reason in the reader's language where we have the sentence."""
    return gettext(reason) if reason else ""
