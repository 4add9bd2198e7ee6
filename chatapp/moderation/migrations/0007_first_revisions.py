"""
Each rule's history begins with what it is now, and moderators may approve each other's rules.

Rules in force need no approval to stay there (selectors.rules_waiting), so those of the default pack are not stuck.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from chatapp.moderation.rules.snapshot import rule_snapshot

REASON = "As it was when its history began"


def keep_first_revisions(apps: StateApps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    revisions = apps.get_model("moderation", "RuleRevision").objects
    for rule in apps.get_model("moderation", "Rule").objects.all():
        revisions.create(
            rule=rule,
            number=rule.revision,
            snapshot=rule_snapshot(rule),
            reason=REASON,
            author_id=rule.author_id,
            created_at=rule.updated_at,
        )


def permit_moderators(apps: StateApps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="moderation", model="rule"
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename="approve_rule", defaults={"name": "Can approve a rule"}
    )
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="moderator")
    group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("moderation", "0006_rule_history_is_append_only")]

    operations = [
        migrations.RunPython(keep_first_revisions, migrations.RunPython.noop),
        migrations.RunPython(permit_moderators, migrations.RunPython.noop),
    ]
