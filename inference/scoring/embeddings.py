"""
Embedding models: texts in, unit vectors out, so that the cosine of two texts is the product of their vectors.

Owns pooling and what of a sentence-transformers folder is honoured. Knows no example and no threshold.
"""

import json
import threading
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from inference.errors import ModelUnusable
from inference.models.folder import is_encoder_decoder, read_json
from inference.scoring.asking import ScoreInvalid
from inference.scoring.batches import batches, padded
from inference.scoring.encoding import pad_id_of, piece_ids, window_of
from inference.scoring.loading import load_model_and_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# What sentence-transformers runs after the encoder, by the last part of its type; we compute these and no other.
_KNOWN_MODULES = frozenset({"Transformer", "Pooling", "Normalize"})


class Pooling(StrEnum):
    """How the states of a text's tokens become one vector."""

    MEAN = "mean"
    CLS = "cls"  # the first token's


# As the pooling's configuration spells them.
_SETTINGS = {Pooling.MEAN: "pooling_mode_mean_tokens", Pooling.CLS: "pooling_mode_cls_token"}


class EmbeddingModel:
    """
    An encoder and its pooling. Safe for many threads: it computes on the thread that calls, one call at a time.

    A text that is longer than the window is read in pieces, and its vector is pooled over all of them: nothing is left
    out, but a sentence in a long text weighs little.
    """

    def __init__(
        self,
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        *,
        pooling: Pooling = Pooling.MEAN,
        text_prefix: str = "",
    ) -> None:
        """
        text_prefix: what the model was trained to see before a text (E5: "query: ").

        :raises ModelUnusable: if the tokenizer has no fast implementation or its window leaves no room.
        """
        if not tokenizer.is_fast:
            raise ModelUnusable("the embedding model's tokenizer has no tokenizer.json; choose a model that has one")
        self._model: Any = model  # a call of it is untyped
        self._tokenizer = tokenizer
        self._pooling, self._text_prefix = pooling, text_prefix
        self._max_tokens = window_of(model, tokenizer)
        if self._max_tokens <= tokenizer.num_special_tokens_to_add():
            raise ModelUnusable(f"the embedding model sees only {self._max_tokens} tokens at once")
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """
        One vector of length 1 a text, in order.

        :raises ScoreInvalid: if a text has no token, or its vector no numbers or no direction.
        """
        if not texts:
            return []
        with self._lock, torch.inference_mode():
            pieces = [(number, piece) for number, text in enumerate(texts) for piece in self._pieces(text)]
            sums = torch.zeros(len(texts), int(self._model.config.hidden_size))  # (N, D)
            for batch in batches(pieces):
                rows = self._pooled([piece for _, piece in batch]).cpu()
                sums.index_add_(0, torch.tensor([number for number, _ in batch]), rows)
            return _unit_rows(sums)

    def _pieces(self, text: str) -> list[list[int]]:
        return piece_ids(self._tokenizer, self._text_prefix + text, max_tokens=self._max_tokens)

    def _pooled(self, pieces: Sequence[Sequence[int]]) -> Tensor:
        """(B, D): the sum over a piece's tokens for a mean, so that a longer piece counts for more."""
        ids, mask = padded(pieces, pad_id=pad_id_of(self._tokenizer), side="right")
        ids, mask = ids.to(self._model.device), mask.to(self._model.device)
        states: Tensor = self._model(input_ids=ids, attention_mask=mask).last_hidden_state.float()  # (B, T, D)
        if self._pooling is Pooling.CLS:
            return states[:, 0]
        return (states * mask.unsqueeze(-1)).sum(dim=1)


def _unit_rows(sums: Tensor) -> list[list[float]]:
    lengths = sums.norm(dim=-1, keepdim=True)  # (N, 1)
    if not torch.isfinite(lengths).all() or not lengths.all():
        raise ScoreInvalid("the embedding model gave a text no direction")
    rows: list[list[float]] = (sums / lengths).tolist()
    return rows


def load_embedding_model(
    path: Path, *, text_prefix: str = "", device: str = "cpu", dtype: str = "float32"
) -> EmbeddingModel:
    """:raises ModelUnusable: if the folder holds no encoder in safetensors, or pools in a way that is not ours."""
    from transformers import AutoModel

    pooling = _pooling_of(path)
    model, tokenizer = load_model_and_tokenizer(AutoModel, path, device=device, dtype=dtype, unneeded=("pooler.",))
    return EmbeddingModel(model, tokenizer, pooling=pooling, text_prefix=text_prefix)


def _pooling_of(path: Path) -> Pooling:
    """Of a sentence-transformers folder what it says; of any other the mean."""
    if is_encoder_decoder(path):
        raise ModelUnusable(f"{path} is an encoder-decoder model; choose an encoder such as BERT")
    _check_modules(path)
    config_path = path / "1_Pooling" / "config.json"
    if not config_path.is_file():
        return Pooling.MEAN
    config = read_json(config_path)
    chosen = {name for name, is_on in config.items() if name.startswith("pooling_mode_") and is_on is True}
    for pooling, setting in _SETTINGS.items():
        if chosen == {setting}:
            return pooling
    raise ModelUnusable(f"{path} pools by {sorted(chosen)}; only the mean or the first token is computed here")


def _check_modules(path: Path) -> None:
    """A layer behind the pooling that nobody computes would leave vectors that mean something else."""
    modules_path = path / "modules.json"
    if not modules_path.is_file():
        return
    try:
        modules = json.loads(modules_path.read_text(encoding="utf-8"))
        kinds = {str(module["type"]).rpartition(".")[2] for module in modules}
    except (OSError, ValueError, TypeError, KeyError) as failure:
        raise ModelUnusable(f"{modules_path} cannot be read ({failure})") from failure
    if beyond := sorted(kinds - _KNOWN_MODULES):
        raise ModelUnusable(f"{path} has a module {beyond[0]} behind its encoder, which is not computed here")
