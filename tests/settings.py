"""
The settings under which pytest and mypy import the project: those of the product, with what `make run` would provide.

Processes that tests start read `chatapp.settings`, as users' processes do.
"""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("CHATAPP_SECRET_KEY", "tests sign nothing that outlives them")
os.environ.setdefault("CHATAPP_DATA_DIR", "var/test")

from chatapp.settings import *  # noqa: F403
from chatapp.settings import DATABASES, INSTALLED_APPS

MODERATION_FOLLOW_RULESETS = False  # a thread with a connection of its own outlives a test's transaction
INSTALLED_APPS = [*INSTALLED_APPS, "tests.support.database"]

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in the product: threads on Django's in-memory database lock tables instead of waiting for each other.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(tempfile.gettempdir(), f"chatapp-test-{os.getpid()}.sqlite3"))}
