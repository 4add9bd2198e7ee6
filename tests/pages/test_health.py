"""What a load balancer asks."""

import pytest
import redis

from chatapp.launch.ports import find_free_port
from chatapp.pages import views

pytestmark = pytest.mark.django_db


class TestHealth:
    def test_is_well_while_database_and_redis_answer(self, client):
        response = client.get("/healthz")

        assert (response.status_code, response.json()) == (200, {"status": "ok"})

    def test_names_redis_when_it_does_not_answer(self, client, monkeypatch):
        gone = redis.Redis(host="127.0.0.1", port=find_free_port())
        monkeypatch.setattr(views, "redis_sync", lambda: gone)

        response = client.get("/healthz")

        assert (response.status_code, response.json()) == (503, {"status": "event_log_unavailable"})
