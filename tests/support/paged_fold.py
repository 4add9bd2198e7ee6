"""
What a client knows that reads a conversation in parts: windows, pages of the skeleton, facts between them.

A second writing of the front end's rules, on purpose, as `fold.py`: whatever comes when, nothing goes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
ROLES = {"u": "user", "a": "assistant", "s": "system"}
STATES = {"v": "visible", "h": "held", "w": "withheld", "e": "erased"}


@dataclass
class PagedConversation:
    """`nodes`: which messages there are, with their words or without; all rows as JSON."""

    conversation: Row = field(default_factory=dict)
    nodes: dict[str, Row] = field(default_factory=dict)
    generations: dict[str, Row] = field(default_factory=dict)

    @property
    def absent_ids(self) -> list[str]:
        """Messages whose words are still to be read."""
        return [key for key, node in self.nodes.items() if "text" not in node]

    def page_fold(self, page: Row) -> None:
        """A window, a snapshot or a page of the skeleton."""
        if "ids" in page:
            for node in skeleton_nodes(page):
                self._node_put(node)
            return
        self._conversation_put(page["conversation"])
        for message in page["messages"]:
            self._node_put(message)
        for generation in page["generations"]:
            self._generation_put(generation)

    def fact_fold(self, fact: Row) -> None:
        for name, put in (
            ("conversation", self._conversation_put),
            ("generation", self._generation_put),
            ("message", self._node_put),
        ):
            if name in fact:
                put(fact[name])

    def _conversation_put(self, view: Row) -> None:
        if view["row_version"] >= self.conversation.get("row_version", 0):
            self.conversation = view

    def _node_put(self, node: Row) -> None:
        known = self.nodes.get(node["id"])
        if known is None or _rank(node) > _rank(known) or ("text" in node and _rank(node) == _rank(known)):
            self.nodes[node["id"]] = node

    def _generation_put(self, view: Row) -> None:
        known = self.generations.get(view["id"])
        if known is None or _progress(view) >= _progress(known):
            self.generations[view["id"]] = view


def skeleton_nodes(page: Mapping[str, Any]) -> list[Row]:
    return [
        {
            "id": key,
            "parent_id": page["ids"][parent] if isinstance(parent, int) else parent,
            "role": ROLES[role],
            "state": STATES[state],
        }
        for key, parent, role, state in zip(page["ids"], page["parents"], page["roles"], page["states"], strict=True)
    ]


def _rank(node: Row) -> int:
    """How far a message is in its life."""
    match node["state"]:
        case "held":
            return 1
        case "withheld":
            return 4
        case "erased":
            return 5
        case _:
            return 0 if node.get("text") is None else 3 if node["notice"] else 2


def _progress(view: Row) -> tuple[bool, int, bool, int]:
    is_ended = view["status"] not in {"queued", "running"}
    return is_ended, view["attempt"], view["status"] == "running", view["seq"]
