#!/usr/bin/env python3
"""Django's command line."""

import os
import sys

from django.core.management import execute_from_command_line

from chatapp.private_files import files_keep_private

if __name__ == "__main__":
    files_keep_private()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
    execute_from_command_line(sys.argv)
