"""
Making models ready to serve: the default one at the first start, others with `make model-add`.

Knows the engine's preparation and the catalog by their commands alone.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from chatapp.launch.configuration import DEFAULT_MODEL_SLUG, configuration_from_environment
from chatapp.launch.entry import EXIT_FAILED, EXIT_INTERRUPTED
from chatapp.launch.errors import ConfigurationError, LaunchError, PreparationError
from chatapp.launch.processes import ServedModel, model_worker_process
from chatapp.launch.stack import Stack
from chatapp.launch.stopping import supervisord_pid
from chatapp.private_files import PRIVATE_UMASK

MAX_SLUG_CHARS = 50  # the catalog's own limit


@dataclass(frozen=True, kw_only=True)
class PreparedModel:
    """What the engine said of a model it made ready."""

    path: Path
    context_window: int


def ensure_default_model(stack: Stack, *, models: Iterable[ServedModel]) -> None:
    """
    Convert the default model unless that is done, or nobody wants it.

    :raises PreparationError: if that fails.
    """
    if any(model.slug == DEFAULT_MODEL_SLUG for model in models):
        prepare_model(stack, source="default", destination=stack.configuration.default_model_dir)


def prepare_model(stack: Stack, *, source: str, destination: Path, revision: str = "") -> PreparedModel:
    """
    Check and convert; instant if the folder is complete already. Progress goes to standard error.

    :raises PreparationError: if the source is no usable model.
    """
    command = [sys.executable, "-m", "inference.prepare", source, str(destination)]
    command += ["--revision", revision] if revision else []
    destination.parent.mkdir(parents=True, exist_ok=True)
    finished = subprocess.run(
        command,
        cwd=stack.configuration.root,
        env=stack.environment,
        umask=PRIVATE_UMASK,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise PreparationError(f"The model {source} could not be made ready; the reason stands above.")
    description = json.loads(finished.stdout.splitlines()[-1])
    return PreparedModel(path=destination, context_window=int(description["context_window"]))


def slug_for(source: str) -> str:
    """
    The name under which a source is served: its last part, in the characters a queue's name may have.

    :raises ConfigurationError: if nothing of it is left.
    """
    name = source.rstrip("/").rsplit("/", 1)[-1].removesuffix(".gguf").lower()
    slug = re.sub(r"[^a-z0-9]+", "-", name).strip("-")[:MAX_SLUG_CHARS].strip("-")
    if not slug:
        raise ConfigurationError(f"{source!r} gives no usable name; choose one: make model-add SOURCE={source} SLUG=…")
    return slug


def model_add(stack: Stack, *, source: str, slug: str, name: str, revision: str) -> None:
    """
    Make a model ready, enable it in the catalog, and start its worker if the instance runs.

    :raises LaunchError: if a step fails.
    """
    configuration = stack.configuration
    local = Path(source).expanduser()
    source = str(local.absolute()) if local.exists() else source
    stack.prepare()
    prepared = prepare_model(stack, source=source, destination=configuration.models_dir / slug, revision=revision)
    stack.run_module(
        "django", "catalog_add", "--slug", slug, "--name", name, "--source", source, "--path", slug,
        "--context-window", str(prepared.context_window), "--revision", revision,
    )  # fmt: skip
    if supervisord_pid(configuration) is None:
        print(f"{name} is enabled as {slug}; the next `make run` starts its worker.")
        return
    models = stack.prepare()
    worker = next(model_worker_process(model) for model in models if model.slug == slug)
    stack.add_process(worker, models=models)
    print(f"{name} is enabled as {slug}; its worker is ready.")


def main() -> int:
    """`make model-add SOURCE=… [SLUG=…] [NAME=…] [REVISION=…]`."""
    environ = os.environ
    source = environ.get("SOURCE", "")
    try:
        if not source:
            raise ConfigurationError("Say which model: make model-add SOURCE=… (a Hub id, a folder or a GGUF file).")
        slug = environ.get("SLUG") or slug_for(source)
        stack = Stack(configuration_from_environment(environ), environ=environ, report=print)
        model_add(
            stack, source=source, slug=slug, name=environ.get("NAME") or slug, revision=environ.get("REVISION", "")
        )
    except LaunchError as error:
        print(f"\n{error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main())
