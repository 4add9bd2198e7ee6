"""Calls that begin together, each in a thread and on a database connection of its own: two tabs, two workers."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import TypeVar

from django.db import connections

Came = TypeVar("Came")
Refusal = TypeVar("Refusal", bound=Exception)


def at_once(*calls: Callable[[], Came]) -> list[Came]:
    """What each returned, in the order of the calls; what one raised is raised here."""
    together = threading.Barrier(len(calls))

    def run(call: Callable[[], Came]) -> Came:
        together.wait(timeout=10)
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def contested(*calls: Callable[[], Came], refusal: type[Refusal]) -> tuple[list[Came], list[Refusal]]:
    """As `at_once`, where some may be refused: what the others returned, and the refusals."""
    refused: list[Refusal] = []

    def attempt(call: Callable[[], Came]) -> list[Came]:
        try:
            return [call()]
        except refusal as error:
            refused.append(error)
            return []

    came = at_once(*(partial(attempt, call) for call in calls))
    return list(chain.from_iterable(came)), refused
