"""Work done aside: by another thread, at a lower priority, with the same outcome."""

import os
import sys
import threading

import pytest

from chatapp.core.aside import NICENESS, run_aside


class TestWorkDoneAside:
    def test_returns_what_the_work_returns(self):
        assert run_aside(lambda: "done") == "done"

    def test_raises_what_the_work_raises(self):
        def fail():
            raise LookupError("no such word")

        with pytest.raises(LookupError, match="no such word"):
            run_aside(fail)

    @pytest.mark.skipif(sys.platform != "linux", reason="priorities of threads are Linux' own")
    def test_leaves_the_priority_of_the_asking_thread_alone(self):
        def niceness():
            return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

        before = niceness()

        assert run_aside(niceness) == max(before, NICENESS)
        assert niceness() == before
