"""A model's queue: its name, and what tells the model's workers that rows wait. Owns no state; the rows do."""

from chatapp.celery import app
from chatapp.core.sending import task_send, task_send_after_commit
from chatapp.task_table import GENERATE


def queue_name(slug: str) -> str:
    return f"generate.{slug}"


def generate_send(*, slug: str) -> None:
    """Tell the model's workers that a row waits. Lost or doubled, it costs nothing: a task claims what it finds."""
    task_send(GENERATE, args=[slug], queue=queue_name(slug))


def generate_send_after_commit(*, slug: str) -> None:
    """The same once the row is there. Where the broker is away, the reaper tells them later."""
    task_send_after_commit(GENERATE, args=[slug], queue=queue_name(slug))


def tasks_top_up(*, slug: str, num_queued_rows: int) -> int:
    """Send what is missing so that each queued row has a message. Returns how many were sent."""
    with app.connection_for_read() as connection:
        num_messages = int(connection.default_channel.client.llen(queue_name(slug)))
    num_missing = max(0, num_queued_rows - num_messages)
    for _ in range(num_missing):
        generate_send(slug=slug)
    return num_missing
