"""
The sessions that a worker has under way, by the engine's request ids. Pure, and safe to ask from any thread.

Owns that two attempts at one generation are two sessions. Ends none: it says which a newer attempt overtook.
"""

import threading

from chatapp.generations.worker.session import Session


class SessionsUnderWay:
    """Task threads add, relay and writer remove; removing twice does nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def add(self, session: Session) -> list[Session]:
        """Return the sessions of earlier attempts at the same generation, which nobody may go on with."""
        with self._lock:
            overtaken = [
                other
                for other in self._sessions.values()
                if other.generation_id == session.generation_id and other.attempt < session.attempt
            ]
            self._sessions[session.request_id] = session
            return overtaken

    def get(self, request_id: str) -> Session | None:
        with self._lock:
            return self._sessions.get(request_id)

    def remove(self, session: Session) -> None:
        with self._lock:
            self._sessions.pop(session.request_id, None)

    def all(self) -> list[Session]:
        """Those of this moment."""
        with self._lock:
            return list(self._sessions.values())
