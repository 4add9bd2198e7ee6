"""
Everything that must be true in the database before the start, in one process (each start of Django costs seconds).

`python -m chatapp.launch.database [FILE]` migrates, makes the first admin if there is none, and writes the enabled
models as JSON to FILE, if one is named. Knows the apps by their management commands alone.
"""

import io
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

from chatapp.private_files import files_keep_private


def main() -> None:
    """Migrate, make the first admin, list the enabled models."""
    files_keep_private()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("admin_create_first")
    for path in sys.argv[1:]:
        catalog = io.StringIO()
        call_command("catalog_list_enabled", stdout=catalog)
        Path(path).write_text(catalog.getvalue())


if __name__ == "__main__":
    main()
