"""
Sequence-classification models (BERT and its like) as guards: texts in, scores by label out.

Owns the cutting of long texts and how logits become scores in [0, 1]. Decides nothing: thresholds are the caller's.
"""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from inference.errors import ModelUnusable
from inference.scoring.asking import ScoredText, ScoreInvalid
from inference.scoring.batches import batches, padded
from inference.scoring.encoding import OVERLAP_TOKENS, pad_id_of, piece_ids, window_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ProblemType = Literal["single_label_classification", "multi_label_classification"]


class SequenceGuard:
    """
    A sequence-classification model (BERT and its like). Sees the text alone, not what it answers.

    Labels are those of the model's configuration. A long text is cut into overlapping pieces, and each label's score is
    its greatest in any piece; of a text without a token it is 0.
    """

    def __init__(
        self,
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        *,
        problem_type: ProblemType | None = None,
    ) -> None:
        """
        problem_type: whether labels exclude each other; None takes what the configuration says, which may be silent.

        :raises ModelUnusable: if the tokenizer has no fast implementation or its window leaves no room.
        """
        if not tokenizer.is_fast:
            raise ModelUnusable("the classifier's tokenizer has no tokenizer.json; choose a model that has one")
        self._model, self._tokenizer = model, tokenizer
        self._max_tokens = window_of(model, tokenizer)
        if self._max_tokens <= 2 * tokenizer.num_special_tokens_to_add():
            raise ModelUnusable(f"the classifier sees only {self._max_tokens} tokens at once")
        self._label_names = _label_names(model)
        chosen = problem_type or model.config.problem_type or "single_label_classification"
        self._labels_exclude_each_other = chosen == "single_label_classification" and len(self._label_names) > 1
        self._lock = threading.Lock()

    def labels(self, texts: Sequence[ScoredText]) -> list[dict[str, float]]:
        pieces = [(number, piece) for number, text in enumerate(texts) for piece in self._pieces(text.text)]
        scores: list[dict[str, float]] = [dict.fromkeys(self._label_names, 0.0) for _ in texts]
        with self._lock, torch.inference_mode():
            for batch in batches(pieces):
                rows = self._probabilities([piece for _, piece in batch])
                for (number, _), row in zip(batch, rows, strict=True):
                    for name, score in zip(self._label_names, row, strict=True):
                        scores[number][name] = max(scores[number][name], score)
        return scores

    def _pieces(self, text: str) -> list[list[int]]:
        overlap_tokens = min(OVERLAP_TOKENS, self._max_tokens // 4)
        return piece_ids(self._tokenizer, text, max_tokens=self._max_tokens, overlap_tokens=overlap_tokens)

    def _probabilities(self, pieces: Sequence[Sequence[int]]) -> list[list[float]]:
        ids, mask = padded(pieces, pad_id=pad_id_of(self._tokenizer), side="right")
        device = self._model.device
        logits: Tensor = self._model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits.float()  # (B, L)
        if not torch.isfinite(logits).all():
            raise ScoreInvalid("the classifier's logits were not numbers")
        probabilities = logits.softmax(dim=-1) if self._labels_exclude_each_other else logits.sigmoid()
        rows: list[list[float]] = probabilities.tolist()
        return rows


def _label_names(model: "PreTrainedModel") -> list[str]:
    """In the order of the logits."""
    names = {int(number): str(name) for number, name in (model.config.id2label or {}).items()}
    return [names[number] for number in sorted(names)]
