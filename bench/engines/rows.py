"""
What is measured: the rows of the table, each with who takes part and what it asks of a round.

Owns sizes and lengths. A row's measure asks one competitor once and returns its figures; repeating is `measuring`'s.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from bench.engines.prompts import QUESTION, PromptWriter, conversation, opening
from bench.engines.protocol import Ask, Job, Messages, Mode, Trace
from bench.engines.settings import BARE_LOOP, CONTINUOUS, ENGINE, GENERATE, LLAMA, SERVE, SERVE_CONTINUOUS, Settings
from bench.engines.timelines import beside_figures, decode_figures, first_token_s, prefill_figures

OVERHEAD_SIZE = 32
PREFILL_TOKENS = 2_000
BESIDE_TOKENS = 6_000
BESIDE_STREAMS = 8
BESIDE_NEW_TOKENS = 400  # cancelled at the end; enough to write on for as long as the long prompt takes
TURNS = 20
WORDS_PER_TEXT = 95  # 19 turns of them are about 4,000 tokens
ANSWER_TOKENS = 32
COLD = "engine, another worker"  # a second process of our engine that has never seen the conversation

Figures = dict[str, float]


class Runner(Protocol):
    def run(self, job: Job) -> dict[str, Trace]: ...


@dataclass(frozen=True, slots=True)
class Row:
    """
    key: its name in the kept file. measure: asks a competitor in round n; keys of its figures name their unit.
    """

    key: str
    title: str
    competitors: tuple[str, ...]
    measure: Callable[[Runner, int], Figures]


def rows_of(settings: Settings, writer: PromptWriter) -> list[Row]:
    """Every row of a run, in order. Who is not in the settings is left out later."""
    prefill = Row(
        "prefill",
        f"prefill alone, {PREFILL_TOKENS:,} tokens",
        (ENGINE, GENERATE, CONTINUOUS, SERVE, SERVE_CONTINUOUS, LLAMA),
        partial(_prefill, writer),
    )
    beside = [
        Row(
            f"beside/{mode}",
            f"prefill of {BESIDE_TOKENS:,} tokens beside {BESIDE_STREAMS} streams, {mode}",
            (ENGINE, CONTINUOUS),
            partial(_beside, writer, mode),
        )
        for mode in Mode
    ]
    decode = [_decode_row(size, mode, settings.tokens, writer) for size in sorted(settings.sizes) for mode in Mode]
    return [prefill, *beside, *decode]


def decode_key(size: int, mode: Mode) -> str:
    return f"decode/{size}/{mode}"


def measure_turns(writer: PromptWriter, worker: Runner, cold_worker: Runner, number: int) -> Figures:
    """
    First tokens of a conversation at turn 1 and at turn 20, and at turn 20 on a worker that has not seen it.

    The answer of turn 19 is really written, and the worker keeps it; the turns between are given, and computed as
    turn 19's prompt. Nothing suppresses end tokens elsewhere; here the answer's text must encode to what was written.
    """
    salt = f"{number}-turns"
    so_far = conversation(salt, num_turns=TURNS - 2, words_per_text=WORDS_PER_TEXT)
    ask = partial(writer.ask, scope=salt, suppressed=writer.special_ids)
    first = _only(worker, ask(f"{salt}/1", opening_of(so_far), num_new_tokens=1))
    before: Messages = (*so_far, ("user", "And what happened then?"))
    written = _only(worker, ask(f"{salt}/19", before, num_new_tokens=ANSWER_TOKENS))
    going_on: Messages = (("assistant", written.text), ("user", QUESTION.format(salt=f"{salt}-{TURNS}")))
    last = ask(f"{salt}/20", (*before, *going_on), num_new_tokens=1)
    here, elsewhere = _only(worker, last), _only(cold_worker, last)
    return {
        "turn_1_first_token_s": first_token_s(first),
        "turn_20_first_token_s": first_token_s(here),
        "turn_20_elsewhere_first_token_s": first_token_s(elsewhere),
        "turn_20_prompt_tokens": float(len(last.token_ids)),
    }


def opening_of(messages: Messages) -> Messages:
    """The first turn's prompt: system prompt and first question."""
    return opening(messages[1][1])


def _decode_row(size: int, mode: Mode, num_new_tokens: int, writer: PromptWriter) -> Row:
    competitors = [ENGINE, CONTINUOUS, SERVE_CONTINUOUS, LLAMA]
    if size == OVERHEAD_SIZE:
        competitors.append(BARE_LOOP)
    if size == 1:
        competitors += [GENERATE, SERVE]  # one at a time: more of them at once are no more tokens/s
    return Row(
        decode_key(size, mode),
        f"{size} {'stream' if size == 1 else 'streams'}, {mode}",
        tuple(competitors),
        partial(_decode, writer, size, mode, num_new_tokens),
    )


def _decode(
    writer: PromptWriter, size: int, mode: Mode, num_new_tokens: int, competitor: Runner, number: int
) -> Figures:
    asks = tuple(
        writer.question(salt=f"{number}-{size}-{mode}-{place}", num_new_tokens=num_new_tokens) for place in range(size)
    )
    return decode_figures(competitor.run(Job(mode, asks)))


def _prefill(writer: PromptWriter, competitor: Runner, number: int) -> Figures:
    ask = writer.long_question(salt=f"{number}-prefill", num_prompt_tokens=PREFILL_TOKENS)
    return prefill_figures(competitor.run(Job(Mode.GREEDY, (ask,))))


def _beside(writer: PromptWriter, mode: Mode, competitor: Runner, number: int) -> Figures:
    asks = tuple(
        writer.question(salt=f"{number}-beside-{mode}-{place}", num_new_tokens=BESIDE_NEW_TOKENS)
        for place in range(BESIDE_STREAMS)
    )
    long = writer.long_question(salt=f"{number}-beside-{mode}", num_prompt_tokens=BESIDE_TOKENS)
    return beside_figures(competitor.run(Job(mode, asks, joining=long)), joining=long.key)


def _only(competitor: Runner, ask: Ask) -> Trace:
    [trace] = competitor.run(Job(Mode.GREEDY, (ask,))).values()
    return trace
