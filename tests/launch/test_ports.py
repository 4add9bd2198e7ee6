"""Free and taken ports."""

import socket

import pytest

from chatapp.launch.errors import ConfigurationError, PortTakenError
from chatapp.launch.ports import find_free_port, require_free_port


@pytest.fixture
def taken_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


class TestRequireFreePort:
    def test_accepts_a_free_port(self):
        require_free_port("127.0.0.1", find_free_port(), variable="PORT")

    @pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
    def test_names_the_taken_port_and_the_variable_that_changes_it(self, taken_port, host):
        with pytest.raises(PortTakenError, match=rf"Port {taken_port} on {host} is taken.*PORT="):
            require_free_port(host, taken_port, variable="PORT")

    @pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
    def test_says_that_an_address_is_not_of_this_machine(self, host):
        with pytest.raises(ConfigurationError, match=host):
            require_free_port(host, find_free_port(), variable="PORT")
