"""What the database itself forbids, after all migrations: a later migration may not lose a trigger or a constraint."""

import pytest
from django.core.management import call_command
from django.db import connection

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

TRIGGERS = {
    "conversations_message_text_written_once",
    "moderation_ruleapproval_no_delete",
    "moderation_ruleapproval_no_exchange",
    "moderation_ruleapproval_no_update",
    "moderation_ruleapproval_second_person",
    "moderation_rulerevision_no_delete",
    "moderation_rulerevision_no_exchange",
    "moderation_rulerevision_no_update",
    "moderation_ruleset_no_delete",
    "moderation_ruleset_no_update",
    "prompts_version_immutable",
    "review_contextreading_no_delete",
    "review_contextreading_no_update",
    "review_decision_no_delete",
    "review_decision_no_update",
    "review_dryrunreading_no_delete",
    "review_dryrunreading_no_update",
    "review_evidencereading_no_delete",
    "review_evidencereading_no_update",
    "review_reviewoutcome_no_delete",
    "review_reviewoutcome_no_update",
}
# PostgreSQL says "same conversation" with composite foreign keys instead.
SQLITE_TRIGGERS = {
    "conversations_conversation_active_leaf_id_same_conversation_insert",
    "conversations_conversation_active_leaf_id_same_conversation_update",
    "conversations_message_parent_id_same_conversation_insert",
    "conversations_message_parent_id_same_conversation_update",
    "conversations_message_stays",
}
COMPOSITE_KEYS = {"message_parent_in_conversation", "conversation_leaf_in_conversation", "message_id_in_conversation"}
DECLARED = {
    "accounts_user": {"user_email_unique_ignoring_case"},
    "catalog_chatmodel": {"one_default_model"},
    "prompts_prompttemplateversion": {"template_version_unique"},
    "moderation_rulerevision": {"rule_revision_number", "rule_revision_once"},
    "moderation_ruleset": {"ruleset_has_reason", "ruleset_version"},
    "review_decision": {"decision_place_unique", "decision_stage", "decision_action", "decision_span"},
    "review_dryrun": {"dry_run_is_finished", "one_dry_run_at_a_time", "running_dry_run_has_lease"},
    "review_dryrunsample": {"dry_run_sample_place"},
    "review_reviewcase": {"one_case_per_message_stage", "review_is_claimed_by_somebody", "review_state"},
    "review_reviewoutcome": {"outcome_has_reason"},
    "conversations_conversation": {"conversation_temperature_range"},
    "conversations_message": {
        "erased_message_has_no_text",
        "message_resend_returns_first",
        "message_role",
        "message_state",
        "user_message_has_text",
    },
    "generations_generation": {
        "answer_has_message",
        "ended_generation_has_reason",
        "generation_status",
        "one_live_title_per_conversation",
        "running_generation_has_worker",
        "turn_resend_returns_first",
    },
}


def names(sql: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {row[0] for row in cursor.fetchall()}


class TestTriggers:
    def test_are_all_there_after_all_migrations(self):
        if connection.vendor == "sqlite":
            found, expected = names("SELECT name FROM sqlite_master WHERE type = 'trigger'"), TRIGGERS | SQLITE_TRIGGERS
        else:
            found, expected = names("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"), TRIGGERS

        assert found == expected


class TestCompositeKeys:
    def test_are_there_on_the_database_that_has_them(self):
        expected = set() if connection.vendor == "sqlite" else COMPOSITE_KEYS
        catalog = "SELECT name FROM sqlite_master" if not expected else "SELECT conname FROM pg_constraint"

        assert names(catalog) & COMPOSITE_KEYS == expected


class TestConstraints:
    @pytest.mark.parametrize(("table", "expected"), DECLARED.items())
    def test_are_all_there_after_all_migrations(self, table, expected):
        with connection.cursor() as cursor:
            found = set(connection.introspection.get_constraints(cursor, table))

        assert expected <= found


class TestMigrations:
    def test_hold_every_change_of_the_models(self):
        call_command("makemigrations", "--check", "--dry-run", verbosity=0)
