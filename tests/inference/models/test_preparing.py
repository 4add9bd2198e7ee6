"""Making a model folder, from each kind of source, and what is refused."""

import json
import subprocess
import sys

import pytest

from inference.engines.choosing import load_engine
from inference.errors import ModelUnusable
from inference.models.loading import load_model
from inference.models.preparing import default_gguf_path, prepare_model, read_description
from inference.prepare import main
from inference.testing import TINY_CONTEXT_WINDOW, write_tiny_model
from tests.inference.reading import ask, text_of


@pytest.fixture
def source(tmp_path):
    write_tiny_model(tmp_path / "source")
    return tmp_path / "source"


def _rewrite_config(folder, **changes) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


class TestPrepareModel:
    def test_makes_a_folder_that_an_engine_serves(self, source, tmp_path):
        prepare_model(str(source), tmp_path / "made")

        engine = load_engine(tmp_path / "made", dtype="float32", num_slots=2)

        assert text_of(engine.submit(ask("Hi")))
        engine.close()

    def test_describes_the_model(self, source, tmp_path):
        description = prepare_model(str(source), tmp_path / "made")

        assert description.architecture == "LlamaForCausalLM"
        assert description.context_window == TINY_CONTEXT_WINDOW
        assert description.dtype == "float32"
        assert description.num_parameters == sum(
            weight.numel() for weight in load_model(source, dtype="float32")[0].parameters()
        )
        assert read_description(tmp_path / "made") == description

    def test_takes_an_encoder_decoder_model_without_a_chat_template(self, tmp_path):
        write_tiny_model(tmp_path / "t5", architecture="t5")

        description = prepare_model(str(tmp_path / "t5"), tmp_path / "made")

        assert description.architecture == "T5ForConditionalGeneration"
        assert description.context_window == TINY_CONTEXT_WINDOW

    def test_leaves_a_complete_folder_alone(self, source, tmp_path):
        first = prepare_model(str(source), tmp_path / "made")
        progress = []

        again = prepare_model(
            "no/such-source", tmp_path / "made", on_progress=lambda what, share: progress.append(what)
        )

        assert again == first
        assert progress == []

    def test_leaves_nothing_half_made_when_it_fails(self, source, tmp_path):
        (source / "chat_template.jinja").unlink()

        with pytest.raises(ModelUnusable):
            prepare_model(str(source), tmp_path / "made")

        assert {path.name for path in tmp_path.iterdir()} == {"source", ".made.lock"}

    def test_removes_what_a_killed_preparation_left(self, source, tmp_path):
        (tmp_path / ".made.partial").mkdir()
        (tmp_path / ".made.partial" / "half.safetensors").write_bytes(b"x")

        prepare_model(str(source), tmp_path / "made")

        assert not (tmp_path / "made" / "half.safetensors").exists()
        assert not (tmp_path / ".made.partial").exists()

    def test_refuses_to_write_over_something_else(self, source, tmp_path):
        (tmp_path / "made").mkdir()
        (tmp_path / "made" / "thesis.txt").write_text("mine")

        with pytest.raises(ModelUnusable, match="something else"):
            prepare_model(str(source), tmp_path / "made")

        assert (tmp_path / "made" / "thesis.txt").read_text() == "mine"


class TestRefusals:
    def test_of_a_model_without_a_chat_template_name_the_kind_to_choose(self, source, tmp_path):
        (source / "chat_template.jinja").unlink()

        with pytest.raises(ModelUnusable, match="instruction-tuned"):
            prepare_model(str(source), tmp_path / "made")

    @pytest.mark.parametrize(
        "changes",
        [
            {"architectures": ["T5ForConditionalGeneration"]},
            {"is_encoder_decoder": True},
            {"architectures": None},
            {
                "architectures": ["WhisperForConditionalGeneration"],
                "is_encoder_decoder": True,
                "model_type": "whisper",
            },
            {"architectures": ["LlavaForConditionalGeneration"], "model_type": "llava"},
        ],
    )
    def test_of_what_is_no_text_model_say_so(self, source, tmp_path, changes):
        _rewrite_config(source, **changes)

        with pytest.raises(ModelUnusable, match="decoder-only"):
            prepare_model(str(source), tmp_path / "made")

    def test_of_weights_that_can_run_code_say_so(self, source, tmp_path):
        (source / "model.safetensors").rename(source / "pytorch_model.bin")

        with pytest.raises(ModelUnusable, match="safetensors"):
            prepare_model(str(source), tmp_path / "made")

    def test_of_a_hub_id_offline_say_what_to_check(self, tmp_path, monkeypatch):
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

        with pytest.raises(ModelUnusable, match="HF_HUB_OFFLINE"):
            prepare_model("someone/some-model", tmp_path / "made", revision="main")

    def test_of_a_missing_folder_name_the_command_to_run(self, tmp_path):
        with pytest.raises(ModelUnusable, match=r"python -m inference\.prepare"):
            load_model(tmp_path / "missing")

    def test_of_a_broken_gguf_file_say_so(self, tmp_path):
        (tmp_path / "broken.gguf").write_bytes(b"GGUF but not really")

        with pytest.raises(ModelUnusable, match="GGUF"):
            prepare_model(str(tmp_path / "broken.gguf"), tmp_path / "made")


class TestTheCommand:
    def test_prints_the_description_as_its_last_line(self, source, tmp_path, capsys):
        assert main([str(source), str(tmp_path / "made")]) == 0

        last = capsys.readouterr().out.splitlines()[-1]
        assert json.loads(last) == json.loads((tmp_path / "made" / "chatapp-model.json").read_text())

    def test_says_why_it_refuses(self, tmp_path, capsys):
        (tmp_path / "empty").mkdir()

        assert main([str(tmp_path / "empty"), str(tmp_path / "made")]) == 1
        assert "safetensors" in capsys.readouterr().err


class TestTheDefaultModel:
    def test_comes_from_the_installed_wheel(self):
        assert default_gguf_path().is_file()

    def test_is_described_without_loading_it(self, default_model_path):
        description = read_description(default_model_path)

        assert (description.context_window, description.dtype) == (8192, "bfloat16")
        assert 134_000_000 < description.num_parameters < 135_000_000


class TestImports:
    @pytest.mark.parametrize("module", ["inference.types", "inference.errors", "inference.prepare"])
    def test_of_the_interface_leave_torch_out(self, module):
        check = f"import sys, {module}; sys.exit(bool({{'torch', 'transformers', 'django'}} & set(sys.modules)))"

        assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
