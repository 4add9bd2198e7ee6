"""What was read of a conversation as REST shows it. Pure."""

from typing import Any

from chatapp.api.schemas import ConversationSnapshotOut, ConversationWindowOut, SkeletonOut
from chatapp.conversations.views import conversation_view
from chatapp.generations.selectors import ConversationSkeleton, ConversationSnapshot, ConversationWindow


def snapshot_out(snapshot: ConversationSnapshot) -> ConversationSnapshotOut:
    return ConversationSnapshotOut(**_fields(snapshot))


def window_out(window: ConversationWindow) -> ConversationWindowOut:
    return ConversationWindowOut(**_fields(window.part), is_whole=window.is_whole)


def _fields(snapshot: ConversationSnapshot) -> dict[str, Any]:
    return {
        "feed": snapshot.feed,
        "conversation": conversation_view(snapshot.conversation),
        "messages": snapshot.shown,
        "generations": snapshot.generations,
    }


def skeleton_out(skeleton: ConversationSkeleton) -> SkeletonOut:
    rows = skeleton.page.rows
    place_of = {row.id: place for place, row in enumerate(rows)}
    return SkeletonOut(
        feed=skeleton.feed,
        ids=[row.id for row in rows],
        parents=[None if row.parent_id is None else place_of.get(row.parent_id, row.parent_id) for row in rows],
        roles="".join(row.role[0] for row in rows),
        states="".join(row.state[0] for row in rows),
        restored={row.id: row.restored_from_id for row in rows if row.restored_from_id is not None},
        next_after=skeleton.page.next_after,
    )
