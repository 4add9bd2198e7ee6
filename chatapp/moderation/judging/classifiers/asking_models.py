"""
The models that rules of similarity and judgement ask in this process: embedding models by name, and one judge.

Owns what is registered; loads nothing and scores nothing. What is asked is looked up when it is asked: a ruleset may be
compiled before its models are there, and in processes that never have them.
"""

from collections.abc import Iterable, Mapping, Sequence

from chatapp.moderation.judging.classifiers.types import ClassifierUnreachable, Context, Embedder, PrinciplesJudge

_EMBEDDING_MODELS: list[str] = []
_EMBEDDERS: dict[str, Embedder] = {}
_JUDGES: list[PrinciplesJudge] = []


def embedding_models_configure(names: Iterable[str]) -> None:
    """Which embedding models the settings name, served here or not."""
    _EMBEDDING_MODELS[:] = names


def embedding_model_names() -> list[str]:
    return list(_EMBEDDING_MODELS)


def embedder_register(name: str, embedder: Embedder) -> None:
    """From now on this process's rules ask it."""
    _EMBEDDERS[name] = embedder


def embedder_named(name: str) -> Embedder | None:
    return _EMBEDDERS.get(name)


def judge_register(judge: PrinciplesJudge) -> None:
    """From now on this process's rules ask it, in the place of any before."""
    _JUDGES[:] = [judge]


def judge_registered() -> PrinciplesJudge | None:
    return next(iter(_JUDGES), None)


class NamedEmbedder:
    """Implements `Embedder` by whichever is registered under a name when it is asked."""

    def __init__(self, name: str) -> None:
        self._name = name

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        embedder = embedder_named(self._name)
        if embedder is None:
            raise ClassifierUnreachable(f"no embedding model called {self._name!r} answers here")
        return embedder.embed(texts)


class RegisteredJudge:
    """Implements `PrinciplesJudge` by whichever is registered when it is asked."""

    def scores(self, text: str, *, principles: Sequence[str], context: Context) -> Mapping[str, float]:
        judge = judge_registered()
        if judge is None:
            raise ClassifierUnreachable("no model judges by principles here")
        return judge.scores(text, principles=principles, context=context)
