"""Work that nobody waits for, done so that others feel it least. Knows nothing of what the work is."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

# A tenth of the processor beside one thread that works at the usual priority; all of it where nobody else wants any.
NICENESS = 10

_Result = TypeVar("_Result")


def run_aside(work: Callable[[], _Result]) -> _Result:
    """
    Do it in a thread of its own, wait for it, return or raise what it did. It must not ask the database.

    On Linux the thread gives way to whatever runs at the usual priority, a decoding model worker first of all. It may
    wait then with the interpreter in its hand, and the rest of this process with it.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="aside", initializer=_give_way) as executor:
        return executor.submit(work).result()


def _give_way() -> None:
    """Threads have priorities of their own on Linux alone; a thread cannot take its old one back, so it must be new."""
    if sys.platform == "linux":
        thread_id = threading.get_native_id()
        niceness = max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread_id))
        os.setpriority(os.PRIO_PROCESS, thread_id, niceness)
