"""A whole instance as the end-to-end tests start it: every process comes back, its files are private."""

import os
import signal
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from chatapp.core.signs_of_life import DEFAULT_WORKER_KEY, workers_key
from chatapp.launch.configuration import DEFAULT_MODEL_SLUG, configuration_from_environment
from chatapp.launch.errors import AlreadyRunningError, NotRunningError, PortTakenError
from chatapp.launch.held import holder_of, holders_in
from chatapp.launch.models import ensure_default_model
from chatapp.launch.stack import Stack
from chatapp.launch.supervisor.configuration import control_socket
from chatapp.launch.supervisor.control import SupervisorControl
from tests.launch.instance import http_status, instance_environment, run_make
from tests.support.suite import MODELS_DIR
from tests.support.waiting import wait_until

LOOK_EVERY_S = 0.005
RESTART_LIMIT_S = 90.0
# The first test waits for the instance to start; on a busy machine that takes minutes.
pytestmark = pytest.mark.timeout(420)
SEND_A_MAIL = "from django.core.mail import send_mail; send_mail('a', 'a link', None, ['a@example.org'])"
PROCESSES = ("web", "worker", "beat", "model-smollm2-135m-instruct", "redis")


@pytest.fixture(scope="module")
def lines():
    """What the instance reported."""
    return []


@pytest.fixture(scope="module")
def environ(tmp_path_factory):
    """An instance with a models folder of its own; the default model in it is the shared one."""
    folder = tmp_path_factory.mktemp("stack")
    (folder / "models").mkdir()
    (folder / "models" / DEFAULT_MODEL_SLUG).symlink_to(MODELS_DIR / DEFAULT_MODEL_SLUG)
    return instance_environment(folder / "data", CHATAPP_MODELS_DIR=str(folder / "models"))


@pytest.fixture(scope="module")
def stack(environ, lines):
    started = Stack(configuration_from_environment(environ), environ=environ, report=lines.append)
    # As a person's shell has it: what is private is so because each process says so.
    inherited = os.umask(0o022)
    with started:
        started.require_startable()
        models = started.prepare()
        ensure_default_model(started, models=models)
        started.start(models)
        started.wait_healthy()
        os.umask(inherited)
        yield started


def forget_signs(stack):
    with redis.Redis.from_url(stack.redis_url) as client:
        client.delete(DEFAULT_WORKER_KEY, workers_key(DEFAULT_MODEL_SLUG))


class TestStack:
    def test_reports_each_process_as_it_becomes_ready(self, stack, lines):
        ready = {line.split()[0] for line in lines if "is ready" in line}

        assert ready == set(PROCESSES)

    def test_keeps_everything_in_files_and_folders_that_only_their_owner_can_open(self, stack):
        data_dir = stack.configuration.data_dir
        stack.run_module("django", "shell", "-v0", "-c", SEND_A_MAIL)

        found = {path: stat.S_IMODE(path.lstat().st_mode) for path in (data_dir, *data_dir.rglob("*"))}
        names = {path.relative_to(data_dir).parts[0] for path in found if path != data_dir}

        assert {"db.sqlite3", "db.sqlite3-wal", "secret_key", "redis", "mail", "logs", "run"} <= names
        assert list((data_dir / "mail").iterdir())
        assert list((data_dir / "redis" / "appendonlydir").iterdir())
        assert {path: oct(mode) for path, mode in found.items() if mode & 0o077} == {}

    def test_takes_from_others_what_an_earlier_version_left_open_to_them(self, stack):
        left = stack.configuration.data_dir / "mail" / "an earlier mail"
        left.write_text("a link")
        left.chmod(0o644)
        left.parent.chmod(0o755)

        stack.prepare()

        assert (stat.S_IMODE(left.stat().st_mode), stat.S_IMODE(left.parent.stat().st_mode)) == (0o600, 0o700)

    def test_answers_only_under_its_own_name_on_the_loopback(self, stack):
        assert http_status(stack.configuration.port, "/healthz", host=f"127.0.0.1:{stack.configuration.port}") == 200
        assert http_status(stack.configuration.port, "/accounts/login/", host="evil.example") == 400

    def test_makes_the_first_admin_only_once_and_keeps_the_secret_key(self, stack, capfd):
        key = stack.configuration.secret_key_file.read_text()

        stack.prepare()

        assert stack.configuration.secret_key_file.read_text() == key
        assert "Password" not in capfd.readouterr().out

    def test_refuses_a_second_start_on_the_same_data(self, stack):
        second = Stack(stack.configuration, environ=stack.environment, report=print)

        with pytest.raises(AlreadyRunningError, match="make stop"):
            second.require_startable()

    def test_refuses_another_instance_the_same_port(self, stack, tmp_path):
        environ = instance_environment(tmp_path, PORT=str(stack.configuration.port))
        other = Stack(configuration_from_environment(environ), environ=environ, report=print)

        with pytest.raises(PortTakenError, match=f"Port {stack.configuration.port} on 127.0.0.1 is taken.*PORT="):
            other.require_startable()

    @pytest.mark.parametrize("name", PROCESSES)
    def test_brings_back_a_process_that_is_killed(self, stack, name):
        killed = stack.pid(name)

        os.kill(killed, signal.SIGKILL)
        if name != "redis":
            forget_signs(stack)  # what the dead one left says nothing of its successor

        wait_until(lambda: stack.pid(name) not in {0, killed}, limit_s=RESTART_LIMIT_S, what=f"a new {name}")
        wait_until(lambda: stack.is_healthy(name), limit_s=RESTART_LIMIT_S, what=f"a healthy {name}")
        forget_signs(stack)
        wait_until(
            lambda: all(stack.is_healthy(other) for other in PROCESSES),
            limit_s=RESTART_LIMIT_S,
            what="every process healthy again",
        )

    def test_is_given_another_model_while_it_runs(self, stack, environ):
        source = {"SOURCE": str(MODELS_DIR / DEFAULT_MODEL_SLUG), "SLUG": "second", "NAME": "The second one"}

        finished = run_make("model-add", environ | source, limit_s=300)

        assert finished.returncode == 0, finished.stderr
        assert "The second one is enabled as second; its worker is ready." in finished.stdout
        assert stack.states()["model-second"].state == "RUNNING"
        assert stack.is_healthy("model-second")

    def test_stops_web_and_workers_first_and_redis_last(self, stack):
        """Last in this class: it ends the instance."""
        run_dir = stack.configuration.run_dir
        orphaned = []

        with ThreadPoolExecutor() as pool:
            stopping = pool.submit(stack.stop)
            while not stopping.done():
                time.sleep(LOOK_EVERY_S)
                # Redis is looked at first: what is seen alive after that has outlived it.
                if holder_of(run_dir / "redis.alive") is None:
                    orphaned += [name for name, _ in holders_in(run_dir) if name != "supervisord"]

        assert stopping.exception() is None
        assert orphaned == []
        assert dict(holders_in(run_dir)) == {}
        with pytest.raises(NotRunningError):
            SupervisorControl(control_socket(stack.configuration)).states()
