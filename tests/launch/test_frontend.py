"""Building the front end."""

import os
import subprocess

import pytest

from chatapp.launch.configuration import CHECKOUT
from chatapp.launch.frontend import MIN_NODE, ensure_frontend_built, frontend_sources, node_version, npm_command
from chatapp.launch.stamps import digest_of, write_stamp


@pytest.fixture
def built_root(tmp_path):
    """A checkout whose front end was built; there is no package-lock.json, so any npm would fail."""
    (tmp_path / "frontend" / "src").mkdir(parents=True)
    (tmp_path / "frontend" / "src" / "main.tsx").write_text("export {};")
    digest = digest_of(frontend_sources(tmp_path / "frontend"), root=tmp_path)
    write_stamp(tmp_path / "frontend" / "dist" / ".built-from", digest)
    return tmp_path


class TestEnsureFrontendBuilt:
    def test_runs_nothing_where_the_sources_are_those_it_was_built_from(self, built_root):
        ensure_frontend_built(root=built_root)

    @pytest.mark.parametrize("name", ["src/main.tsx", "index.html"])
    def test_builds_again_once_a_source_changes_or_comes(self, built_root, name):
        (built_root / "frontend" / name).write_text("changed")

        with pytest.raises(FileNotFoundError, match=r"package-lock\.json"):
            ensure_frontend_built(root=built_root)

    def test_does_not_look_at_what_it_installs_and_builds(self, built_root):
        (built_root / "frontend" / "node_modules" / "react").mkdir(parents=True)
        (built_root / "frontend" / "node_modules" / "react" / "index.js").write_text("")

        ensure_frontend_built(root=built_root)


class TestNpmCommand:
    def test_finds_npm_and_a_node_new_enough_for_its_scripts(self):
        command, environment = npm_command(CHECKOUT / ".venv", environ=os.environ)

        npm = subprocess.run([*command, "--version"], env=environment, capture_output=True, text=True, check=True)
        node = subprocess.run(["node", "--version"], env=environment, capture_output=True, text=True, check=True)

        assert npm.stdout.strip()[0].isdigit()
        assert tuple(int(part) for part in node.stdout.strip().removeprefix("v").split(".")[:2]) >= MIN_NODE

    def test_takes_the_packaged_node_where_path_has_none_or_an_old_one(self, tmp_path, monkeypatch):
        for name in ("node", "npm"):
            (tmp_path / name).write_text("#!/bin/sh\necho v18.20.1\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

        command, environment = npm_command(tmp_path / "venv", environ=os.environ)

        assert command == [str(tmp_path / "venv" / "node-tools" / "npm")]
        answer = subprocess.run([*command, "exec", "--", "node", "--version"], env=environment, cwd=tmp_path,
                                capture_output=True, text=True, check=True)  # fmt: skip
        assert answer.stdout.startswith("v2")


class TestNodeVersion:
    def test_is_zero_for_what_is_no_node(self, tmp_path):
        assert node_version(tmp_path / "none") == (0,)
