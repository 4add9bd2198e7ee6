"""
`make test`: what the tests need, then every stage in turn, each with its time; the rest still runs after a failure.

Own data (`var/test`), own ports, own servers: a running `make run` is not touched. The converted default model in
`var/models` is shared, read-only once made. `make test STAGES="unit e2e"` runs only those.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chatapp.launch.configuration import CHECKOUT, DEFAULT_MODEL_SLUG
from chatapp.launch.errors import LaunchError, PreparationError
from chatapp.launch.frontend import ensure_frontend_built, ensure_packages, npm
from chatapp.launch.ports import find_free_port
from tests.support.browser import BROWSER_VARIABLE, BrowserMissingError, ensure_browser
from tests.support.postgres import PostgresMissingError, running_postgres

DATA_DIR = CHECKOUT / "var" / "test"
MODELS_DIR = CHECKOUT / "var" / "models"
# What a person has set for `make run` shall not reach the tests.
OWN_VARIABLES = (
    "ALLOWED_HOSTS", "CHATAPP_ADMIN_PASSWORD", "CHATAPP_DATA_DIR", "CHATAPP_MODELS_DIR", "CHATAPP_SECRET_KEY",
    "CHATAPP_SECRET_KEY_FILE", "CSRF_TRUSTED_ORIGINS", "DATABASE_URL", "DEBUG", "EMAIL_URL", "HOST", "HTTPS", "PORT",
    "MODERATION_MODELS", "MODERATION_REMOTE_CLASSIFIERS", "REDIS_PORT", "REDIS_URL",
)  # fmt: skip
# Each has a database, a Redis and, where tests compute, a torch of its own: more of them need more memory than speed.
MAX_PROCESSES = 4
Environment = Mapping[str, str]


@dataclass(frozen=True)
class Stage:
    """One part of the suite: a name and what runs it. `run` returns whether it passed."""

    name: str
    run: Callable[[Environment], bool]


@dataclass(frozen=True)
class Outcome:
    """How a stage ended."""

    name: str
    has_passed: bool
    duration_s: float


def main() -> int:
    """Run the stages; 1 if one failed or could not run."""
    wanted = os.environ.get("STAGES", "").split()
    unknown = set(wanted) - {stage.name for stage in STAGES}
    if unknown:
        print(f"No such stage: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 1
    environment = _test_environment()
    outcomes = []
    for stage in STAGES:
        if not wanted or stage.name in wanted or stage.name == PREPARE.name:
            outcomes.append(_timed(stage, environment))
            if stage is PREPARE and not outcomes[-1].has_passed:
                break
    _print_summary(outcomes)
    return 0 if all(outcome.has_passed for outcome in outcomes) else 1


def _test_environment() -> dict[str, str]:
    shutil.rmtree(DATA_DIR, ignore_errors=True)
    DATA_DIR.mkdir(parents=True)
    inherited = {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
    return inherited | {
        "CHATAPP_DATA_DIR": str(DATA_DIR),
        "CHATAPP_MODELS_DIR": str(MODELS_DIR),
        "CHATAPP_SECRET_KEY": "tests sign nothing that outlives them",
        "PORT": str(find_free_port()),
        "REDIS_PORT": str(find_free_port()),
        # No test may ask a hub: what is not here is not there.
        "HF_HUB_OFFLINE": "1",
    }


def _timed(stage: Stage, environment: Environment) -> Outcome:
    print(f"\n== {stage.name}", flush=True)
    began = time.monotonic()
    try:
        has_passed = stage.run(environment)
    except (LaunchError, BrowserMissingError, PostgresMissingError) as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        has_passed = False
    return Outcome(name=stage.name, has_passed=has_passed, duration_s=time.monotonic() - began)


def _print_summary(outcomes: list[Outcome]) -> None:
    print("\n== summary")
    for outcome in outcomes:
        print(f"{outcome.name:<13} {'passed' if outcome.has_passed else 'FAILED'}  {outcome.duration_s:7.1f} s")
    print(f"{'together':<13} {'':6}  {sum(outcome.duration_s for outcome in outcomes):7.1f} s", flush=True)


def _prepare(environment: Environment) -> bool:
    """Front end, default model, browser: made or found before the first test, so that no test measures them."""
    ensure_frontend_built(root=CHECKOUT)
    MODELS_DIR.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "inference.prepare", "default", str(MODELS_DIR / DEFAULT_MODEL_SLUG)]
    if subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode != 0:
        raise PreparationError("The default model could not be made ready; the reason stands above.")
    print(f"Browser: {ensure_browser()}")
    return True


def _unit(environment: Environment) -> bool:
    return _pytest(environment, *_side_by_side(), "tests", "--ignore=tests/e2e", "--ignore=tests/launch")


def _launch(environment: Environment) -> bool:
    return _pytest(environment, "tests/launch")


def _front_end(environment: Environment) -> bool:
    ensure_packages(root=CHECKOUT)
    npm("test", root=CHECKOUT)
    return True


def _postgres(environment: Environment) -> bool:
    with running_postgres() as server:
        return _pytest(
            {**environment, "DATABASE_URL": server.url},
            *_side_by_side(),
            "tests",
            "--ignore=tests/e2e",
            "--ignore=tests/launch",
            "-p",
            "tests.support.on_database",
        )


def _e2e(environment: Environment) -> bool:
    return _pytest({**environment, BROWSER_VARIABLE: str(ensure_browser())}, "tests/e2e")


def _e2e_on_postgres(environment: Environment) -> bool:
    with running_postgres() as server:
        return _e2e({**environment, "DATABASE_URL": server.url})


def _side_by_side() -> tuple[str, ...]:
    """Over as many processes as there are cores; one that has nothing left takes tests of another."""
    num_processes = min(os.cpu_count() or 1, MAX_PROCESSES)
    return ("-n", str(num_processes), "--dist", "worksteal") if num_processes > 1 else ()


def _pytest(environment: Environment, *arguments: str) -> bool:
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.no_skips", "--durations=10", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, env=environment, check=False).returncode == 0


PREPARE = Stage("prepare", _prepare)
STAGES = (
    PREPARE,
    Stage("unit", _unit),
    Stage("front-end", _front_end),
    Stage("postgres", _postgres),
    Stage("launch", _launch),
    Stage("e2e", _e2e),
    Stage("e2e-postgres", _e2e_on_postgres),
)

if __name__ == "__main__":
    sys.exit(main())
