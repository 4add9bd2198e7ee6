"""The virtual environment and its stamp."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from chatapp.launch import bootstrap, install
from chatapp.launch.configuration import CHECKOUT
from chatapp.launch.errors import InstallError
from chatapp.launch.install import (
    RequirementSet,
    contained_sets,
    ensure_installed,
    is_installed,
    own_requirements,
    requirements_digest,
    size_of,
    torch_requirement,
)
from chatapp.launch.stamps import write_stamp

PRETEND_OLD_PYTHON = (
    "import sys; sys.version_info = (3, 9, 2, 'final', 0); sys.version = '3.9.2 (pretended)';"
    "import runpy; runpy.run_module('chatapp.launch.bootstrap', run_name='__main__')"
)


@pytest.fixture
def installed_root(tmp_path):
    """A checkout whose environment was installed; its interpreter cannot be run, so any pip would fail."""
    for name in install.REQUIREMENT_FILES[RequirementSet.BENCH]:
        (tmp_path / name).write_text("torch==2.13.0  # inference\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").write_text("not to be run")
    for requirement_set in RequirementSet:
        digest = requirements_digest(requirement_set, root=tmp_path)
        write_stamp(tmp_path / ".venv" / f"installed-{requirement_set}", digest)
    write_stamp(tmp_path / ".venv" / install.TORCH_STAMP, "https://example.org/cpu")
    return tmp_path


class TestEnsureInstalled:
    def test_runs_nothing_the_second_time(self, installed_root):
        python = ensure_installed(RequirementSet.RUN, root=installed_root, environ={})

        assert python == installed_root / ".venv" / "bin" / "python"

    def test_goes_on_without_a_competitor_that_cannot_be_installed_and_tries_it_again(
        self, installed_root, monkeypatch, capfd
    ):
        """The interpreter is a script that refuses to install one package and notes what else it is told."""
        python = installed_root / ".venv" / "bin" / "python"
        python.write_text('#!/bin/sh\necho "$@" >> told\ncase "$*" in *broken*) exit 1;; esac\n')
        python.chmod(0o755)
        monkeypatch.setattr(install, "_install_torch", lambda *_, **__: None)
        (installed_root / "requirements-bench.txt").write_text("broken==1.0\nfine==1.0\n")

        ensure_installed(RequirementSet.BENCH, root=installed_root, environ={})

        assert "fine==1.0" in (installed_root / "told").read_text()
        assert "pip install broken==1.0 failed" in capfd.readouterr().out
        assert is_installed(RequirementSet.DEV, root=installed_root, index_url="")
        assert not is_installed(RequirementSet.BENCH, root=installed_root, index_url="")


class TestIsInstalled:
    def test_is_false_once_a_requirement_changes(self, installed_root):
        (installed_root / "requirements.txt").write_text("torch==2.14.0\n")

        assert not is_installed(RequirementSet.RUN, root=installed_root, index_url="")

    def test_is_not_changed_for_running_by_what_only_the_tests_need(self, installed_root):
        (installed_root / "requirements-dev.txt").write_text("pytest==1.0\n")

        assert is_installed(RequirementSet.RUN, root=installed_root, index_url="")
        assert not is_installed(RequirementSet.DEV, root=installed_root, index_url="")

    def test_is_false_without_an_environment(self, installed_root):
        (installed_root / ".venv" / "bin" / "python").unlink()

        assert not is_installed(RequirementSet.RUN, root=installed_root, index_url="")

    @pytest.mark.parametrize(
        ("index_url", "expected"),
        [("", True), ("https://example.org/cpu", True), ("https://example.org/cu130", False)],
    )
    def test_keeps_the_torch_that_was_chosen_until_another_is_asked_for(self, installed_root, index_url, expected):
        assert is_installed(RequirementSet.RUN, root=installed_root, index_url=index_url) is expected


class TestContainedSets:
    def test_counts_running_as_installed_with_the_tests_needs(self):
        assert contained_sets(RequirementSet.BENCH) == tuple(RequirementSet)
        assert contained_sets(RequirementSet.DEV) == (RequirementSet.RUN, RequirementSet.DEV)
        assert contained_sets(RequirementSet.RUN) == (RequirementSet.RUN,)


class TestOwnRequirements:
    def test_are_without_comments_and_included_files(self, tmp_path):
        (tmp_path / "more.txt").write_text("# why\n-r requirements-dev.txt\n\nfastapi==1.0  # serving\nuvicorn==2.0\n")

        assert own_requirements(tmp_path / "more.txt") == ["fastapi==1.0", "uvicorn==2.0"]

    def test_of_this_projects_benchmark_are_pinned(self):
        assert all("==" in line for line in own_requirements(CHECKOUT / "requirements-bench.txt"))


class TestTorchRequirement:
    def test_is_the_pinned_line_of_this_project(self):
        assert torch_requirement(CHECKOUT / "requirements.txt") == "torch==2.13.0"

    def test_refuses_a_file_that_pins_none(self, tmp_path):
        (tmp_path / "requirements.txt").write_text("torch>=2\n")

        with pytest.raises(InstallError, match="does not pin torch"):
            torch_requirement(tmp_path / "requirements.txt")


class TestSizeOf:
    @pytest.mark.parametrize(
        ("requires", "platform", "expected"),
        [
            (["filelock", 'nvidia-cublas==13.1; platform_system == "Linux"'], "linux", install.SIZE_WITH_CUDA),
            (["filelock", 'nvidia-cublas==13.1; platform_system == "Linux"'], "darwin", install.SIZE_WITHOUT_CUDA),
            (["filelock"], "linux", install.SIZE_WITHOUT_CUDA),
            (None, "linux", install.SIZE_WITHOUT_CUDA),
        ],
    )
    def test_tells_a_torch_that_brings_cuda_from_one_that_does_not(self, requires, platform, expected, monkeypatch):
        monkeypatch.setattr(sys, "platform", platform)

        assert size_of({"requires_dist": requires}) == expected

    def test_says_how_to_choose_the_smaller_one(self):
        assert f"make run TORCH_INDEX_URL={install.CPU_INDEX_URL}" in install.SIZE_WITH_CUDA.note


class TestBootstrap:
    def test_tells_an_old_python_which_version_it_needs_and_how_to_name_one(self):
        finished = subprocess.run(
            [sys.executable, "-c", PRETEND_OLD_PYTHON], cwd=CHECKOUT, capture_output=True, text=True, check=False
        )

        assert finished.returncode == 1
        assert "needs Python 3.11 or newer" in finished.stderr
        assert "3.9.2" in finished.stderr
        assert "make run PYTHON=" in finished.stderr
        assert "Traceback" not in finished.stderr

    @pytest.mark.parametrize("module", [bootstrap.__file__, bootstrap.__file__.replace("bootstrap", "__init__")])
    def test_can_be_read_by_pythons_far_too_old_to_run_the_product(self, module):
        ast.parse(Path(module).read_text(), feature_version=(3, 4))

    def test_needs_nothing_but_the_standard_library(self):
        code = "import sys; import chatapp.launch.entry, chatapp.launch.stopping; print(*sys.modules)"
        # -S leaves out site-packages, -E what the environment would add.
        finished = subprocess.run(
            [sys.executable, "-S", "-E", "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True
        )

        assert "chatapp.launch.install" in finished.stdout.split()
