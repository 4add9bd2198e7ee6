"""Connections to a service: used again, opened again where they broke, shared by threads, within each call's time."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chatapp.moderation.judging.classifiers.posting import Address, RemoteAddressInvalid
from chatapp.moderation.judging.classifiers.types import ClassifierTimedOut, ClassifierUnreachable

LATE_S = 30.0  # without the limit it would be minutes; with it, a busy machine needs some seconds


class Handler(BaseHTTPRequestHandler):
    """One connection, request after request. num_asked: on this connection, this one too."""

    protocol_version = "HTTP/1.1"
    server: "Service"

    def setup(self) -> None:
        super().setup()
        self.num_asked = 0
        self.server.num_connections += 1

    def do_POST(self) -> None:
        if self.num_asked:
            self.server.is_over.wait(self.server.reads_later_s)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.num_asked += 1
        self.server.bodies.append(body)
        self.server.answer(self, body)

    def respond(self, body: bytes, *, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


Answering = Callable[[Handler, bytes], None]


class Service(ThreadingHTTPServer):
    """An HTTP/1.1 server that keeps connections open and answers as the test says."""

    daemon_threads = True

    def __init__(self, answer: Answering, *, tls: ssl.SSLContext | None, reads_later_s: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.num_connections = 0
        self.bodies: list[bytes] = []
        self.is_over = threading.Event()
        self._tls = tls
        self.reads_later_s = reads_later_s  # each request on a connection but the first
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server_port}/"

    def get_request(self):
        connection, address = super().get_request()
        return (self._tls.wrap_socket(connection, server_side=True) if self._tls else connection), address

    def handle_error(self, *args: object) -> None:
        """Who hangs up on us is a test."""


def echo(handler: Handler, body: bytes) -> None:
    handler.respond(body)


def drip(handler: Handler, _body: bytes) -> None:
    """A byte long before each socket's limit, and no end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    while not handler.server.is_over.wait(0.05):
        handler.wfile.write(b" ")


@contextmanager
def serving(answer: Answering, *, tls: ssl.SSLContext | None = None, reads_later_s: float = 0.0) -> Iterator[Service]:
    with Service(answer, tls=tls, reads_later_s=reads_later_s) as service:
        thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield service
        finally:
            service.is_over.set()
            service.shutdown()
            thread.join(timeout=5)


def post(address: Address, body: bytes = b"x", *, timeout_s: float = 5.0) -> bytes:
    return address.post(body, headers={}, timeout_s=timeout_s)


class TestAConnection:
    def test_carries_one_text_after_the_other(self):
        with serving(echo) as service:
            address = Address(service.url)

            assert [post(address, text) for text in (b"one", b"two", b"three")] == [b"one", b"two", b"three"]

            assert service.num_connections == 1

    def test_that_was_closed_meanwhile_is_opened_again(self):
        closed = threading.Event()

        def answer(handler: Handler, body: bytes) -> None:
            handler.respond(body)
            handler.connection.shutdown(2)
            handler.close_connection = True
            closed.set()

        with serving(answer) as service:
            address = Address(service.url)
            post(address, b"one")
            assert closed.wait(5)

            assert post(address, b"two") == b"two"

            assert service.bodies == [b"one", b"two"]

    def test_that_closes_under_a_request_is_opened_again_and_the_request_sent_again(self):
        """The other side's limit of idleness and our next sentence meet."""

        def answer(handler: Handler, body: bytes) -> None:
            if handler.num_asked > 1:
                handler.close_connection = True
            else:
                handler.respond(body)

        with serving(answer) as service:
            address = Address(service.url)
            post(address, b"one")

            assert post(address, b"two") == b"two"

            assert (service.num_connections, service.bodies) == (2, [b"one", b"two", b"two"])

    def test_that_is_new_and_breaks_is_not_tried_again(self):
        def hang_up(handler: Handler, _body: bytes) -> None:
            handler.close_connection = True

        with serving(hang_up) as service:
            with pytest.raises(ClassifierUnreachable):
                post(Address(service.url))

            assert service.bodies == [b"x"]

    def test_is_not_used_again_after_an_answer_that_was_not_read_to_its_end(self):
        def answer(handler: Handler, body: bytes) -> None:
            handler.respond(body, status=200 if body == b"fine" else 500)

        with serving(answer) as service:
            address = Address(service.url)
            with pytest.raises(ClassifierUnreachable, match="500"):
                post(address, b"x" * 100_000)

            assert post(address, b"fine") == b"fine"

            assert service.num_connections == 2

    def test_is_one_for_each_thread_that_waits_and_answers_are_never_mixed_up(self):
        all_here = threading.Barrier(8)

        def answer(handler: Handler, body: bytes) -> None:
            if handler.num_asked == 1:
                all_here.wait(5)
            handler.respond(body)

        with serving(answer) as service, ThreadPoolExecutor(8) as threads:
            address = Address(service.url)
            texts = [str(number).encode() for number in range(80)]

            assert list(threads.map(lambda text: post(address, text), texts)) == texts

            assert service.num_connections == 8

    def test_goes_to_the_address_and_through_no_proxy(self, monkeypatch):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")

        with serving(echo) as service:
            assert post(Address(service.url)) == b"x"


