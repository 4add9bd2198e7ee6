"""
Which classifiers a rule may name, and where they answer. Owns the names; loads one at its first use and scores nothing.

The bundled one answers at once, anywhere; services over HTTP anywhere, but who asks waits; models in model workers
alone, which put them here when they begin.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from chatapp.moderation.judging.classifiers.linear import bundled_classifier
from chatapp.moderation.judging.classifiers.remote import RemoteClassifier
from chatapp.moderation.judging.classifiers.types import NO_CONTEXT, Classifier, ClassifierUnreachable, Context, Labels

BUNDLED = "ngrams"
CLASSIFIERS: dict[str, Callable[[], Classifier]] = {BUNDLED: bundled_classifier}
# Names of those that whoever asks has to wait for, and of those among them that are in model workers alone.
WAITING: set[str] = set()
MODELS: set[str] = set()
_REMOTE_SETTINGS = frozenset({"url", "timeout_s", "max_window_chars", "headers"})


class ModelNameTaken(ValueError):
    """Two classifiers would have one name."""


class RemoteSettingsInvalid(ValueError):
    """The settings of a remote classifier name something that is none."""


def classifier_named(name: str) -> Classifier:
    """A name that is not known any more gives one that cannot answer: what follows is decided by severity."""
    return CLASSIFIERS[name]() if name in CLASSIFIERS else _Missing(name)


def classifier_waits(name: str) -> bool:
    """Whether the answer takes longer than a text may stand still for it. So does finding that there is none."""
    return name in WAITING or name not in CLASSIFIERS


def classifier_is_model(name: str) -> bool:
    """Whether it is to be asked in model workers alone."""
    return name in MODELS


@dataclass(frozen=True, slots=True)
class _Missing:
    """In place of one that the settings named when its rule was published, or that another process has."""

    name: str
    max_window_chars: int = 0

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:  # noqa: ARG002  # it answers nothing
        raise ClassifierUnreachable(f"no classifier called {self.name!r} answers here")


def remotes_register(remotes: Mapping[str, Mapping[str, Any]]) -> None:
    """
    Let rules name services, by name. Whoever runs the installation names the addresses; a rule's author cannot.

    :raises RemoteSettingsInvalid, RemoteAddressInvalid: before any of them is known.
    """
    made = {name: _remote(name, settings) for name, settings in remotes.items()}
    for name, remote in made.items():
        CLASSIFIERS[name] = lambda remote=remote: remote  # type: ignore[misc]  # mypy infers no default's type
        WAITING.add(name)


def models_register(names: Iterable[str]) -> None:
    """
    Let rules name models that judge; here they do not answer until `model_serve` is called.

    :raises ModelNameTaken: by another classifier.
    """
    for name in names:
        if name in CLASSIFIERS and name not in MODELS:
            raise ModelNameTaken(f"{name!r} is the name of another classifier")
        MODELS.add(name)
        WAITING.add(name)
        CLASSIFIERS[name] = partial(_Missing, name)


def model_serve(name: str, classifier: Classifier) -> None:
    """From now on this process's rules ask the model."""
    CLASSIFIERS[name] = lambda: classifier


def _remote(name: str, settings: Mapping[str, Any]) -> RemoteClassifier:
    if name == BUNDLED or not name:
        raise RemoteSettingsInvalid(f"a remote classifier cannot be called {name!r}")
    if "url" not in settings or set(settings) - _REMOTE_SETTINGS:
        raise RemoteSettingsInvalid(f"{name}: url is needed, beside it only {', '.join(sorted(_REMOTE_SETTINGS))}")
    return RemoteClassifier(**settings)
