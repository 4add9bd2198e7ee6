"""What tests of bad input say of every socket: how a turn reads that has one thing wrong, and how the socket ended."""

from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed


async def closed(tab) -> int:
    """Receive until the server closes; the close code."""
    with pytest.raises(ConnectionClosed) as closing:
        await tab.until(lambda _: False)
    # 1006 stands for a connection that ended without a close frame; it is never sent.
    return closing.value.rcvd.code if closing.value.rcvd else 1006


def turn(conversation, **changes):
    return {
        "type": "turn.start",
        "conversation_id": conversation,
        "parent_id": None,
        "client_message_id": str(uuid4()),
        "text": "Hello",
        **changes,
    }
