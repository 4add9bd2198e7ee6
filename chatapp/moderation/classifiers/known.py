"""Which classifiers a rule may name. Owns the names; loads one at its first use and scores nothing itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chatapp.moderation.classifiers.linear import bundled_classifier
from chatapp.moderation.classifiers.remote import RemoteClassifier
from chatapp.moderation.classifiers.types import (
    NO_CONTEXT,
    Classifier,
    ClassifierUnreachable,
    Context,
    Labels,
)

BUNDLED = "ngrams"
CLASSIFIERS: dict[str, Callable[[], Classifier]] = {BUNDLED: bundled_classifier}
_REMOTE_SETTINGS = frozenset({"url", "timeout_s", "max_window_chars", "headers"})


class RemoteSettingsInvalid(ValueError):
    """The settings of a remote classifier name something that is none."""


def classifier_named(name: str) -> Classifier:
    """A name that is not known any more gives one that cannot answer: what follows is decided by severity."""
    return CLASSIFIERS[name]() if name in CLASSIFIERS else _Missing(name)


@dataclass(frozen=True, slots=True)
class _Missing:
    """In place of a service that the settings named when its rule was published."""

    name: str
    max_window_chars: int = 0

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:  # noqa: ARG002  # it answers nothing
        raise ClassifierUnreachable(f"no classifier is called {self.name!r} any more")


def remotes_register(remotes: Mapping[str, Mapping[str, Any]]) -> None:
    """
    Let rules name services, by name. Whoever runs the installation names the addresses; a rule's author cannot.

    :raises RemoteSettingsInvalid, RemoteAddressInvalid: before any of them is known.
    """
    made = {name: _remote(name, settings) for name, settings in remotes.items()}
    for name, remote in made.items():
        CLASSIFIERS[name] = lambda remote=remote: remote  # type: ignore[misc]  # mypy infers no default's type


def _remote(name: str, settings: Mapping[str, Any]) -> RemoteClassifier:
    if name == BUNDLED or not name:
        raise RemoteSettingsInvalid(f"a remote classifier cannot be called {name!r}")
    if "url" not in settings or set(settings) - _REMOTE_SETTINGS:
        raise RemoteSettingsInvalid(f"{name}: url is needed, beside it only {', '.join(sorted(_REMOTE_SETTINGS))}")
    return RemoteClassifier(**settings)
