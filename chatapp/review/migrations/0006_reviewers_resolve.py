"""Who sees the queue, and who may read, confirm and overturn. An appeal's words are for reviewers alone."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

PERMISSIONS = {
    "reviewcase": {
        "view_reviewcase": "Can view review case",
        "resolve_reviewcase": "Can claim, confirm and overturn",
    },
    "reviewoutcome": {"view_reviewoutcome": "Can view review outcome"},
    "appeal": {"view_appeal": "Can view appeal"},
    "contextreading": {"view_contextreading": "Can view context reading"},
}
GROUPS = {
    "moderator": ["view_reviewcase", "view_reviewoutcome"],
    "reviewer": [
        "view_reviewcase",
        "resolve_reviewcase",
        "view_reviewoutcome",
        "view_appeal",
        "view_contextreading",
    ],
}


def grant(apps: StateApps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    found = {}
    for model, names in PERMISSIONS.items():
        content_type, _ = content_types.get_or_create(app_label="review", model=model)
        for codename, name in names.items():
            found[codename], _ = permissions.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": name}
            )
    for name, codenames in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(*(found[codename] for codename in codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0005_outcomes_are_append_only"),
        ("review", "0003_reviewer_group"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
