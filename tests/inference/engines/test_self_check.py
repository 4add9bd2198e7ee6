"""What the check at load accepts and refuses."""

from typing import Any

import pytest
import torch

from inference.engines.self_check import ReferenceAnswer, ReferenceToken, reference_answers, require_same_answers
from inference.errors import ModelUnusable
from inference.layers.attention_kernels import attend
from inference.layers.cache import BLOCK_LENGTH
from inference.testing import tiny_model
from tests.inference.reading import ask


def _answer(*ties: bool) -> ReferenceAnswer:
    tokens = tuple(ReferenceToken(text_before, tie) for text_before, tie in zip(("", "a", "ab"), ties, strict=True))
    return ReferenceAnswer(ask("x"), tokens, "abc")


class TestReferenceAnswers:
    def test_have_three_lengths(self, tokenizer):
        lengths = [len(answer.request.prompt_token_ids) for answer in reference_answers(tiny_model(), tokenizer)]

        assert len(set(lengths)) == 3

    def test_go_past_a_sliding_window(self, tokenizer):
        model = tiny_model(architecture="mistral", sliding_window=100)

        assert len(reference_answers(model, tokenizer)[-1].request.prompt_token_ids) > 100

    @pytest.mark.parametrize(
        ("architecture", "settings"),
        [("mistral", {"sliding_window": 24}), ("mistral", {"sliding_window": 2_000}), ("gpt2", {})],
    )
    def test_go_past_a_cache_block_where_attention_may_be_of_a_kind_of_its_own(self, tokenizer, architecture, settings):
        model = tiny_model(architecture=architecture, **settings)

        assert len(reference_answers(model, tokenizer)[-1].request.prompt_token_ids) > BLOCK_LENGTH

    @pytest.mark.parametrize("architecture", ["llama", "gpt2"])
    def test_fit_a_short_context_window(self, tokenizer, make_engine, architecture):
        model = tiny_model(architecture=architecture)

        references = reference_answers(model, tokenizer, context_window=20)

        require_same_answers(make_engine(model=model, context_window=20), references)

    @pytest.mark.parametrize(
        ("ties", "text", "matches"),
        [
            ((False, False, False), "abc", True),
            ((False, False, False), "abd", False),
            ((False, True, False), "axy", True),
            ((False, True, False), "bcd", False),
            ((False, True, False), "abd", False),
            ((True, False, False), "xyz", True),
        ],
    )
    def test_are_left_only_at_a_tie(self, ties, text, matches):
        assert _answer(*ties).matches(text) is matches


class TestRequireSameAnswers:
    @pytest.mark.parametrize(
        ("architecture", "settings"),
        [
            ("llama", {}),
            ("mistral", {"sliding_window": 24}),
            ("mistral", {"sliding_window": 265}),
            ("gpt2", {}),
            ("gemma3_text", {"sliding_window": 16, "layer_types": ["sliding_attention", "full_attention"]}),
        ],
    )
    def test_accepts_an_engine_that_answers_as_the_model(self, tokenizer, make_engine, architecture, settings):
        model = tiny_model(architecture=architecture, **settings)

        references = reference_answers(model, tokenizer)

        require_same_answers(make_engine(model=model), references)

    def test_refuses_one_that_computes_something_else(self, tokenizer, make_engine):
        references = reference_answers(tiny_model(seed=1), tokenizer)

        with pytest.raises(ModelUnusable, match="where the model on its own answers"):
            require_same_answers(make_engine(model=tiny_model(seed=0)), references)

    def test_refuses_one_that_looks_past_the_window(self, tokenizer, make_engine):
        windowed: dict[str, Any] = {"architecture": "mistral", "sliding_window": 24}
        references = reference_answers(tiny_model(**windowed), tokenizer)

        with pytest.raises(ModelUnusable, match="a trial prompt of 270 tokens"):
            require_same_answers(make_engine(model=tiny_model(**{**windowed, "sliding_window": None})), references)

    def test_refuses_one_that_reads_what_is_a_cache_block_away_wrongly(self, tokenizer, make_engine, monkeypatch):
        def attend_wrongly(query: Any, keys: Any, values: Any, *rest: Any) -> Any:
            blocks = torch.cat([values[:1], -1_000.0 * values[1:]])
            return attend(query, keys, blocks, *rest)

        model: Any = tiny_model(architecture="gpt2")
        with torch.no_grad():
            for layer in model.transformer.h:  # without queries each token looks at all before it alike
                layer.attn.c_attn.weight[:, : model.config.n_embd] = 0.0
        references = reference_answers(model, tokenizer)
        engine = make_engine(model=model)
        monkeypatch.setattr("inference.layers.attention.attend", attend_wrongly)

        with pytest.raises(ModelUnusable, match="a trial prompt of 270 tokens"):
            require_same_answers(engine, references)

    def test_refuses_one_that_fails(self, tokenizer, make_engine):
        model = tiny_model()
        model.__class__ = type("OwnLlama", (type(model),), {})  # not fused, so that its hooks are called
        references = reference_answers(model, tokenizer)
        engine = make_engine(model=model)

        def fail(*_: Any) -> None:
            raise RuntimeError("out of memory")

        model.register_forward_pre_hook(fail)

        with pytest.raises(ModelUnusable, match="out of memory"):
            require_same_answers(engine, references)
