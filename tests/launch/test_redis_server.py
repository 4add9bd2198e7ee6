"""The embedded Redis."""

import stat

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chatapp.launch.redis_server import MIN_VERSION, find_redis_program, redis_version, start_redis


@pytest.fixture
def server(tmp_path):
    started = start_redis(tmp_path)
    yield started
    started.stop()


class TestFindRedisProgram:
    def test_finds_a_server_that_is_new_enough(self):
        assert redis_version(find_redis_program()) >= MIN_VERSION

    def test_passes_over_a_server_from_path_that_is_too_old(self, tmp_path, monkeypatch):
        old = tmp_path / "redis-server"
        old.write_text("#!/bin/sh\necho 'Redis server v=5.0.14 sha=0 malloc=libc bits=64 build=0'\n")
        old.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

        assert find_redis_program() != old

    def test_takes_a_server_from_path_that_is_new_enough(self, tmp_path, monkeypatch):
        new = tmp_path / "valkey-server"
        new.write_text("#!/bin/sh\necho 'Valkey server v=8.1.0 sha=0 malloc=libc bits=64 build=0'\n")
        new.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

        assert find_redis_program() == new


class TestStartRedis:
    def test_listens_on_the_loopback_only_and_refuses_without_its_password(self, server):
        client = redis.Redis.from_url(server.url)
        stranger = redis.Redis(port=server.port, retry=Retry(NoBackoff(), retries=0))

        assert client.config_get("bind") == {"bind": "127.0.0.1"}
        with pytest.raises(redis.AuthenticationError):
            stranger.ping()
        client.close()
        stranger.close()

    def test_keeps_its_password_in_files_that_only_their_owner_can_read(self, server, tmp_path):
        password = (tmp_path / "password").read_text().strip()

        assert password in server.url
        assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("password", "redis.conf")} == {0o600}

    def test_still_has_after_a_kill_what_was_written_before_it(self, server, tmp_path):
        with redis.Redis.from_url(server.url) as client:
            client.xadd("generation:1:events", {"text": "shown"})
            client.waitaof(1, 0, 5000) if redis_version(find_redis_program()) >= (7, 2) else client.bgrewriteaof()
        server.process.kill()
        server.process.wait()

        again = start_redis(tmp_path)

        with redis.Redis.from_url(again.url) as client:
            assert client.xlen("generation:1:events") == 1
        again.stop()
