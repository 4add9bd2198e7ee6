"""
What keeps the entries of one kind of rule from being published. Owns what each kind takes; knows no whole rule.

Every problem is a stable code and the entry it is about; the form has a sentence for each.
"""

from collections.abc import Collection, Iterator, Sequence

from chatapp.moderation.judging.expressions.regex_syntax import (
    GappedPhrase,
    RegexRefused,
    compile_gapped_phrase,
    compile_regex,
)
from chatapp.moderation.judging.offer import Offer, RuleProblem
from chatapp.moderation.judging.personal_data.reading import Entity
from chatapp.moderation.judging.rulesets.rule import RuleOptions
from chatapp.moderation.judging.urls.domain_lists import ANY_DOMAIN
from chatapp.moderation.judging.urls.domain_spellings import DomainInvalid, spellings
from chatapp.moderation.judging.verdict import Action, Stage

# Words of a phrase with gaps, as people write them: 教我…炸弹, "how to … a bomb".
GAP_SIGNS = ("…", "...")
NUMBERS_OF_HITS = range(1, 1_001)
WINDOWS_S = range(60, 30 * 86_400 + 1)
# Each example is compared with each sentence: 200 vectors of 384 numbers take about 6 ms.
MAX_EXAMPLES = 200
# A number of one digit is one token of whichever model judges.
MAX_PRINCIPLES = 9
# Of an example or a principle; nine such principles leave room for a text in a window of 2,048 tokens.
MAX_ENTRY_CHARS = 500
_SHOWN_CHARS = 40
# Pieces of a prompt overlap: a text in the place of each would stand there many times.
PROMPT_ACTIONS = frozenset({Action.FLAG, Action.REDACT, Action.BLOCK})


def gapped_phrase(entry: str, *, max_gap_chars: int) -> GappedPhrase:
    """The words of an entry, in order; "" among them where a gap stands at its beginning or end, or twice."""
    for sign in GAP_SIGNS[1:]:
        entry = entry.replace(sign, GAP_SIGNS[0])
    return GappedPhrase(tuple(word.strip() for word in entry.split(GAP_SIGNS[0])), max_gap_chars)


def phrase_problems(entries: Sequence[str], options: RuleOptions) -> Iterator[RuleProblem]:
    for entry in entries:
        try:
            compile_gapped_phrase(gapped_phrase(entry, max_gap_chars=options.max_gap_chars))
        except RegexRefused as refusal:
            yield RuleProblem(refusal.code, refusal.part)


def regex_problems(entries: Sequence[str]) -> Iterator[RuleProblem]:
    for entry in entries:
        try:
            compile_regex(entry)
        except RegexRefused as refusal:
            yield RuleProblem(refusal.code, refusal.part)


def personal_data_problems(entries: Sequence[str]) -> Iterator[RuleProblem]:
    for entry in entries:
        if entry not in set(Entity):
            yield RuleProblem("entity_unknown", entry)


def url_problems(entries: Sequence[str], exceptions: Sequence[str]) -> Iterator[RuleProblem]:
    for domain in (*entries, *exceptions):
        if domain == ANY_DOMAIN and domain in entries:
            continue
        try:
            spellings(domain)
        except DomainInvalid:
            yield RuleProblem("domain_invalid", domain)


def classifier_problems(options: RuleOptions, offer: Offer) -> Iterator[RuleProblem]:
    if options.classifier not in offer.classifiers:
        yield RuleProblem("classifier_unknown", options.classifier)
    yield from threshold_problems(options)


def similarity_problems(examples: Sequence[str], options: RuleOptions, offer: Offer) -> Iterator[RuleProblem]:
    if options.classifier not in offer.embedding_models:
        yield RuleProblem("embedding_model_unknown", options.classifier)
    if len(examples) > MAX_EXAMPLES:
        yield RuleProblem("examples_too_many", str(len(examples)))
    yield from _length_problems(examples)
    yield from threshold_problems(options)


def judge_problems(principles: Sequence[str], options: RuleOptions) -> Iterator[RuleProblem]:
    if len(principles) > MAX_PRINCIPLES:
        yield RuleProblem("principles_too_many", str(len(principles)))
    yield from _length_problems(principles)
    yield from threshold_problems(options)


def _length_problems(entries: Sequence[str]) -> Iterator[RuleProblem]:
    for entry in entries:
        if not entry.strip():
            yield RuleProblem("word_blank", entry)
        elif len(entry) > MAX_ENTRY_CHARS:
            yield RuleProblem("entry_too_long", f"{entry[:_SHOWN_CHARS]}…")


def threshold_problems(options: RuleOptions) -> Iterator[RuleProblem]:
    if not 0.0 < options.threshold_controversial <= options.threshold_unsafe <= 1.0:
        yield RuleProblem("thresholds_out_of_order")


def prompt_problems(action: Action, stages: Collection[Stage]) -> Iterator[RuleProblem]:
    if action not in PROMPT_ACTIONS | {Action.THROTTLE}:  # which is refused for every kind but one
        yield RuleProblem("action_not_of_prompt")
    if stages != {Stage.OUTPUT}:
        yield RuleProblem("stages_not_of_prompt")


def conduct_problems(options: RuleOptions) -> Iterator[RuleProblem]:
    if options.num_hits not in NUMBERS_OF_HITS:
        yield RuleProblem("num_hits_out_of_range", str(options.num_hits))
    if options.window_s not in WINDOWS_S:
        yield RuleProblem("window_out_of_range", str(options.window_s))
