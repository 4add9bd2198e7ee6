"""What runs, and the file that tells supervisord."""

import configparser
import shlex

import pytest

from chatapp.launch.configuration import configuration_from_environment
from chatapp.launch.errors import PreparationError
from chatapp.launch.processes import Process, ServedModel, product_processes, redis_process, served_models
from chatapp.launch.supervisor.configuration import MAX_SOCKET_PATH_BYTES, control_socket, supervisor_configuration

MODELS = [ServedModel(slug="small", num_slots=16), ServedModel(slug="large", num_slots=2)]


def parsed(text):
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return parser


class TestProductProcesses:
    def test_are_web_worker_beat_and_one_model_worker_for_each_model(self, tmp_path):
        configuration = configuration_from_environment({}, root=tmp_path)

        names = [process.name for process in product_processes(configuration, models=MODELS)]

        assert names == ["web", "worker", "beat", "model-small", "model-large"]

    def test_give_a_model_worker_its_queue_its_model_and_threads_for_its_slots(self, tmp_path):
        configuration = configuration_from_environment({}, root=tmp_path)

        worker = next(p for p in product_processes(configuration, models=MODELS) if p.name == "model-large")

        command = shlex.join(worker.arguments)
        assert "-m celery -A chatapp.celery:app worker -Q generate.large " in command
        assert "--pool threads -c 6 --disable-prefetch" in command
        assert worker.environment == {"CHATAPP_MODEL_SLUG": "large"}

    def test_bind_the_web_to_the_host_and_port_of_the_environment(self, tmp_path):
        configuration = configuration_from_environment({"HOST": "0.0.0.0", "PORT": "8100"}, root=tmp_path)

        web = product_processes(configuration, models=[])[0]

        assert shlex.join(web.arguments).endswith("-m daphne -b 0.0.0.0 -p 8100 -v 0 chatapp.asgi:application")


class TestServedModels:
    def test_reads_what_the_catalog_printed(self):
        assert served_models('[{"slug": "small", "path": "/m", "num_slots": 16}]') == [MODELS[0]]

    @pytest.mark.parametrize("text", ["", "{}x", "[{}]", '[{"slug": "a", "num_slots": null}]', "3"])
    def test_refuses_what_is_no_catalog(self, text):
        with pytest.raises(PreparationError):
            served_models(text)

    @pytest.mark.parametrize("slug", ["a b", "a;b", "-x", "", "a/b", "a,b"])
    def test_refuses_a_slug_that_would_change_a_command(self, slug):
        with pytest.raises(PreparationError, match="slug"):
            served_models(f'[{{"slug": "{slug}", "num_slots": 1}}]')


class TestSupervisorConfiguration:
    def test_restarts_everything_and_stops_redis_last(self, tmp_path):
        configuration = configuration_from_environment({}, root=tmp_path)
        processes = [redis_process(("redis-server", "x")), *product_processes(configuration, models=MODELS)]

        sections = parsed(supervisor_configuration(configuration, processes))

        programs = {name: sections[name] for name in sections.sections() if name.startswith("program:")}
        assert len(programs) == 6
        assert {program["autorestart"] for program in programs.values()} == {"true"}
        # supervisord stops the highest priority first
        priorities = {name: int(program["priority"]) for name, program in programs.items()}
        assert min(priorities, key=priorities.__getitem__) == "program:redis"
        assert list(priorities.values()).count(priorities["program:redis"]) == 1

    def test_lets_no_percent_sign_of_a_folder_be_taken_for_a_variable(self, tmp_path):
        configuration = configuration_from_environment({}, root=tmp_path / "100%s")
        process = Process(name="web", arguments=("sh", "-c", "echo %h"))

        sections = parsed(supervisor_configuration(configuration, [process]))

        assert "100%%s" in sections["program:web"]["directory"]
        assert sections["program:web"]["command"].endswith("sh -c 'echo %%h'")

    def test_keeps_no_secret(self, tmp_path):
        environ = {"REDIS_URL": "redis://:secret@host/0", "DATABASE_URL": "postgres://u:secret@host/db"}
        configuration = configuration_from_environment(environ, root=tmp_path)

        text = supervisor_configuration(configuration, product_processes(configuration, models=MODELS))

        assert "secret@" not in text


class TestControlSocket:
    def test_lies_with_the_data(self, tmp_path):
        configuration = configuration_from_environment({"CHATAPP_DATA_DIR": "/srv/chat"}, root=tmp_path)

        assert str(control_socket(configuration)) == "/srv/chat/run/supervisor.sock"

    def test_stays_short_enough_for_a_socket_in_a_deep_folder(self, tmp_path):
        configuration = configuration_from_environment({"CHATAPP_DATA_DIR": f"/{'deep/' * 40}"}, root=tmp_path)

        assert len(str(control_socket(configuration))) <= MAX_SOCKET_PATH_BYTES
