"""Who may see decisions, and who may read the withheld text behind them."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

PERMISSIONS = {
    "decision": {"view_decision": "Can view decision"},
    "evidence": {"view_evidence_text": "Can read withheld text"},
    "evidencereading": {"view_evidencereading": "Can view evidence reading"},
}
GROUPS = {
    "moderator": ["view_decision"],
    "reviewer": ["view_decision", "view_evidence_text", "view_evidencereading"],
}


def create_groups(apps: StateApps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
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
        ("review", "0002_decisions_are_append_only"),
        ("moderation", "0003_moderator_group"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
