"""Tiny random models that score texts. Imports torch: only for tests that run one."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, PreTrainedModel

from inference.testing import tiny_tokenizer


def tiny_bert(model_class: Any, *, window: int, **settings: object) -> PreTrainedModel:
    """A random BERT over `tiny_tokenizer`'s vocabulary. settings: of its configuration."""
    shared = {
        "vocab_size": 320,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "pad_token_id": 0,
        "initializer_range": 0.6,
    }
    config = AutoConfig.for_model("bert", **{**shared, "max_position_embeddings": window, **settings})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model: PreTrainedModel = model_class.from_config(config)
    model.train(mode=False)
    return model


def write_tiny_bert(path: Path, model_class: Any) -> None:
    """As a folder that model workers load, with the labels `fine` and `harm`: it finds something of both everywhere."""
    labels = {"id2label": {0: "fine", 1: "harm"}, "label2id": {"fine": 0, "harm": 1}}
    tiny_bert(model_class, window=128, initializer_range=0.02, **labels).save_pretrained(path)
    tiny_tokenizer().save_pretrained(path)
