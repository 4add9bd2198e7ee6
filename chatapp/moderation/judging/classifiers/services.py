"""
Services that score texts, as whoever runs the installation names them. Pure: reads settings, asks nobody.

Whoever runs the installation names the addresses; a rule's author cannot.
"""

from collections.abc import Mapping
from typing import Any

from chatapp.moderation.judging.classifiers.remote import RemoteClassifier

_SETTINGS = frozenset({"url", "timeout_s", "max_window_chars", "headers"})


class RemoteSettingsInvalid(ValueError):
    """The settings of a remote classifier name something that is none."""


def services_read(raw: Mapping[str, Mapping[str, Any]]) -> dict[str, RemoteClassifier]:
    """
    By the name that rules use.

    :raises RemoteSettingsInvalid, RemoteAddressInvalid: for any of them.
    """
    return {name: _service(name, settings) for name, settings in raw.items()}


def _service(name: str, settings: Mapping[str, Any]) -> RemoteClassifier:
    if not name or "url" not in settings or set(settings) - _SETTINGS:
        raise RemoteSettingsInvalid(f"{name!r}: url is needed, beside it only {', '.join(sorted(_SETTINGS))}")
    return RemoteClassifier(**settings)
