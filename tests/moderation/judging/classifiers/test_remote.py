"""A classifier behind HTTP, over real sockets: what is sent, what is believed, and how each failure is named."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.classifiers.posting import MAX_ANSWER_BYTES, RemoteAddressInvalid
from chatapp.moderation.judging.classifiers.remote import RemoteClassifier, parse_answer
from chatapp.moderation.judging.classifiers.types import (
    ClassifierAnswerInvalid,
    ClassifierTimedOut,
    ClassifierUnreachable,
    Context,
)

Answering = Callable[[socket.socket], None]


class Service:
    """Takes one connection, keeps the request, and lets the test write the answer's bytes."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/classify?v=1"
        self.request = b""
        self.is_over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            connection, _ = self._listener.accept()
            with closing(connection):
                self.request = _read_request(connection)
                self._answer(connection)

    def close(self) -> None:
        self.is_over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits for a connection that never came
        self._listener.close()
        self._thread.join(timeout=5)


def _read_request(connection: socket.socket) -> bytes:
    content = b""
    while b"\r\n\r\n" not in content:
        content += connection.recv(65536)
    head, _, body = content.partition(b"\r\n\r\n")
    [length] = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def respond(body: bytes, *, status: str = "200 OK", length: int | None = None, headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body) if length is None else length}\r\n\r\n"
    return head.encode() + body


@pytest.fixture
def serve() -> Iterator[Callable[[bytes | Answering], Service]]:
    services: list[Service] = []

    def start(answer: bytes | Answering) -> Service:
        services.append(Service(answer if callable(answer) else lambda connection: connection.sendall(answer)))
        return services[-1]

    yield start
    for service in services:
        service.close()


SCORES = json.dumps({"scores": {"toxic": 0.75, "spam": 0}}).encode()


class TestACall:
    def test_posts_text_and_context_and_gives_the_scores(self, serve):
        service = serve(respond(SCORES))
        classifier = RemoteClassifier(service.url, headers={"Authorization": "Bearer abc"})

        labels = classifier.labels("你好\r\nX: y", Context(asked="问", before="前"))

        assert labels.scores == {"toxic": 0.75, "spam": 0.0}
        head, _, body = service.request.partition(b"\r\n\r\n")
        assert head.startswith(b"POST /classify?v=1 HTTP/1.1\r\n")
        assert b"Authorization: Bearer abc" in head
        assert json.loads(body) == {"text": "你好\r\nX: y", "context": {"asked": "问", "before": "前"}}

    def test_takes_an_answer_in_pieces_and_without_a_length(self, serve):
        def answer(connection):
            connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
            for byte in SCORES:
                connection.sendall(bytes([byte]))

        assert RemoteClassifier(serve(answer).url).labels("x").score("toxic") == 0.75

    def test_never_shows_its_key(self):
        assert "abc" not in repr(RemoteClassifier("https://example.org/", headers={"Authorization": "Bearer abc"}))


class TestATimeOut:
    def test_is_named_where_nothing_comes(self, serve):
        is_over = threading.Event()
        service = serve(lambda connection: is_over.wait(10))

        with pytest.raises(ClassifierTimedOut):
            RemoteClassifier(service.url, timeout_s=0.2).labels("x")
        is_over.set()

    @pytest.mark.parametrize("beginning", [b"HTTP/1.1 200 OK\r\nX: ", respond(b'{"scores"', length=5000)])
    def test_is_for_the_whole_call_however_steadily_bytes_drip(self, serve, beginning):
        """Each byte comes long before a socket's own limit, which begins anew with it."""

        def answer(connection):
            connection.sendall(beginning)
            while not service.is_over.wait(0.05):
                connection.sendall(b" ")

        service = serve(answer)

        with pytest.raises(ClassifierTimedOut):
            RemoteClassifier(service.url, timeout_s=0.4).labels("x")


class TestAServiceOutOfReach:
    def test_is_one_that_nobody_listens_for(self):
        with closing(socket.create_server(("127.0.0.1", 0))) as listener:
            port = listener.getsockname()[1]

        with pytest.raises(ClassifierUnreachable):
            RemoteClassifier(f"http://127.0.0.1:{port}/").labels("x")

    @pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 2", b"SSH-2.0\r\n\r\n"])
    def test_is_one_that_breaks_off(self, serve, answer):
        with pytest.raises(ClassifierUnreachable):
            RemoteClassifier(serve(answer).url).labels("x")

    @pytest.mark.parametrize("status", ["500 Oops", "404 Not Found", "204 No Content", "302 Found"])
    def test_is_one_that_refuses_or_points_elsewhere(self, serve, status):
        elsewhere = serve(respond(SCORES))
        service = serve(respond(SCORES, status=status, headers=f"Location: {elsewhere.url}\r\n"))

        with pytest.raises(ClassifierUnreachable, match=status[:3]):
            RemoteClassifier(service.url).labels("x")

        assert elsewhere.request == b""


class TestAnAnswer:
    def test_longer_than_any_honest_one_is_refused_and_not_read_to_its_end(self, serve):
        def answer(connection):
            connection.sendall(respond(b"", length=1 << 40))
            while not service.is_over.is_set():
                connection.sendall(b" " * 65536)

        service = serve(answer)

        with pytest.raises(ClassifierAnswerInvalid, match=str(MAX_ANSWER_BYTES)):
            RemoteClassifier(service.url, timeout_s=5).labels("x")

    @pytest.mark.parametrize(
        "content",
        [
            b"", b"ok", b"[]", b"{}", b"\xff", b"null", b'{"scores": {}}', b'{"scores": [1]}', b"[" * 60000,
            b'{"scores": {"a": true}}', b'{"scores": {"a": "0.5"}}', b'{"scores": {"a": null}}',
            b'{"scores": {"a": NaN}}', b'{"scores": {"a": 1.01}}', b'{"scores": {"a": -0.01}}',
            b'{"scores": {"a": 1' + b"0" * 400 + b"}}", b'{"scores": {"a": {"b": 1}}}',
            json.dumps({"scores": dict.fromkeys(map(str, range(257)), 0.5)}).encode(),
        ],
    )  # fmt: skip
    def test_that_is_no_scores_is_never_taken_for_safe(self, content):
        with pytest.raises(ClassifierAnswerInvalid):
            parse_answer(content)

    @given(st.dictionaries(st.text(max_size=5), st.floats(0, 1), min_size=1, max_size=5))
    def test_of_scores_is_read_as_it_was_written(self, scores):
        assert parse_answer(json.dumps({"scores": scores}).encode()).scores == scores


class TestAnAddress:
    @pytest.mark.parametrize(
        "url",
        ["ftp://a/", "file:///etc/passwd", "a", "http://", "https://user:pass@a/", "http://a:x/", "http://[a/", ""],
    )
    def test_is_refused_that_is_not_http_with_a_host_and_without_a_password(self, url):
        with pytest.raises(RemoteAddressInvalid):
            RemoteClassifier(url)
