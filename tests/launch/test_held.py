"""Marks of life."""

import os
import signal
import subprocess
import sys

import pytest

from chatapp.launch.configuration import CHECKOUT
from chatapp.launch.held import hold, holder_of, holders_in
from tests.support.waiting import wait_until

SLEEP = "import signal; signal.pause()"
# A process that forks: its child inherits the mark and outlives a kill -9 of the parent.
FORK_AND_SLEEP = "import os, pathlib, signal, sys; os.fork() or pathlib.Path(sys.argv[1]).touch(); signal.pause()"


@pytest.fixture
def start_held(tmp_path):
    processes = []

    def start(name, code, *arguments):
        command = [sys.executable, "-m", "chatapp.launch.held", str(tmp_path / f"{name}.alive")]
        processes.append(
            subprocess.Popen([*command, sys.executable, "-c", code, *arguments], cwd=CHECKOUT, start_new_session=True)
        )
        wait_until(lambda: holder_of(tmp_path / f"{name}.alive") == processes[-1].pid)
        return processes[-1]

    yield start
    for process in processes:
        os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
        process.wait()


class TestHolderOf:
    def test_is_the_process_that_the_holding_one_became(self, start_held, tmp_path):
        process = start_held("web", SLEEP)

        assert dict(holders_in(tmp_path)) == {"web": process.pid}

    def test_is_nobody_once_that_process_was_killed(self, start_held, tmp_path):
        process = start_held("web", SLEEP)

        process.kill()
        process.wait()

        assert (tmp_path / "web.alive").read_text() == f"{process.pid}\n"
        assert holder_of(tmp_path / "web.alive") is None

    def test_is_nobody_where_there_is_no_file(self, tmp_path):
        assert holder_of(tmp_path / "web.alive") is None


class TestHold:
    def test_refuses_what_another_process_holds(self, start_held, tmp_path):
        start_held("launcher", SLEEP)

        with pytest.raises(BlockingIOError):
            hold(tmp_path / "launcher.alive")

    def test_as_a_command_ends_the_orphan_of_a_killed_process_and_takes_its_place(self, start_held, tmp_path):
        first = start_held("worker", FORK_AND_SLEEP, str(tmp_path / "forked"))
        wait_until((tmp_path / "forked").exists)
        first.kill()
        first.wait()
        assert holder_of(tmp_path / "worker.alive") == first.pid  # the orphan carries the mark

        second = start_held("worker", SLEEP)

        assert holder_of(tmp_path / "worker.alive") == second.pid  # free only once the orphan is dead