class TestTheLimitOfTime:
    @pytest.mark.parametrize("num_answered_before", [0, 1])
    def test_holds_however_steadily_bytes_drip(self, num_answered_before):
        def answer(handler: Handler, body: bytes) -> None:
            (echo if handler.num_asked <= num_answered_before else drip)(handler, body)

        with serving(answer) as service:
            address = Address(service.url)
            for _ in range(num_answered_before):
                post(address)
            began_at_s = time.monotonic()

            with pytest.raises(ClassifierTimedOut):
                post(address, timeout_s=0.4)

            assert 0.4 <= time.monotonic() - began_at_s < LATE_S

    def test_begins_anew_with_each_call(self):
        """The second text is more than a connection takes in advance; sending it outlasts the first limit."""
        with serving(lambda handler, _body: handler.respond(b"yes"), reads_later_s=0.7) as service:
            address = Address(service.url)
            post(address, timeout_s=0.5)

            assert post(address, b"x" * (1 << 25), timeout_s=30.0) == b"yes"

            assert service.num_connections == 1

    def test_is_for_lookup_connection_and_handshake_together(self, monkeypatch):
        look_up = socket.getaddrinfo
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda *host, **how: threading.Event().wait(2.5) or look_up(*host, **how)
        )
        with closing(socket.create_server(("127.0.0.1", 0))) as silent:
            began_at_s = time.monotonic()

            with pytest.raises(ClassifierTimedOut):
                post(Address(f"https://127.0.0.1:{silent.getsockname()[1]}/"), timeout_s=3.0)

            assert time.monotonic() - began_at_s < 2 * 2.5

    def test_bounds_a_handshake_that_never_comes(self):
        with closing(socket.create_server(("127.0.0.1", 0))) as silent:
            began_at_s = time.monotonic()

            with pytest.raises(ClassifierTimedOut):
                post(Address(f"https://127.0.0.1:{silent.getsockname()[1]}/"), timeout_s=0.3)

            assert time.monotonic() - began_at_s < LATE_S

    def test_is_over_at_once_where_there_is_none(self):
        with pytest.raises(ClassifierTimedOut):
            post(Address("http://127.0.0.1:9/"), timeout_s=0.0)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of its own for 127.0.0.1, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a service")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "service.pem"
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(encoding))
    return path


@pytest.fixture
def tls(certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


class TestTls:
    def test_carries_one_text_after_the_other(self, tls, certificate, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

        with serving(echo, tls=tls) as service:
            address = Address(service.url)

            assert [post(address, text) for text in (b"one", b"two")] == [b"one", b"two"]

            assert service.num_connections == 1

    def test_that_closes_under_a_request_is_opened_again(self, tls, certificate, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

        def answer(handler: Handler, body: bytes) -> None:
            if handler.num_asked > 1:
                handler.close_connection = True
            else:
                handler.respond(body)

        with serving(answer, tls=tls) as service:
            address = Address(service.url)
            post(address, b"one")

            assert post(address, b"two") == b"two"

    def test_tells_nothing_to_who_cannot_show_whose_it_is(self, tls):
        with serving(echo, tls=tls) as service:
            with pytest.raises(ClassifierUnreachable, match="CERTIFICATE_VERIFY_FAILED"):
                post(Address(service.url))

            assert service.bodies == []

    def test_tells_nothing_to_another_host(self, tls, certificate, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

        with serving(echo, tls=tls) as service:
            with pytest.raises(ClassifierUnreachable, match="certificate"):
                post(Address(service.url.replace("127.0.0.1", "localhost")))

            assert service.bodies == []


class TestAnAddress:
    @pytest.mark.parametrize(
        "url",
        ["ftp://guard.example/", "https:///path", "https://me:secret@guard.example/", "https://☃_é.example/",
         f"https://{'a' * 64}é.example/", "https://guard.example:99999/"],
    )  # fmt: skip
    def test_is_refused_where_it_names_no_host_to_ask(self, url):
        with pytest.raises(RemoteAddressInvalid):
            Address(url)
