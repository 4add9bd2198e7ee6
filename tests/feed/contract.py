"""
`contracts/feed-v1.jsonl`: an example of every event a client can receive, written here and decoded by the front end.

One person's feed in the order it could have come, with the edges: nulls, withheld, redacted, failed, stopped, restored.
Rewrite it with `python -m tests.feed.contract`.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from chatapp.feed.events import (
    Alternative,
    AppealUpdated,
    AppealView,
    ContextReport,
    ConversationCreated,
    ConversationDeleted,
    ConversationUpdated,
    ConversationView,
    Fact,
    FinishReason,
    GenerationDelta,
    GenerationEnded,
    GenerationFinished,
    GenerationQueued,
    GenerationRestarted,
    GenerationStarted,
    GenerationView,
    MessageCreated,
    MessageUpdated,
    MessageView,
    Notice,
    TemplateRef,
    Timings,
    TokenLogprob,
    Unit,
    Usage,
)
from chatapp.launch.configuration import CHECKOUT

PATH = CHECKOUT / "contracts" / "feed-v1.jsonl"
BEGAN = datetime(2026, 11, 22, 9, tzinfo=UTC)
NOTICE = Notice(category="self_harm", text="This answer was withheld by your organisation.", action="block")
TOO_LONG = {"num_prompt_tokens": 9000, "context_window": 8192}
LOGPROBS = (
    TokenLogprob(text="找", logprob=-0.25, alternatives=(Alternative(text="看", logprob=-1.5),)),
    TokenLogprob(text=" ", logprob=-2.0),
)
MASKED = Notice(category="personal_data", text="这里有被遮盖的内容。", action="redact")
HELP = Notice(category="self_harm", text="", action="safe_completion")
HELP_LINES = "You are not alone. Call 988."
WARNING = Notice(category="fraud", text="Never send money to strangers.", action="warn")


def key(number: int) -> UUID:
    """A UUIDv7 that is the same in every run."""
    return UUID(f"01910000-0000-7000-8000-{number:012x}")


CONVERSATION, QUESTION, CLIENT_MESSAGE = key(1), key(2), key(900)


def conversation(*, row_version: int, seconds: int, **fields: Any) -> ConversationView:
    about: dict[str, Any] = {
        "id": CONVERSATION,
        "title": "",
        "model": "smollm2-135m-instruct",
        "temperature": 0.7,
        "template": TemplateRef(slug="explain-simply", title="Explain simply", version=1),
        "active_leaf_id": None,
        "row_version": row_version,
        "created_at": BEGAN,
        "updated_at": BEGAN + timedelta(seconds=seconds),
    }
    return ConversationView(**{**about, **fields})


def question(**fields: Any) -> MessageView:
    about: dict[str, Any] = {
        "id": QUESTION,
        "conversation_id": CONVERSATION,
        "parent_id": None,
        "role": "user",
        "text": "What is the capital of France?",
        "state": "visible",
        "notice": None,
        "client_message_id": CLIENT_MESSAGE,
        "restored_from": None,
        "appeal": "none",
        "created_at": BEGAN + timedelta(seconds=1),
    }
    return MessageView(**{**about, **fields})


def answer(number: int, **fields: Any) -> MessageView:
    about = {"id": key(number), "parent_id": QUESTION, "role": "assistant", "text": None, "client_message_id": None}
    return question(**{**about, **fields})


def generation(message: MessageView, **fields: Any) -> GenerationView:
    """The generation of an answer has the next number; it waits unless the fields say otherwise."""
    about: dict[str, Any] = {
        "id": key(message.id.int % 2**48 + 1),
        "conversation_id": CONVERSATION,
        "message_id": message.id,
        "status": "queued",
        "finish_reason": None,
        "attempt": 0,
        "model": "smollm2-135m-instruct",
        "temperature": 0.7,
        "text": "",
        "seq": 0,
        "usage": None,
        "timings": None,
        "context": None,
        "error_code": None,
        "error_details": None,
        "created_at": message.created_at,
    }
    return GenerationView(**{**about, **fields})


def report(*left_out: UUID) -> ContextReport:
    return ContextReport(num_messages=1, num_prompt_tokens=31, context_window=8192, left_out_message_ids=left_out)


def _deltas(written: GenerationView, *texts: str) -> Iterator[tuple[str, Unit]]:
    for seq, text in enumerate(texts, start=1):
        yield f"generation.delta, {seq} of {written.id}", GenerationDelta(generation_id=written.id, seq=seq, text=text)


def _end(
    name: str, written: GenerationView, message: MessageView, reason: FinishReason, **fields: Any
) -> Iterator[tuple[str, Unit]]:
    """The two events of an end, in the order of their relay. An ended generation shows no text: its message has it."""
    status = {"cancelled": "cancelled", "error": "failed"}.get(reason, "completed")
    about = {"status": status, "finish_reason": reason, "text": "", "attempt": max(1, written.attempt)}
    ended = written.model_copy(update={**about, **fields})
    yield (
        f"generation.ended, {name}",
        GenerationEnded(generation_id=ended.id, seq=ended.seq + 1, finish_reason=reason),
    )
    yield f"generation.finished, {name}", GenerationFinished(id=key(0), generation=ended, message=message)


def _story() -> Iterator[tuple[str, Unit]]:
    yield from _first_turn()
    yield from _answers_that_did_not_stop_by_themselves()
    yield from _answered_by_the_operator()
    yield "conversation.deleted", ConversationDeleted(id=key(0), conversation_id=CONVERSATION)


def _first_turn() -> Iterator[tuple[str, Unit]]:
    """A question, an answer whose first worker died and whose event log was lost, and the title."""
    empty, written = answer(3), generation(answer(3))
    running = {"status": "running", "context": report()}
    usage, timings = (
        Usage(num_prompt_tokens=31, num_completion_tokens=9),
        Timings(first_token_s=0.21, total_s=0.62),
    )
    yield (
        "conversation.created",
        ConversationCreated(id=key(0), conversation=conversation(row_version=1, seconds=0)),
    )
    yield "message.created, the person's", MessageCreated(id=key(0), message=question())
    yield "message.created, an answer without text", MessageCreated(id=key(0), message=empty)
    moved = conversation(row_version=2, seconds=1, active_leaf_id=empty.id)
    yield "conversation.updated, by a turn", ConversationUpdated(id=key(0), conversation=moved)
    yield "generation.queued", GenerationQueued(id=key(0), generation=written)
    started = written.model_copy(update={**running, "attempt": 1})
    yield "generation.started", GenerationStarted(id=key(0), generation=started)
    yield from _deltas(started, "The capital", " of Fr")
    again = written.model_copy(update={"attempt": 1, "text": "The capital of Fr", "seq": 2, "context": report()})
    yield "generation.queued, again with the text so far", GenerationQueued(id=key(0), generation=again)
    back = again.model_copy(update={**running, "attempt": 2, "text": "The capital", "seq": 1})
    yield "generation.restarted", GenerationRestarted(id=key(0), generation=back)
    yield "generation.started, the second attempt", GenerationStarted(id=key(0), generation=back)
    rest = GenerationDelta(generation_id=written.id, seq=2, text=" of France is **Paris**. 🇫🇷")
    yield "generation.delta, after the restart", rest
    full = answer(3, text="The capital of France is **Paris**. 🇫🇷")
    yield from _end("completed", back, full, "stop", seq=2, usage=usage, timings=timings)
    titled = conversation(row_version=3, seconds=1, active_leaf_id=empty.id, title="Capital of France")
    yield "conversation.updated, the title", ConversationUpdated(id=key(0), conversation=titled)


def _answers_that_did_not_stop_by_themselves() -> Iterator[tuple[str, Unit]]:
    """Siblings of the first answer, one for each other way to end."""
    timings = Timings(first_token_s=None, total_s=0.4)
    withheld = answer(5, text="", state="withheld", notice=NOTICE)
    cut = answer(7, text="Well, ", state="withheld", notice=NOTICE)
    masked = answer(9, text="找 ███ 吧", notice=MASKED)
    stopped, failed = answer(11, text="The cap"), answer(13, text="")
    refused = answer(17, text="")
    restored = answer(15, text="Well, the whole of it.", restored_from=cut.id)
    endings: tuple[tuple[str, MessageView, FinishReason, dict[str, Any]], ...] = (
        ("withheld from the beginning", withheld, "content_filter", {"timings": timings, "context": report(key(99))}),
        ("withheld after some text", cut, "content_filter", {"seq": 1}),
        ("redacted and cut by length", masked, "length", {"seq": 2, "timings": timings}),
        ("stopped by the person", stopped, "cancelled", {"seq": 1}),
        ("failed", failed, "error", {"error_code": "too_many_attempts", "attempt": 5}),
        ("refused", refused, "error", {"error_code": "prompt_too_long", "error_details": TOO_LONG}),
    )
    for name, message, reason, fields in endings:
        place = message.model_copy(update={"text": None, "state": "visible", "notice": None})
        yield f"message.created, of the answer {name}", MessageCreated(id=key(0), message=place)
        yield f"generation.queued, of the answer {name}", GenerationQueued(id=key(0), generation=generation(place))
        if message is masked:
            asked = GenerationDelta(generation_id=generation(place).id, seq=1, text="找 ", logprobs=LOGPROBS)
            yield "generation.delta, with log-probabilities", asked
        yield from _end(name, generation(place), message, reason, **fields)
    yield "message.created, restored by a reviewer", MessageCreated(id=key(0), message=restored)
    told = AppealView(decision_id=key(21), conversation_id=CONVERSATION, message_id=cut.id, state="waiting")
    yield "appeal.updated, asked for", AppealUpdated(id=key(0), appeal=told)
    yield (
        "appeal.updated, overturned",
        AppealUpdated(id=key(0), appeal=told.model_copy(update={"state": "overturned"})),
    )
    unsent = AppealView(decision_id=key(23), conversation_id=CONVERSATION, message_id=None, state="confirmed")
    yield "appeal.updated, of a text that was never stored", AppealUpdated(id=key(0), appeal=unsent)
    plain = conversation(row_version=4, seconds=9, active_leaf_id=restored.id, template=None, temperature=0.0)
    yield "conversation.updated, no template and temperature 0", ConversationUpdated(id=key(0), conversation=plain)


def _answered_by_the_operator() -> Iterator[tuple[str, Unit]]:
    """A question that carries a warning; an answer that no model wrote, and the end of one that a model began."""
    warned = question(id=key(19), client_message_id=key(901), notice=WARNING)
    yield "message.created, with a warning", MessageCreated(id=key(0), message=warned)
    late = question(id=key(25), client_message_id=key(902))
    yield "message.created, a question that a model will judge", MessageCreated(id=key(0), message=late)
    refused = late.model_copy(update={"state": "withheld", "notice": NOTICE})
    yield "message.updated, withheld with its text", MessageUpdated(id=key(0), message=refused)
    whole = answer(20, parent_id=warned.id, text=HELP_LINES, notice=HELP)
    place = whole.model_copy(update={"text": None, "notice": None})
    yield "message.created, of the answer by the operator", MessageCreated(id=key(0), message=place)
    unwritten = generation(place, status="completed", finish_reason="content_filter")
    yield "generation.finished, by the operator", GenerationFinished(id=key(0), generation=unwritten, message=whole)
    begun = answer(22, parent_id=warned.id, text=f"Take \n\n{HELP_LINES}", notice=HELP)
    place = begun.model_copy(update={"text": None, "notice": None})
    yield "message.created, of the answer ended by the operator", MessageCreated(id=key(0), message=place)
    yield (
        "generation.queued, of the answer ended by the operator",
        GenerationQueued(id=key(0), generation=generation(place)),
    )
    yield from _deltas(generation(place), "Take ", f"\n\n{HELP_LINES}")
    yield from _end("ended by the operator", generation(place), begun, "content_filter", seq=2)


def examples() -> list[tuple[str, Unit]]:
    """Every example with its name; facts are numbered in their order."""
    numbered = []
    for number, (name, event) in enumerate(_story(), start=101):
        numbered.append((name, event.model_copy(update={"id": key(number)}) if isinstance(event, Fact) else event))
    return numbered


def finished_example() -> GenerationFinished:
    return next(event for _, event in examples() if isinstance(event, GenerationFinished))


def contract_text() -> str:
    """What the committed file must hold."""
    lines = [{"name": name, "event": event.model_dump(mode="json")} for name, event in examples()]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


if __name__ == "__main__":
    PATH.write_text(contract_text(), encoding="utf-8")
