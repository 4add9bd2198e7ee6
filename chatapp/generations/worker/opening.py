"""
Opens an attempt at a claimed generation, and brings its gate to where the attempts before it had come.

Knows no engine.
"""

import time

from chatapp.conversations.selectors import system_prompt_is_published
from chatapp.feed import log
from chatapp.generations.models import Generation, GenerationKind
from chatapp.generations.worker.logprobs import LogprobTrail
from chatapp.generations.worker.session import Session
from chatapp.generations.worker.text_judge import TextJudge
from chatapp.moderation.judging.detecting import Detector
from chatapp.moderation.judging.gate import OutputGate
from chatapp.moderation.judging.lanes import Lane
from chatapp.moderation.judging.prompt_leakage import prompt_detectors
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.verdict import Stage
from chatapp.moderation.publishing.loading import ruleset_current


def session_open(row: Generation, start: log.TakeOver, *, lane: Lane) -> Session:
    """
    lane: used only if a rule asks what does not answer at once.

    :raises RulesetMissing: when nothing is published: then nothing may leave.
    """
    ruleset = ruleset_current()
    stage = Stage.OUTPUT if row.kind == GenerationKind.ANSWER else Stage.TITLE
    asked = row.question.text or "" if row.question else ""
    gate = OutputGate(ruleset, stage, besides=_detectors(row, ruleset, stage), asked=asked)
    used_lane = lane if ruleset.compiled(stage).waits else None
    session = Session(row, TextJudge(gate), start.text, start.seq, row.owner.language or "en", used_lane)
    session.num_earlier_tokens = session.num_tokens = session.num_logged_tokens = start.num_tokens
    session.appended_at_s = session.checkpointed_at_s = time.monotonic()
    return session


def session_catch_up(session: Session, start: log.TakeOver) -> None:
    """
    Read what was released before; nothing is fed to the session until then.

    May wait, where a rule asks a model about it: no relay thread calls this, and the session is under way by now, so
    that its lease is renewed meanwhile.
    """
    session.gate.replay(start.text)
    if "num_logprobs" in session.row.sampling:
        session.judge.trail = LogprobTrail(session.gate, has_alternatives=session.lane is None)


def _detectors(row: Generation, ruleset: CompiledRuleset, stage: Stage) -> list[Detector]:
    """What this answer's gate looks for beside the rules' own entries; the same for every attempt."""
    prompt = row.conversation.system_prompt
    if row.kind != GenerationKind.ANSWER or not prompt or system_prompt_is_published(row.conversation):
        return []
    return prompt_detectors(ruleset, stage, prompt=prompt)
