"""The launcher's part of the environment."""

import pytest

from chatapp.launch.configuration import child_environment, configuration_from_environment
from chatapp.launch.errors import ConfigurationError


class TestConfigurationFromEnvironment:
    def test_puts_everything_below_var_of_the_checkout_on_the_loopback_by_default(self, tmp_path):
        configuration = configuration_from_environment({}, root=tmp_path)

        assert configuration.data_dir == tmp_path / "var"
        assert configuration.default_model_dir == tmp_path / "var" / "models" / "smollm2-135m-instruct"
        assert configuration.secret_key_file == tmp_path / "var" / "secret_key"
        assert (configuration.host, configuration.port, configuration.redis_port) == ("127.0.0.1", 8000, 8001)
        assert (configuration.redis_url, configuration.database_url) == (None, None)

    def test_takes_folders_and_ports_from_the_environment(self, tmp_path):
        environ = {
            "CHATAPP_DATA_DIR": "elsewhere",
            "CHATAPP_MODELS_DIR": "/models",
            "PORT": "8100",
            "REDIS_PORT": "8101",
        }

        configuration = configuration_from_environment(environ, root=tmp_path)

        assert configuration.data_dir == tmp_path / "elsewhere"
        assert str(configuration.models_dir) == "/models"
        assert (configuration.port, configuration.redis_port) == (8100, 8101)

    def test_reads_an_empty_variable_as_unset(self, tmp_path):
        configuration = configuration_from_environment({"PORT": "", "HOST": "", "REDIS_URL": ""}, root=tmp_path)

        assert (configuration.host, configuration.port, configuration.redis_url) == ("127.0.0.1", 8000, None)

    @pytest.mark.parametrize("text", ["0", "65536", "-1", "eighty", "８０００"])
    def test_refuses_a_port_that_is_none_and_names_the_variable(self, tmp_path, text):
        with pytest.raises(ConfigurationError, match=r"^PORT must be a port number from 1 to 65535"):
            configuration_from_environment({"PORT": text}, root=tmp_path)

    def test_prints_an_address_that_a_browser_on_this_machine_can_open(self, tmp_path):
        configuration = configuration_from_environment({"HOST": "0.0.0.0"}, root=tmp_path)

        assert configuration.address == "http://127.0.0.1:8000"


class TestChildEnvironment:
    def test_gives_children_absolute_folders_and_the_address_of_redis(self, tmp_path):
        configuration = configuration_from_environment({"CHATAPP_DATA_DIR": "data"}, root=tmp_path)

        child = child_environment({"PATH": "/bin"}, configuration=configuration, redis_url="redis://x")

        assert child["CHATAPP_DATA_DIR"] == str(tmp_path / "data")
        assert child["REDIS_URL"] == "redis://x"
        assert child["PATH"] == "/bin"

    def test_hides_make_from_children_so_that_their_own_make_starts_fresh(self, tmp_path):
        configuration = configuration_from_environment({}, root=tmp_path)

        child = child_environment({"MAKEFLAGS": "n"}, configuration=configuration, redis_url="redis://x")

        assert "MAKEFLAGS" not in child
