"""
The models that rules ask, in this model worker: guards and embedding models that the settings name, and the chat model
itself as a judge by principles.

Owns what they offer to rules, how they are loaded, and what their failures are to a rule. A model that cannot be loaded
leaves its rules unanswered, and what follows is decided by their severity; the worker goes on.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_never

import structlog

from chatapp.moderation.judging.classifiers.model_settings import ModelKind, ModelSettings
from chatapp.moderation.judging.classifiers.types import (
    NO_CONTEXT,
    ClassifierAnswerInvalid,
    ClassifierError,
    ClassifierTimedOut,
    ClassifierUnreachable,
    Context,
    Labels,
)
from chatapp.moderation.judging.offer import Offer
from inference.errors import EngineError, ModelUnusable
from inference.scoring.asking import ScoredText, ScoreInvalid, ScoringTimedOut, TextTooLong
from inference.types import Engine

if TYPE_CHECKING:
    from inference.scoring.guards import Guard
    from inference.scoring.principles import PrinciplesJudge
    from inference.scoring.queue import ScoringQueue

logger = structlog.get_logger(__name__)

# Before people's answers: one token, for which somebody's text waits.
JUDGE_PRIORITY = -1
JUDGE_TIMEOUT_S = 10.0


class ModelJudges:
    """
    What was loaded; `close` wakes whoever still waits for an answer.

    offer: the installation's, where the models that could be loaded answer.
    """

    def __init__(self, models: Mapping[str, ModelSettings], *, models_folder: Path, offer: Offer) -> None:
        """Load all of them. offer: what the installation offers where none of them answers."""
        self.offer = offer
        self._queues: list[ScoringQueue[Any, Any]] = []
        for name, model in models.items():
            try:
                self._serve(name, model, path=models_folder / model.path)
            except ModelUnusable as error:
                logger.warning("moderation_model_unusable", name=name, error=str(error))

    def serve_judge(self, engine: Engine, *, chat_model_folder: Path) -> None:
        """Offer the chat model that this engine runs to rules of judgement."""
        from inference.scoring.loading import load_tokenizer
        from inference.scoring.principles import PrinciplesJudge

        try:
            judge = PrinciplesJudge(engine, load_tokenizer(chat_model_folder), priority=JUDGE_PRIORITY)
        except ModelUnusable as error:
            logger.warning("chat_model_judges_nothing", error=str(error))
            return
        self.offer = self.offer.serving(judge=EngineJudge(judge))

    def close(self) -> None:
        for queue in self._queues:
            queue.close()

    def _serve(self, name: str, model: ModelSettings, *, path: Path) -> None:
        from inference.scoring.queue import ScoringQueue

        if model.kind is ModelKind.EMBEDDING:
            from inference.scoring.embeddings import load_embedding_model

            # Vectors of half precision would move thresholds that were chosen on whole ones.
            dtype = "float32" if model.dtype == "auto" else model.dtype
            embedding = load_embedding_model(path, text_prefix=model.text_prefix, device=model.device, dtype=dtype)
            vectors: ScoringQueue[str, list[float]] = ScoringQueue(embedding.embed, name=name)
            self._queues.append(vectors)
            self.offer = self.offer.serving(embedders={name: QueuedEmbedder(vectors, timeout_s=model.timeout_s)})
            return
        scores: ScoringQueue[ScoredText, dict[str, float]] = ScoringQueue(_guard(model, path).labels, name=name)
        self._queues.append(scores)
        self.offer = self.offer.serving(models={name: QueuedGuard(scores, model)})


def _guard(model: ModelSettings, path: Path) -> "Guard":
    """:raises ModelUnusable: if the folder holds no such guard."""
    from inference.scoring.guard_answers import FORMATS
    from inference.scoring.guards import load_generative_guard, load_sequence_guard

    match model.kind:
        case ModelKind.SEQUENCE_CLASSIFICATION:
            problem_type: Any = model.problem_type
            return load_sequence_guard(path, problem_type=problem_type, device=model.device, dtype=model.dtype)
        case ModelKind.LLAMA_GUARD | ModelKind.SHIELD_GEMMA | ModelKind.QWEN3_GUARD:
            return load_generative_guard(
                path,
                guard_format=FORMATS[model.kind],
                template_settings=model.template_settings,
                device=model.device,
                dtype=model.dtype,
            )
        case ModelKind.EMBEDDING:
            raise ValueError("an embedding model is no guard")
    assert_never(model.kind)


class QueuedGuard:
    """Implements the `Classifier` of rules by a guard that many texts share."""

    def __init__(self, queue: "ScoringQueue[ScoredText, dict[str, float]]", model: ModelSettings) -> None:
        self._queue = queue
        self._timeout_s = model.timeout_s
        self.max_window_chars = model.max_window_chars

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:
        try:
            return Labels(self._queue.ask(ScoredText(text, asked=context.asked), timeout_s=self._timeout_s))
        except EngineError as error:
            raise classifier_error(error) from error


class QueuedEmbedder:
    """Implements `Embedder` by a model that many texts share."""

    def __init__(self, queue: "ScoringQueue[str, list[float]]", *, timeout_s: float) -> None:
        self._queue = queue
        self._timeout_s = timeout_s

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        try:
            return self._queue.ask_all(texts, timeout_s=self._timeout_s)
        except EngineError as error:
            raise classifier_error(error) from error


class EngineJudge:
    """Implements the `PrinciplesJudge` of rules by the chat model's engine."""

    def __init__(self, judge: "PrinciplesJudge") -> None:
        self._judge = judge

    def scores(self, text: str, *, principles: Sequence[str], context: Context) -> Mapping[str, float]:
        scored = ScoredText(text, asked=context.asked)
        try:
            return self._judge.judge(scored, principles=principles, timeout_s=JUDGE_TIMEOUT_S).scores
        except EngineError as error:
            raise classifier_error(error) from error


def classifier_error(error: EngineError) -> ClassifierError:
    """What a model's failure is to the rule that asked."""
    match error:
        case ScoringTimedOut():
            return ClassifierTimedOut(str(error))
        case ScoreInvalid() | TextTooLong():
            return ClassifierAnswerInvalid(str(error))
        case _:
            return ClassifierUnreachable(str(error))
