"""Who may run rules over past conversations, and who sees who read the samples."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

PERMISSIONS = {
    "dryrun": {"view_dryrun": "Can view dry run", "run_dry_run": "Can run rules over past conversations"},
    "dryrunreading": {"view_dryrunreading": "Can view dry run reading"},
}
GROUPS = {
    "moderator": ["view_dryrun", "run_dry_run"],
    "reviewer": ["view_dryrun", "view_dryrunreading"],
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
    dependencies = [("review", "0008_dry_run_readings_are_append_only")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
