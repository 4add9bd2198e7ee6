"""The Celery application. Tasks are sent by name from the web; only workers import their modules."""

import os

from celery import Celery

from chatapp.private_files import files_keep_private
from chatapp.task_table import task_modules

files_keep_private()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")

app = Celery("chatapp")
app.config_from_object("django.conf:settings", namespace="CELERY")


def _task_modules() -> list[str]:
    # A model worker alone imports the runner, and with it torch; docs/architecture.md, invariant 6.
    from django.conf import settings

    return task_modules(of_model_worker=bool(settings.MODEL_SLUG))


app.conf.update(imports=_task_modules())
