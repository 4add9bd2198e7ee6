"""
What an installation offers to rules, as one value: classifiers by name, embedding models, a judge by principles.

The bundled classifier answers at once, anywhere; services over HTTP anywhere, but who asks waits; models in model
workers alone, whose offer says what answers there. Owns the names; loads nothing before its first use, scores nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Self

from chatapp.moderation.judging.classifiers.linear import bundled_classifier
from chatapp.moderation.judging.classifiers.remote import RemoteClassifier
from chatapp.moderation.judging.classifiers.types import (
    NO_CONTEXT,
    Classifier,
    ClassifierUnreachable,
    Context,
    Embedder,
    Labels,
    PrinciplesJudge,
)

BUNDLED = "ngrams"
_REMOTE_SETTINGS = frozenset({"url", "timeout_s", "max_window_chars", "headers"})


class ModelNameTaken(ValueError):
    """Two classifiers would have one name."""


class RemoteSettingsInvalid(ValueError):
    """The settings of a remote classifier name something that is none."""


def _bundled() -> Mapping[str, Callable[[], Classifier]]:
    return MappingProxyType({BUNDLED: bundled_classifier})


@dataclass(frozen=True, slots=True)
class Offer:
    """
    classifiers: what makes one, by the name that rules give. waiting: names of those that whoever asks has to wait for;
    models: of those among them that are in model workers alone. embedding_models: names that rules may give.

    embedders, judge: what answers in this process; without it a rule of its kind is left unanswered.
    """

    classifiers: Mapping[str, Callable[[], Classifier]] = field(default_factory=_bundled)
    waiting: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    embedding_models: tuple[str, ...] = ()
    embedders: Mapping[str, Embedder] = field(default_factory=lambda: MappingProxyType({}))
    judge: PrinciplesJudge | None = None

    def classifier(self, name: str) -> Classifier:
        """A name that is not known any more gives one that cannot answer: what follows is decided by severity."""
        return self.classifiers[name]() if name in self.classifiers else _Missing(name)

    def classifier_waits(self, name: str) -> bool:
        """Whether the answer takes longer than a text may stand still for it. So does finding that there is none."""
        return name in self.waiting or name not in self.classifiers

    def embedder(self, name: str) -> Embedder:
        return self.embedders[name] if name in self.embedders else _MissingEmbedder(name)

    @property
    def principles_judge(self) -> PrinciplesJudge:
        return self.judge or _MissingJudge()

    def with_remotes(self, remotes: Mapping[str, Mapping[str, Any]]) -> Self:
        """
        With services, by name. Whoever runs the installation names the addresses; a rule's author cannot.

        :raises RemoteSettingsInvalid, RemoteAddressInvalid: for any of them.
        """
        made = {name: _remote(name, settings) for name, settings in remotes.items()}
        return replace(self, classifiers=self._and(made), waiting=self.waiting | made.keys())

    def with_models(self, names: Iterable[str]) -> Self:
        """
        With models that judge, which answer where they are served.

        :raises ModelNameTaken: by another classifier.
        """
        missing = {name: _Missing(name) for name in names}
        for name in missing:
            if name in self.classifiers and name not in self.models:
                raise ModelNameTaken(f"{name!r} is the name of another classifier")
        return self._serving_models(missing)

    def with_embedding_models(self, names: Iterable[str]) -> Self:
        return replace(self, embedding_models=tuple(names))

    def serving(
        self,
        *,
        models: Mapping[str, Classifier] = MappingProxyType({}),
        embedders: Mapping[str, Embedder] = MappingProxyType({}),
        judge: PrinciplesJudge | None = None,
    ) -> Self:
        """The same where these answer."""
        served = self._serving_models(models)
        embedding = MappingProxyType({**self.embedders, **embedders})
        return replace(served, embedders=embedding, judge=judge or self.judge)

    def _serving_models(self, models: Mapping[str, Classifier]) -> Self:
        waiting, known = self.waiting.union(models), self.models.union(models)
        return replace(self, classifiers=self._and(models), waiting=waiting, models=known)

    def _and(self, made: Mapping[str, Classifier]) -> Mapping[str, Callable[[], Classifier]]:
        more = {name: _always(classifier) for name, classifier in made.items()}
        return MappingProxyType({**self.classifiers, **more})


# What there is without any setting.
BUNDLED_ALONE = Offer()


def _always(classifier: Classifier) -> Callable[[], Classifier]:
    return lambda: classifier


@dataclass(frozen=True, slots=True)
class _Missing:
    """In place of one that the settings named when its rule was published, or that another process has."""

    name: str
    max_window_chars: int = 0

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:  # noqa: ARG002  # it answers nothing
        raise ClassifierUnreachable(f"no classifier called {self.name!r} answers here")


@dataclass(frozen=True, slots=True)
class _MissingEmbedder:
    name: str

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:  # noqa: ARG002  # it answers nothing
        raise ClassifierUnreachable(f"no embedding model called {self.name!r} answers here")


class _MissingJudge:
    def scores(self, text: str, *, principles: Sequence[str], context: Context) -> Mapping[str, float]:  # noqa: ARG002  # it answers nothing
        raise ClassifierUnreachable("no model judges by principles here")


def _remote(name: str, settings: Mapping[str, Any]) -> RemoteClassifier:
    if name == BUNDLED or not name:
        raise RemoteSettingsInvalid(f"a remote classifier cannot be called {name!r}")
    if "url" not in settings or set(settings) - _REMOTE_SETTINGS:
        raise RemoteSettingsInvalid(f"{name}: url is needed, beside it only {', '.join(sorted(_REMOTE_SETTINGS))}")
    return RemoteClassifier(**settings)
