"""
What a model folder holds, read off its files alone.

Owns which models are accepted. Imports no torch, so that refusing one costs milliseconds.
"""

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path

from inference.errors import ModelUnusable

# Encoder-decoder models from text to text. Others end in ForConditionalGeneration too: of speech, of images.
_TEXT_TO_TEXT = frozenset(
    {
        "bart", "bigbird_pegasus", "blenderbot", "blenderbot-small", "led", "longt5", "m2m_100", "mbart", "mt5", "mvp",
        "nllb-moe", "pegasus", "pegasus_x", "plbart", "prophetnet", "switch_transformers", "t5", "umt5",
    }
)  # fmt: skip
# Where configurations say how many positions a model knows; T5's relative ones have a length that it was trained on.
_WINDOW_NAMES = ("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length", "n_ctx")
_USUAL_WINDOW = 2048


def require_no_kernels_package() -> None:
    """:raises ModelUnusable: if the package `kernels` is installed: transformers would ask the Hub for kernels."""
    if importlib.util.find_spec("kernels") is not None:
        raise ModelUnusable(
            "the Python package `kernels` is installed, with which transformers looks for code on the Hub; "
            "uninstall it: pip uninstall kernels"
        )


def check_model_folder(path: Path) -> None:
    """
    Check from the files alone, without torch, that a folder holds a text model in safetensors that an engine serves.

    A decoder-only one needs a chat template; an encoder-decoder one is given plain text.

    :raises ModelUnusable: with a sentence that says what is wrong and what to do.
    """
    if not path.is_dir():
        raise ModelUnusable(f"there is no model folder {path}; make it: python -m inference.prepare SOURCE {path}")
    if not any(path.glob("*.safetensors")):
        raise ModelUnusable(
            f"{path} has no *.safetensors file; other weight formats can run code when they are read. "
            "Choose a model or a revision that has safetensors"
        )
    _check_architecture(path)
    if not (is_encoder_decoder(path) or _has_chat_template(path)):
        raise ModelUnusable(
            f"{path} has no chat template, so it is not a chat model; "
            "choose its instruction-tuned variant (often named -Instruct, -Chat or -it)"
        )


def is_encoder_decoder(path: Path) -> bool:
    """:raises ModelUnusable: if the folder's configuration cannot be read."""
    return bool(read_json(path / "config.json").get("is_encoder_decoder"))


def context_window_of(config: Mapping[str, object]) -> int:
    """Return the tokens that a model's configuration allows it to see; 2,048 if it names none."""
    named = [config[name] for name in _WINDOW_NAMES if config.get(name)]
    return int(str(named[0])) if named else _USUAL_WINDOW


def _check_architecture(path: Path) -> None:
    config = read_json(path / "config.json")
    architectures = config.get("architectures")
    names = list(map(str, architectures)) if isinstance(architectures, list) else []
    if config.get("is_encoder_decoder"):
        ending, is_of_text = "ForConditionalGeneration", config.get("model_type") in _TEXT_TO_TEXT
    else:
        ending, is_of_text = "ForCausalLM", True
    if not (is_of_text and any(name.endswith(ending) for name in names)):
        named = ", ".join(names) or "an unnamed architecture"
        raise ModelUnusable(
            f"{path} holds {named}; choose a decoder-only text model (…ForCausalLM), "
            "or an encoder-decoder one from text to text such as T5"
        )


def _has_chat_template(path: Path) -> bool:
    if (path / "chat_template.jinja").is_file() or (path / "chat_template.json").is_file():
        return True
    tokenizer_config = path / "tokenizer_config.json"
    return tokenizer_config.is_file() and bool(read_json(tokenizer_config).get("chat_template"))


def read_json(path: Path) -> dict[str, object]:
    """:raises ModelUnusable: if the file is missing or is no JSON object."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as failure:
        raise ModelUnusable(f"{path} cannot be read ({failure}); prepare the model again") from failure
    if not isinstance(content, dict):
        raise ModelUnusable(f"{path} holds no JSON object; prepare the model again")
    return content
