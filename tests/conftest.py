"""
What every test stands on: a private Redis for the whole run, empty before each test.

Where a run is spread over processes, each has a Redis and a database of its own.
"""

import shutil
import tempfile
from pathlib import Path

import hypothesis
import pytest
import pytest_django
import redis
from django.conf import settings

from chatapp.launch.redis_server import RedisServer, start_redis

# A machine that is busy with something else for a moment has found no fault.
hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("suite")

_server: pytest.StashKey[RedisServer] = pytest.StashKey()
_folder: pytest.StashKey[Path] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_folder] = Path(tempfile.mkdtemp(prefix="chatapp-test-redis-"))
    server = start_redis(config.stash[_folder])
    config.stash[_server] = server
    settings.REDIS_URL = settings.CELERY_BROKER_URL = server.url
    settings.CACHES["default"]["LOCATION"] = server.url


def pytest_unconfigure(config: pytest.Config) -> None:
    if _server in config.stash:
        config.stash[_server].stop()
        shutil.rmtree(config.stash[_folder])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """Remembers what the migrations put into the test database: a test that commits ends with going back there."""
    from tests.support.database import migrated

    with django_db_blocker.unblock():
        migrated.remember()


@pytest.fixture(autouse=True)
def event_log() -> redis.Redis:
    """A client of the run's own Redis, which is empty when the test begins."""
    from chatapp.core.redis import redis_sync

    client = redis_sync()
    client.flushdb()
    return client
