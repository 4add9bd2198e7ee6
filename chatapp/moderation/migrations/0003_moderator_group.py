"""The group of the people who keep the rules. Permissions are rows that Django writes after all migrations: too late."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

GROUP = "moderator"
# codename: name, as Django will find it
PERMISSIONS = {
    "rule": {"add_rule": "Can add rule", "change_rule": "Can change rule", "view_rule": "Can view rule"},
    "ruleset": {"view_ruleset": "Can view ruleset", "publish_ruleset": "Can publish a ruleset"},
}


def create_group(apps: StateApps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=GROUP)
    for model, names in PERMISSIONS.items():
        content_type, _ = content_types.get_or_create(app_label="moderation", model=model)
        for codename, name in names.items():
            permission, _ = permissions.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": name}
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0002_rulesets_are_immutable"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create_group, migrations.RunPython.noop)]
