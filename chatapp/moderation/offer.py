"""
What this process offers to the rules that it judges by. The one place that holds it; what judges is handed it.

Built from the settings when the process begins; a model worker puts its own there before it loads a ruleset.
"""

from collections.abc import Mapping
from typing import Any

from chatapp.moderation.judging.classifiers.model_settings import ModelKind, models_read
from chatapp.moderation.judging.classifiers.offer import BUNDLED_ALONE, Offer

_current = BUNDLED_ALONE


def offer_current() -> Offer:
    return _current


def offer_set(offer: Offer) -> None:
    """What is compiled from now on asks it; a ruleset that was loaded before keeps what it began with."""
    global _current  # noqa: PLW0603  # one of each process, like its settings
    _current = offer


def offer_of_settings(*, remotes: Mapping[str, Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]]) -> Offer:
    """
    :raises RemoteSettingsInvalid, RemoteAddressInvalid, ModelSettingsInvalid, ModelNameTaken: for wrong settings.
    """
    kinds = {name: model.kind for name, model in models_read(models).items()}
    embedding = [name for name, kind in kinds.items() if kind is ModelKind.EMBEDDING]
    judging = [name for name in kinds if name not in embedding]
    return BUNDLED_ALONE.with_remotes(remotes).with_models(judging).with_embedding_models(embedding)
