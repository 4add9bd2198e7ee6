"""A rule's revisions and approvals, and what the default worker compiled."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import chatapp.core.clock
from chatapp.core.migration_sql import vendor_sql
from chatapp.moderation.ruleset_sql import COLUMNS_WITH_OVERRIDE, FIRST_COLUMNS, NO_UPDATE_UNDONE, no_update


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0004_default_pack"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        vendor_sql(forward=NO_UPDATE_UNDONE, backward=no_update(FIRST_COLUMNS)),
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
        vendor_sql(forward=no_update(COLUMNS_WITH_OVERRIDE), backward=NO_UPDATE_UNDONE),
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
