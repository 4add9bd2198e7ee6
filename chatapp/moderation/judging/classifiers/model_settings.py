"""
The models that judge texts, as whoever runs the installation names them. Pure: reads settings, loads nothing.

They run in model workers alone; every process knows their names, so that rules may use them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

MAX_TIMEOUT_S = 60.0


class ModelKind(StrEnum):
    """How a model is read: the guards by their own formats, the others by what they are."""

    SEQUENCE_CLASSIFICATION = "sequence-classification"
    LLAMA_GUARD = "llama-guard"
    SHIELD_GEMMA = "shieldgemma"
    QWEN3_GUARD = "qwen3guard-gen"
    EMBEDDING = "embedding"


class ModelSettingsInvalid(ValueError):
    """The settings of a model that judges name something that is none; says what to write."""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """
    path: a folder with safetensors; a relative one lies in the models folder. device, dtype: as torch names them.

    timeout_s: for one answer, waiting for others included. max_window_chars: how much of an answer it is shown at once.
    problem_type: of a sequence classifier whose configuration does not say whether its labels exclude each other.
    text_prefix: what an embedding model was trained to see before a text (E5: "query: ").
    template_settings: further variables of a generative guard's chat template (ShieldGemma: guideline).
    """

    kind: ModelKind
    path: str
    device: str = "cpu"
    dtype: str = "auto"
    timeout_s: float = 5.0
    max_window_chars: int = 1000
    problem_type: str | None = None
    text_prefix: str = ""
    template_settings: Mapping[str, Any] = field(default_factory=dict)


def models_read(raw: Mapping[str, Mapping[str, Any]]) -> dict[str, ModelSettings]:
    """
    Settings by the name that rules use.

    :raises ModelSettingsInvalid: for any of them.
    """
    return {name: _model(name, settings) for name, settings in raw.items()}


def _model(name: str, settings: Mapping[str, Any]) -> ModelSettings:
    known = {one.name for one in fields(ModelSettings)}
    if not name or not {"kind", "path"} <= set(settings) <= known:
        raise ModelSettingsInvalid(f"{name!r}: kind and path are needed, beside them only {', '.join(sorted(known))}")
    try:
        model = ModelSettings(**{**settings, "kind": ModelKind(settings["kind"])})
    except ValueError:
        kinds = ", ".join(ModelKind)
        raise ModelSettingsInvalid(f"{name!r}: {settings['kind']!r} is no kind of model; one of {kinds}") from None
    if not 0.0 < model.timeout_s <= MAX_TIMEOUT_S or model.max_window_chars < 1:
        raise ModelSettingsInvalid(
            f"{name!r}: timeout_s must be above 0 and at most {MAX_TIMEOUT_S:g}, max_window_chars at least 1"
        )
    return model
