"""
What Django cannot declare: parent and active leaf stand in the same conversation; text is written once.

PostgreSQL has composite foreign keys for the first. SQLite cannot add one to a table, so triggers do the same.
A table that SQLite remakes in a later migration loses its triggers: tests/core checks that they are there at the end.
"""

from django.db import migrations

from chatapp.core.migration_sql import vendor_sql


def _sqlite_same_conversation(table: str, column: str, conversation: str, events: str) -> str:
    return f"""
        CREATE TRIGGER {table}_{column}_same_conversation_{events.split(maxsplit=1)[0].lower()}
        BEFORE {events} ON {table}
        WHEN NEW.{column} IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM conversations_message m WHERE m.id = NEW.{column} AND m.conversation_id = NEW.{conversation}
        )
        BEGIN SELECT RAISE(ABORT, '{column} must be a message of the same conversation'); END
    """


SQLITE = [
    _sqlite_same_conversation("conversations_message", "parent_id", "conversation_id", "INSERT"),
    _sqlite_same_conversation(
        "conversations_message", "parent_id", "conversation_id", "UPDATE OF parent_id, conversation_id"
    ),
    _sqlite_same_conversation("conversations_conversation", "active_leaf_id", "id", "INSERT"),
    _sqlite_same_conversation("conversations_conversation", "active_leaf_id", "id", "UPDATE OF active_leaf_id"),
    """
        CREATE TRIGGER conversations_message_stays BEFORE UPDATE OF conversation_id ON conversations_message
        WHEN NEW.conversation_id IS NOT OLD.conversation_id
        BEGIN SELECT RAISE(ABORT, 'a message stays in its conversation: its answers are there'); END
    """,
    """
        CREATE TRIGGER conversations_message_text_written_once BEFORE UPDATE OF text ON conversations_message
        WHEN (OLD.text IS NOT NULL AND NEW.text IS NOT OLD.text AND NOT (NEW.text IS NULL AND NEW.state = 'erased'))
          OR (OLD.state = 'erased' AND NEW.text IS NOT NULL)
        BEGIN SELECT RAISE(ABORT, 'the text of a message is written once'); END
    """,
]
SQLITE_BACK = [
    "DROP TRIGGER conversations_message_parent_id_same_conversation_insert",
    "DROP TRIGGER conversations_message_parent_id_same_conversation_update",
    "DROP TRIGGER conversations_conversation_active_leaf_id_same_conversation_insert",
    "DROP TRIGGER conversations_conversation_active_leaf_id_same_conversation_update",
    "DROP TRIGGER conversations_message_stays",
    "DROP TRIGGER conversations_message_text_written_once",
]
POSTGRESQL = [
    "ALTER TABLE conversations_message ADD CONSTRAINT message_id_in_conversation UNIQUE (id, conversation_id)",
    """
        ALTER TABLE conversations_message ADD CONSTRAINT message_parent_in_conversation
        FOREIGN KEY (parent_id, conversation_id) REFERENCES conversations_message (id, conversation_id)
        DEFERRABLE INITIALLY DEFERRED
    """,
    """
        ALTER TABLE conversations_conversation ADD CONSTRAINT conversation_leaf_in_conversation
        FOREIGN KEY (active_leaf_id, id) REFERENCES conversations_message (id, conversation_id)
        DEFERRABLE INITIALLY DEFERRED
    """,
    """
        CREATE FUNCTION conversations_message_refuse_second_text() RETURNS trigger AS $$
        BEGIN RAISE EXCEPTION 'the text of a message is written once' USING ERRCODE = 'integrity_constraint_violation';
        END $$ LANGUAGE plpgsql
    """,
    """
        CREATE TRIGGER conversations_message_text_written_once BEFORE UPDATE OF text ON conversations_message
        FOR EACH ROW
        WHEN ((OLD.text IS NOT NULL AND NEW.text IS DISTINCT FROM OLD.text
               AND NOT (NEW.text IS NULL AND NEW.state = 'erased'))
              OR (OLD.state = 'erased' AND NEW.text IS NOT NULL))
        EXECUTE FUNCTION conversations_message_refuse_second_text()
    """,
]
POSTGRESQL_BACK = [
    "DROP TRIGGER conversations_message_text_written_once ON conversations_message",
    "DROP FUNCTION conversations_message_refuse_second_text()",
    "ALTER TABLE conversations_conversation DROP CONSTRAINT conversation_leaf_in_conversation",
    "ALTER TABLE conversations_message DROP CONSTRAINT message_parent_in_conversation",
    "ALTER TABLE conversations_message DROP CONSTRAINT message_id_in_conversation",
]


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_initial")]

    operations = [
        vendor_sql(
            forward={"sqlite": SQLITE, "postgresql": POSTGRESQL},
            backward={"sqlite": SQLITE_BACK, "postgresql": POSTGRESQL_BACK},
        )
    ]
