"""A page of the admin as text."""

from django.test import Client
from django.urls import reverse


def page(client: Client, name: str, *arguments: object, **headers: str) -> str:
    response = client.get(reverse(f"admin:moderation_{name}", args=arguments), headers=headers)
    assert response.status_code == 200
    return response.content.decode()
