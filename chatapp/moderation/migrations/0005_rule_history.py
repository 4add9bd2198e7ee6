"""A rule's revisions and approvals, and what the default worker compiled."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import chatapp.core.clock
from chatapp.core.migration_sql import vendor_sql

# SQLite makes a table anew for a field with a default, and its triggers go with the old one.
OLD_COLUMNS = "version, payload, sha256, reason, published_at"
COLUMNS = f"{OLD_COLUMNS}, restored_version, override_reason"


def sqlite_triggers(columns: str) -> list[str]:
    return [
        f"""
            CREATE TRIGGER moderation_ruleset_no_update BEFORE UPDATE OF {columns} ON moderation_ruleset
            BEGIN SELECT RAISE(ABORT, 'a published ruleset never changes; publish the next one'); END
        """,
        """
            CREATE TRIGGER moderation_ruleset_no_delete BEFORE DELETE ON moderation_ruleset
            BEGIN SELECT RAISE(ABORT, 'a published ruleset is never deleted'); END
        """,
    ]


def postgresql_trigger(columns: str) -> list[str]:
    return [
        f"""
            CREATE TRIGGER moderation_ruleset_no_update BEFORE UPDATE OF {columns} ON moderation_ruleset
            FOR EACH ROW EXECUTE FUNCTION moderation_ruleset_refuse_change()
        """
    ]


DROP = {
    "sqlite": ["DROP TRIGGER moderation_ruleset_no_update", "DROP TRIGGER moderation_ruleset_no_delete"],
    "postgresql": ["DROP TRIGGER moderation_ruleset_no_update ON moderation_ruleset"],
}
CREATE_OLD = {"sqlite": sqlite_triggers(OLD_COLUMNS), "postgresql": postgresql_trigger(OLD_COLUMNS)}
CREATE = {"sqlite": sqlite_triggers(COLUMNS), "postgresql": postgresql_trigger(COLUMNS)}


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0004_default_pack"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        vendor_sql(forward=DROP, backward=CREATE_OLD),
        migrations.AlterModelOptions(
            name="rule",
            options={
                "default_permissions": ("add", "change", "view"),
                "ordering": ["slug"],
                "permissions": (("approve_rule", "Can approve a rule"),),
                "verbose_name": "rule",
                "verbose_name_plural": "rules",
            },
        ),
        migrations.AddField(
            model_name="ruleset",
            name="override_reason",
            field=models.CharField(
                blank=True,
                help_text="Why an administrator did not wait for the second person.",
                max_length=500,
                verbose_name="published without approval",
            ),
        ),
        migrations.AddField(
            model_name="ruleset",
            name="restored_version",
            field=models.PositiveIntegerField(
                help_text="The version whose rules were put back into force.",
                null=True,
                verbose_name="restored version",
            ),
        ),
        vendor_sql(forward=CREATE, backward=DROP),
        migrations.CreateModel(
            name="RuleRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="revision")),
                ("snapshot", models.JSONField(verbose_name="rule")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("created_at", models.DateTimeField(default=chatapp.core.clock.now, verbose_name="changed")),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="changed by",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="moderation.rule",
                        verbose_name="rule",
                    ),
                ),
            ],
            options={
                "verbose_name": "revision",
                "verbose_name_plural": "revisions",
                "ordering": ["rule", "-number"],
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="RuleApproval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("approved_at", models.DateTimeField(default=chatapp.core.clock.now, verbose_name="approved")),
                (
                    "approver",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="approved by",
                    ),
                ),
                (
                    "revision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="approval",
                        to="moderation.rulerevision",
                        verbose_name="revision",
                    ),
                ),
            ],
            options={
                "verbose_name": "approval",
                "verbose_name_plural": "approvals",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="RulesetBuild",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("format", models.PositiveSmallIntegerField()),
                ("payload", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("num_bytes", models.PositiveIntegerField()),
                ("built_at", models.DateTimeField(default=chatapp.core.clock.now)),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("version", "format"), name="ruleset_build_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="rulerevision",
            constraint=models.UniqueConstraint(fields=("rule", "number"), name="rule_revision_once"),
        ),
        migrations.AddConstraint(
            model_name="rulerevision",
            constraint=models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="rule_revision_number"),
        ),
    ]
