"""
Rules of the kinds that the default pack has none of, as drafts: an operator finds them prepared, and they do nothing
before that. One whose name is taken stays away.
"""

import json
from pathlib import Path

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import chatapp.moderation.models
from chatapp.moderation.rules.snapshot import rule_snapshot

PACK = Path(__file__).resolve().parent.parent / "packs" / "prepared.json"
REASON = "Prepared as a draft: nothing of it is in force"


def prepare_rules(apps: StateApps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    rules, revisions = (apps.get_model("moderation", name).objects for name in ("Rule", "RuleRevision"))
    for row in json.loads(PACK.read_text(encoding="utf-8"))["rules"]:
        if rules.filter(slug=row["slug"]).exists():
            continue
        phrases = {field: "\n".join(row[field]) for field in ("words", "allow_phrases")}
        rule = rules.create(**{**row, **phrases})
        revisions.create(rule=rule, number=rule.revision, snapshot=rule_snapshot(rule), reason=REASON)


class Migration(migrations.Migration):
    dependencies = [("moderation", "0013_what_was_overridden")]

    operations = [
        migrations.AlterField(
            model_name="rule",
            name="channels",
            field=models.JSONField(
                default=chatapp.moderation.choices.default_channels,
                help_text=(
                    "Keywords only: which disguises are seen through. Each costs some false alarms: try it, and run it "
                    "over past conversations first. The last five look at whole texts, so in answers they can only "
                    "flag."
                ),
                verbose_name="channels",
            ),
        ),
        migrations.RunPython(prepare_rules, migrations.RunPython.noop),
    ]
