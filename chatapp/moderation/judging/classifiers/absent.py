"""What stands in the place of a classifier, an embedding model or a judge that is not in this process: it raises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatapp.moderation.judging.classifiers.types import NO_CONTEXT, ClassifierUnreachable, Context, Labels


@dataclass(frozen=True, slots=True)
class AbsentClassifier:
    """Of one that the settings named when its rule was published, or that another process has."""

    name: str
    max_window_chars: int = 0

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:  # noqa: ARG002  # it answers nothing
        raise ClassifierUnreachable(f"no classifier called {self.name!r} answers here")


@dataclass(frozen=True, slots=True)
class AbsentEmbedder:
    name: str

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:  # noqa: ARG002  # it answers nothing
        raise ClassifierUnreachable(f"no embedding model called {self.name!r} answers here")


class AbsentJudge:
    def scores(self, text: str, *, principles: Sequence[str], context: Context) -> Mapping[str, float]:  # noqa: ARG002  # it answers nothing
        raise ClassifierUnreachable("no model judges by principles here")
