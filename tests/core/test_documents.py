"""What the documents say of the tree is true: each file that they name is there, and each name in it."""

import re
from collections.abc import Iterator

import pytest

from chatapp.launch.configuration import CHECKOUT

ROOMS = ("bench", "chatapp", "contracts", "docs", "frontend", "inference", "templates", "tests")
MADE = {"node_modules", "dist", "__pycache__"}
# Decisions and the changelog tell of the day on which they were written.
AT_THE_TOP = ("README.md", "CONTRIBUTING.md", "frontend/README.md")
DOCUMENTS = sorted([*(CHECKOUT / name for name in AT_THE_TOP), *(CHECKOUT / "docs").glob("*.md")])
NAMED = re.compile(r"(?<![\w./*-])((?:[\w-]+/)*[\w.-]+\.(?:py|tsx?|jsonl|css|js))(?:::?(\w+(?:\.\w+)*))?(?![\w/])")


def files() -> list[str]:
    rooms = (path for room in ROOMS for path in (CHECKOUT / room).rglob("*"))
    inside = [path for path in rooms if path.is_file() and not MADE & set(path.parts)]
    return [f"/{path.relative_to(CHECKOUT)}" for path in [*inside, *CHECKOUT.glob("*")]]


FILES = files()


def named(text: str) -> Iterator[tuple[str, str]]:
    """Each file that a text names, and the name within it, if it says one."""
    for match in NAMED.finditer(text):
        yield match[1], match[2] or ""


def missing(path: str, name: str) -> bool:
    found = [file for file in FILES if file.endswith(f"/{path}")]
    if not name:
        return not found
    last = name.rpartition(".")[2]
    return not any(re.search(rf"\b{last}\b", (CHECKOUT / file[1:]).read_text()) for file in found)


class TestADocument:
    @pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
    def test_names_only_files_that_are_there(self, document):
        wrong = [f"{path} {name}".strip() for path, name in named(document.read_text()) if missing(path, name)]

        assert wrong == []

    def test_is_read_for_what_it_names(self):
        text = "as `feed/log.py:append_all` and `gone.py`, tests `test_log.py::TestAppend`, socket.ts and not log.pyx"

        assert list(named(text)) == [
            ("feed/log.py", "append_all"),
            ("gone.py", ""),
            ("test_log.py", "TestAppend"),
            ("socket.ts", ""),
        ]
        assert [path for path, name in named(text) if missing(path, name)] == ["gone.py"]
