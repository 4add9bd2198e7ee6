"""How a test reads a refusal of REST v1."""

from typing import Any


def refusal(response: Any) -> tuple[int, str]:
    """Status and code, after checking that the body has the one shape that every refusal has."""
    body = response.json()
    assert set(body) == {"error"}, body
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["error"]["message"].strip()
    return response.status_code, body["error"]["code"]


def details(response: Any) -> dict[str, Any]:
    found: dict[str, Any] = response.json()["error"]["details"]
    return found
