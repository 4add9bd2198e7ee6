"""`manage.py admin_create_first`: someone must be able to open the admin."""

import os
import secrets
from typing import Any

from django.core.management.base import BaseCommand

from chatapp.accounts.services import admin_create_first


class Command(BaseCommand):
    help = "Create the first administrator and print the password once (CHATAPP_ADMIN_EMAIL, CHATAPP_ADMIN_PASSWORD)."

    def handle(self, *args: Any, **options: Any) -> None:
        email = os.environ.get("CHATAPP_ADMIN_EMAIL") or "admin@localhost"
        chosen = os.environ.get("CHATAPP_ADMIN_PASSWORD")
        password = chosen or secrets.token_urlsafe(12)
        if admin_create_first(email=email, password=password) is None:
            return
        shown = "the one in CHATAPP_ADMIN_PASSWORD" if chosen else password
        self.stdout.write(f"First administrator: {email}\nPassword: {shown}")
        if not chosen:
            self.stdout.write("It is shown this once. Change it after signing in.")
