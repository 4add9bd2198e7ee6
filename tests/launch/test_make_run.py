"""`make run` from the command line to the last process, without a network."""

import os
import signal
import socket

import pytest

from tests.launch.instance import (
    MARK_VARIABLE,
    STOP_LIMIT_S,
    http_status,
    instance_environment,
    make_run,
    marked_processes,
    run_make,
)
from tests.support.waiting import wait_until

# Each starts an instance of its own; on a busy machine that takes minutes.
pytestmark = pytest.mark.timeout(420)


class TestMakeRun:
    def test_serves_until_ctrl_c_and_leaves_no_process(self, tmp_path):
        with make_run(tmp_path, HOST="0.0.0.0", CHATAPP_ADMIN_PASSWORD="chosen by the test 7!") as running:
            running.wait_ready()
            configuration = running.configuration

            assert "Ready after" in running.output
            assert f"http://127.0.0.1:{configuration.port}" in running.output
            assert "chosen by the test" not in running.output
            # HOST opens it: it listens on every address and answers to the name a person asked for.
            assert http_status(configuration.port, "/accounts/login/", host="chat.example.org") == 200
            assert len(running.living()) >= 6

            second = run_make("run", running.environment)
            assert second.returncode != 0
            assert "is running already" in second.stderr
            assert "make stop" in second.stderr

            running.press_ctrl_c()

            wait_until(lambda: not running.living(), limit_s=STOP_LIMIT_S, what="the end of every process")
            wait_until(lambda: running.process.poll() is not None, limit_s=STOP_LIMIT_S, what="the end of make")
            assert "Stopped." in running.output

    def test_ends_on_sigterm_while_it_is_still_starting(self, tmp_path):
        with make_run(tmp_path) as running:
            running.wait_started()

            running.process.terminate()

            wait_until(lambda: not running.living(), limit_s=STOP_LIMIT_S, what="the end of every process")
            wait_until(lambda: running.process.poll() is not None)
            assert "Stopped." in running.output

    def test_is_ended_by_make_stop_after_its_launcher_was_killed(self, tmp_path):
        with make_run(tmp_path) as running:
            running.wait_started()
            os.kill(running.holders()["launcher"], signal.SIGKILL)
            wait_until(lambda: running.process.poll() is not None)
            assert running.living()
            second = run_make("run", running.environment)
            assert "is running already" in second.stderr

            stopped = run_make("stop", running.environment)

            assert stopped.stdout.strip() == "Stopped."
            assert stopped.returncode == 0
            assert not running.living()

    def test_is_ended_by_make_stop_after_supervisord_was_killed_too(self, tmp_path):
        with make_run(tmp_path) as running:
            running.wait_started()
            os.kill(running.holders()["launcher"], signal.SIGKILL)
            os.kill(running.holders()["supervisord"], signal.SIGKILL)
            wait_until(lambda: "supervisord" not in running.holders())
            assert {"redis", "web"} <= set(running.holders())

            run_make("stop", running.environment)

            assert not running.living()

    def test_names_a_taken_port_and_the_variable_without_a_stack_trace(self, tmp_path):
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            port = server.getsockname()[1]
            environment = instance_environment(tmp_path / "data", PORT=str(port))

            finished = run_make("run", environment)

        assert finished.returncode != 0
        assert f"Port {port} on 127.0.0.1 is taken" in finished.stderr
        assert "PORT=" in finished.stderr
        assert "Traceback" not in finished.stderr
        assert marked_processes(environment[MARK_VARIABLE]) == []


class TestMakeModelAdd:
    def test_asks_for_a_source(self, tmp_path):
        finished = run_make("model-add", instance_environment(tmp_path / "data"))

        assert finished.returncode != 0
        assert "make model-add SOURCE=" in finished.stderr

    def test_refuses_a_folder_that_is_no_model_and_enables_nothing(self, tmp_path):
        (tmp_path / "empty").mkdir()
        environment = instance_environment(tmp_path / "data", SOURCE=str(tmp_path / "empty"))

        finished = run_make("model-add", environment)

        assert finished.returncode != 0
        assert "could not be made ready" in finished.stderr
        assert "Traceback" not in finished.stderr
        assert "is enabled" not in finished.stdout


class TestMakeStop:
    def test_says_that_nothing_runs(self, tmp_path):
        finished = run_make("stop", instance_environment(tmp_path / "data"))

        assert finished.returncode == 0
        assert "Nothing is running" in finished.stdout


class TestMakeLogs:
    def test_says_that_there_are_none_yet(self, tmp_path):
        finished = run_make("logs", instance_environment(tmp_path / "data"))

        assert finished.returncode != 0
        assert "No logs" in finished.stderr


class TestMakeHelp:
    def test_lists_every_command(self, tmp_path):
        finished = run_make("help", instance_environment(tmp_path / "data"))

        commands = {line.split()[1] for line in finished.stdout.splitlines() if line.startswith("  make ")}
        assert commands == {
            "help",
            "run",
            "stop",
            "logs",
            "model-add",
            "test",
            "bench-e2e",
            "bench-engine",
            "bench-long",
            "bench-moderation",
            "check",
            "format",
            "clean",
        }
