"""The rules a fresh installation begins with, published as version 1. An operator edits, retires or adds to them."""

import hashlib
import json
from pathlib import Path
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.rulesets.ruleset import Ruleset

PACK = Path(__file__).resolve().parent.parent / "packs" / "default.json"


def publish_pack(apps: StateApps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    rows = json.loads(PACK.read_text(encoding="utf-8"))["rules"]
    rule_model = apps.get_model("moderation", "Rule")
    for row in rows:
        phrases = {field: "\n".join(row[field]) for field in ("words", "allow_phrases")}
        rule_model.objects.create(**{**row, **phrases})
    payload = pack_ruleset(rows).to_json()
    apps.get_model("moderation", "Ruleset").objects.create(
        version=1,
        payload=payload,
        sha256=hashlib.sha256(payload.encode()).hexdigest(),
        reason="The default pack of a new installation",
    )


def pack_ruleset(rows: list[dict[str, Any]]) -> Ruleset:
    """What a fresh installation publishes."""
    return Ruleset(version=1, rules=tuple(map(_rule, sorted(rows, key=lambda row: row["slug"]))))


def _rule(row: dict[str, Any]) -> Rule:
    notices = {language: row[field] for language, field in (("en", "notice_en"), ("zh-hans", "notice_zh_hans"))}
    return Rule.from_json(
        {
            **{name: row[name] for name in ("category", "severity", "action", "state", "stages", "words")},
            "id": row["slug"],
            "revision": 1,
            "allow": row["allow_phrases"],
            "notices": {language: notice for language, notice in notices.items() if notice},
            "replacement": "",
        }
    )


class Migration(migrations.Migration):
    dependencies = [("moderation", "0003_moderator_group")]

    operations = [migrations.RunPython(publish_pack, migrations.RunPython.noop)]
