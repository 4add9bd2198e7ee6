"""Tiny random models that judge, as folders that model workers load. Imports torch: only for tests that run one."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig

from inference.testing import tiny_tokenizer


def write_tiny_bert(path: Path, model_class: Any) -> None:
    """A BERT with the labels `fine` and `harm`: a random one finds something of both in every text."""
    config = AutoConfig.for_model(
        "bert", vocab_size=320, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=4,
        max_position_embeddings=128, pad_token_id=0, id2label={0: "fine", 1: "harm"}, label2id={"fine": 0, "harm": 1},
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model_class.from_config(config).save_pretrained(path)
    tiny_tokenizer().save_pretrained(path)
