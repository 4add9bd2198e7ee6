"""Redis that does not answer, as the product meets it: its client's connections are refused."""

from collections.abc import Iterator
from contextlib import contextmanager

from chatapp.core.redis import redis_sync
from chatapp.launch.ports import find_free_port


@contextmanager
def redis_gone() -> Iterator[None]:
    """Inside, the process's client finds nobody; afterwards the server is there again, with all it had."""
    pool = redis_sync().connection_pool
    port = pool.connection_kwargs["port"]
    pool.connection_kwargs["port"] = find_free_port()
    pool.reset()
    try:
        yield
    finally:
        pool.connection_kwargs["port"] = port
        pool.reset()
