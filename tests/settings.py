"""
The settings under which pytest and mypy import the project: those of the product, with what `make run` would provide.

Processes that tests start read `chatapp.settings`, as users' processes do.
"""

import os

os.environ.setdefault("CHATAPP_SECRET_KEY", "tests sign nothing that outlives them")
os.environ.setdefault("CHATAPP_DATA_DIR", "var/test")

from chatapp.settings import *  # noqa: F403
