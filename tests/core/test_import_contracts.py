"""The import contracts name what is there: a part that is added stands in them, one that is gone does not."""

import sys
import tomllib
from importlib.util import find_spec
from typing import Any

import pytest

from chatapp.launch.configuration import CHECKOUT
from chatapp.task_table import task_modules

CONTRACTS: dict[str, dict[str, Any]] = {
    contract["name"]: contract
    for contract in tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
# What the web process and beat begin from; beside it in the contract stand the modules of the default worker's tasks.
WEB_AND_BEAT = {
    *("chatapp.api", "chatapp.asgi", "chatapp.celery", "chatapp.pages", "chatapp.realtime"),
    *("chatapp.settings", "chatapp.urls"),
}
# The standard library and nothing else: how files are kept private, in the launcher and in what it starts.
SHARED_WITH_THE_LAUNCHER = {"chatapp.private_files"}
NAMES_OF_MODULES = ("source_modules", "forbidden_modules", "protected_modules", "allowed_importers", "modules")


def parts_of_ours() -> set[str]:
    """Each room and module directly in chatapp."""
    inside = (CHECKOUT / "chatapp").iterdir()
    names = {path.stem for path in inside if path.suffix == ".py" or (path / "__init__.py").is_file()}
    return {f"chatapp.{name}" for name in names - {"__init__"}}


def forbidden_of_ours(name: str) -> set[str]:
    return {module for module in CONTRACTS[name]["forbidden_modules"] if module.startswith("chatapp.")}


class TestTheContract:
    @pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
    def test_names_only_modules_that_are_there(self, contract):
        named = {module for field in NAMES_OF_MODULES for module in contract.get(field, [])}

        assert {module for module in named if module not in sys.modules and find_spec(module) is None} == set()

    def test_that_keeps_torch_out_begins_from_every_process_that_must_not_load_it(self):
        contract = CONTRACTS["What serves pages and the default queue never imports torch"]

        assert set(contract["source_modules"]) == WEB_AND_BEAT | set(task_modules(of_model_worker=False))

    def test_of_the_launcher_forbids_all_that_it_starts(self):
        others = parts_of_ours() - {"chatapp.launch"} - SHARED_WITH_THE_LAUNCHER

        assert forbidden_of_ours("The launcher imports nothing it starts") == others

    def test_of_what_judges_forbids_every_other_part(self):
        assert forbidden_of_ours("What judges imports only itself") == parts_of_ours() - {"chatapp.moderation"}
