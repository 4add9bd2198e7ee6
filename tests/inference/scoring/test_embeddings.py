"""Embedding models, on a tiny random BERT: which vectors come out, and which folders are taken."""

import json

import pytest
import torch
from transformers import AutoModel, PreTrainedModel

from inference.errors import ModelUnusable
from inference.scoring.asking import ScoreInvalid
from inference.scoring.batches import MAX_BATCH_ROWS
from inference.scoring.embeddings import EmbeddingModel, Pooling, load_embedding_model
from inference.testing import tiny_tokenizer, write_tiny_model
from tests.support.scoring_models import tiny_bert

TEXTS = ["the quick brown fox", "a", "what is the capital of France? " * 3]


def tiny_encoder(*, window: int = 128) -> PreTrainedModel:
    return tiny_bert(AutoModel, window=window)


def states_of(model, text: str) -> torch.Tensor:
    """(T, D)"""
    with torch.inference_mode():
        states: torch.Tensor = model(input_ids=torch.tensor([tiny_tokenizer().encode(text)])).last_hidden_state[0]
    return states


def unit(vector: torch.Tensor) -> list[float]:
    return list((vector / vector.norm()).tolist())


class TestAnEmbeddingModel:
    def test_gives_the_mean_of_the_tokens_states_at_length_one(self):
        model = tiny_encoder()

        [vector] = EmbeddingModel(model, tiny_tokenizer()).embed([TEXTS[0]])

        assert vector == pytest.approx(unit(states_of(model, TEXTS[0]).mean(dim=0)), abs=1e-5)
        assert sum(value * value for value in vector) == pytest.approx(1.0, abs=1e-5)

    def test_gives_the_first_token_s_state_where_that_is_its_pooling(self):
        model = tiny_encoder()

        [vector] = EmbeddingModel(model, tiny_tokenizer(), pooling=Pooling.CLS).embed([TEXTS[0]])

        assert vector == pytest.approx(unit(states_of(model, TEXTS[0])[0]), abs=1e-5)

    def test_puts_its_prefix_before_each_text(self):
        model, tokenizer = tiny_encoder(), tiny_tokenizer()

        vectors = EmbeddingModel(model, tokenizer, text_prefix="query: ").embed(TEXTS)

        written = EmbeddingModel(model, tokenizer).embed([f"query: {text}" for text in TEXTS])
        assert vectors == [pytest.approx(vector, abs=1e-5) for vector in written]

    @pytest.mark.parametrize("pooling", Pooling)
    def test_gives_a_text_in_a_batch_the_vector_that_it_has_alone(self, pooling):
        model = EmbeddingModel(tiny_encoder(), tiny_tokenizer(), pooling=pooling)

        together = model.embed(TEXTS * MAX_BATCH_ROWS)

        alone = [model.embed([text])[0] for text in TEXTS] * MAX_BATCH_ROWS
        assert together == [pytest.approx(vector, abs=1e-4) for vector in alone]

    def test_sees_all_of_a_text_that_is_longer_than_its_window(self):
        model = EmbeddingModel(tiny_encoder(window=16), tiny_tokenizer())

        whole, other_end = model.embed(["abcdefghij" * 20, "abcdefghij" * 19 + "zzzzzzzzzz"])

        assert whole != pytest.approx(other_end, abs=1e-6)

    def test_of_no_texts_gives_no_vectors(self):
        assert EmbeddingModel(tiny_encoder(), tiny_tokenizer()).embed([]) == []

    def test_refuses_a_text_without_a_token(self):
        with pytest.raises(ScoreInvalid, match="no direction"):
            EmbeddingModel(tiny_encoder(), tiny_tokenizer()).embed(["fox", ""])

    def test_refuses_to_give_what_is_no_number(self):
        model = tiny_encoder()
        with torch.no_grad():
            model.get_parameter("embeddings.word_embeddings.weight").fill_(float("nan"))

        with pytest.raises(ScoreInvalid):
            EmbeddingModel(model, tiny_tokenizer()).embed(TEXTS)

    def test_is_refused_where_its_window_has_no_room(self):
        tokenizer = tiny_tokenizer()
        tokenizer.model_max_length = 0

        with pytest.raises(ModelUnusable, match="0 tokens"):
            EmbeddingModel(tiny_encoder(), tokenizer)


class TestLoading:
    @pytest.fixture
    def folder(self, tmp_path):
        tiny_encoder().save_pretrained(tmp_path)
        tiny_tokenizer().save_pretrained(tmp_path)
        (tmp_path / "1_Pooling").mkdir()
        return tmp_path

    def set_pooling(self, folder, **modes: bool) -> None:
        settings = {f"pooling_mode_{name}": is_on for name, is_on in modes.items()}
        (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 32, **settings}))

    def test_takes_the_mean_where_the_folder_says_nothing(self, folder):
        [vector] = load_embedding_model(folder).embed([TEXTS[0]])

        assert vector == pytest.approx(EmbeddingModel(tiny_encoder(), tiny_tokenizer()).embed([TEXTS[0]])[0], abs=1e-5)

    @pytest.mark.parametrize(("mode", "pooling"), [("cls_token", Pooling.CLS), ("mean_tokens", Pooling.MEAN)])
    def test_takes_the_pooling_that_the_folder_names(self, folder, mode, pooling):
        self.set_pooling(folder, **{"cls_token": False, "mean_tokens": False, mode: True})

        [vector] = load_embedding_model(folder).embed([TEXTS[0]])

        expected = EmbeddingModel(tiny_encoder(), tiny_tokenizer(), pooling=pooling).embed([TEXTS[0]])[0]
        assert vector == pytest.approx(expected, abs=1e-5)

    @pytest.mark.parametrize("modes", [{"max_tokens": True}, {"mean_tokens": True, "cls_token": True}, {}])
    def test_refuses_another_pooling(self, folder, modes):
        self.set_pooling(folder, **modes)

        with pytest.raises(ModelUnusable, match="pools by"):
            load_embedding_model(folder)

    def test_refuses_a_layer_behind_the_pooling(self, folder):
        types = ["models.Transformer", "models.Pooling", "models.Dense"]
        (folder / "modules.json").write_text(json.dumps([{"type": f"sentence_transformers.{name}"} for name in types]))

        with pytest.raises(ModelUnusable, match="module Dense"):
            load_embedding_model(folder)

    def test_does_without_the_weights_that_pool_for_classifiers(self, folder):
        config = tiny_encoder().config
        AutoModel.from_config(config, add_pooling_layer=False).save_pretrained(folder)

        assert len(load_embedding_model(folder).embed(TEXTS)) == 3

    def test_refuses_an_encoder_decoder_model(self, tmp_path):
        write_tiny_model(tmp_path, architecture="t5")

        with pytest.raises(ModelUnusable, match="encoder-decoder"):
            load_embedding_model(tmp_path)

    def test_refuses_a_folder_without_safetensors(self, folder):
        (folder / "model.safetensors").unlink()

        with pytest.raises(ModelUnusable, match="safetensors"):
            load_embedding_model(folder)
