"""One of the engine's outputs, through its session's gate, on whichever thread. Takes nothing in: the relay does."""

from dataclasses import dataclass

from chatapp.generations.worker.engine_requests import token_logprobs
from chatapp.generations.worker.session import Session
from chatapp.generations.worker.text_judge import JudgedPiece
from inference.types import Finish, Output


@dataclass(frozen=True, slots=True)
class JudgedOutput:
    """piece: what the gate made of the output, or the fault that kept it from making anything of it."""

    output: Output
    piece: JudgedPiece | Exception


def output_judge(session: Session, output: Output) -> JudgedOutput:
    """Never raises: a fault is the session's alone, and whoever takes the output in ends that session."""
    try:
        return JudgedOutput(output, _piece(session, output))
    except Exception as fault:  # noqa: BLE001  # raised again where the output is taken in
        return JudgedOutput(output, fault)


def _piece(session: Session, output: Output) -> JudgedPiece:
    if isinstance(output, Finish):
        return session.judge.finish()
    return session.judge.feed(output.text, token_logprobs(output.logprobs))
