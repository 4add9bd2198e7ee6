"""
A compiled ruleset as bytes, and back. Owns the format; knows no database and compiles nothing.

What takes time to build travels as flat arrays in the machine's own byte order, what people wrote as JSON: nothing in
it can run. Layout: magic, length of the header, the header (JSON), then the sections that the header lists, one after
the other; all after the magic compressed by zlib. Reading it is cut into pieces of a millisecond or two, between which
the reader may let other threads work.
"""

from __future__ import annotations  # array is generic for the type checker only

import json
import struct
import sys
import zlib
from array import array
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NoReturn

from chatapp.moderation.judging.automata.automaton import Automaton, StoredEdges, edge_arrays
from chatapp.moderation.judging.offer import Offer
from chatapp.moderation.judging.rulesets.compiled import CompiledRules
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset, compiled_by_stage
from chatapp.moderation.judging.rulesets.dictionary import Dictionary, Owners
from chatapp.moderation.judging.rulesets.rule import Rule, RulesetInvalid
from chatapp.moderation.judging.verdict import Stage

# Raise it when this file, or the meaning of what it stores, changes: processes of another version then do not read it.
FORMAT = 3
_MAGIC = b"ruleset-build"
_LEVEL = 1  # 12 MB of 100,000 words: level 1 takes 0.07 s for 2.5 MB, level 6 0.5 s for 2.4 MB
_LENGTH = struct.Struct(">I")
_ENTRIES_PER_PIECE = 2048  # of a JSON list: about half a millisecond each
_CHUNK_BYTES = 1 << 16  # of the compressed, read at once: about a millisecond
_AUTOMATON_ARRAYS = ("depth", "parent", "fail", "pattern", "report", "pattern_end")

Pieces = Generator[None, None, CompiledRuleset]


class BuildInvalid(ValueError):
    """These bytes are no build of this format, of this machine's kind, or of this ruleset."""


def encode(ruleset: CompiledRuleset, *, ruleset_sha256: str) -> bytes:
    """ruleset_sha256: digest of the ruleset's JSON, so that a build is never taken for another's."""
    compiled = {stage: ruleset.compiled(stage) for stage in Stage}
    dictionary = next(iter(compiled.values())).dictionary
    heads, lists = zip(*map(_split, ruleset.rules), strict=True) if ruleset.rules else ((), ())
    sections = [*_lists_sections(lists), *_dictionary_sections(dictionary), *_held_sections(compiled)]
    header = {
        "version": ruleset.version,
        "ruleset_sha256": ruleset_sha256,
        "byteorder": sys.byteorder,
        "rules": heads,
        "held": {stage: _first_with_same_hold(compiled, stage) for stage in compiled},
        "sections": [(name, kind, len(content)) for name, kind, content in sections],
    }
    head = json.dumps(header, ensure_ascii=False).encode()
    body = b"".join([_LENGTH.pack(len(head)), head, *(content for _, _, content in sections)])
    return _MAGIC + zlib.compress(body, _LEVEL)


def decode(build: bytes, *, ruleset_sha256: str, offer: Offer) -> CompiledRuleset:
    """:raises BuildInvalid: for anything that `encode` of this format did not make of this ruleset."""
    return read_through(decode_pieces(build, ruleset_sha256=ruleset_sha256, offer=offer))


def read_through(pieces: Pieces, *, between: Callable[[], None] = lambda: None) -> CompiledRuleset:
    """All pieces, one after the other. between: called after each, for whoever lets others work."""
    while True:
        try:
            next(pieces)
        except StopIteration as over:
            ruleset: CompiledRuleset = over.value
            return ruleset
        between()


def decode_pieces(build: bytes, *, ruleset_sha256: str, offer: Offer) -> Pieces:
    """
    As `decode`; stands still after each piece.

    :raises BuildInvalid:
    """
    try:
        ruleset = yield from _decoded(build, ruleset_sha256, offer)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, struct.error, zlib.error) as error:
        raise BuildInvalid(f"this is no build of the ruleset: {error!r}") from error
    return ruleset


def _decoded(build: bytes, ruleset_sha256: str, offer: Offer) -> Pieces:
    if not build.startswith(_MAGIC):
        _refuse("another kind of file")
    body = memoryview((yield from _decompressed(build[len(_MAGIC) :])))
    (head_length,) = _LENGTH.unpack_from(body)
    header = json.loads(bytes(body[_LENGTH.size : _LENGTH.size + head_length]))
    if header["ruleset_sha256"] != ruleset_sha256 or header["byteorder"] != sys.byteorder:
        _refuse("of another ruleset or machine")
    sections = _sections(header["sections"], body[_LENGTH.size + head_length :])
    rules = yield from _rules(header["rules"], sections)
    dictionary = yield from _dictionary(sections)
    if len(dictionary.denied_by.starts) != dictionary.num_patterns + 1:
        _refuse("arrays of different lengths")
    held = {name: _array(sections, f"held.{name}", "i") for name in sorted(set(header["held"].values()))}
    yield
    held_depth = {stage: held[header["held"][stage]] for stage in Stage}
    compiled = compiled_by_stage(rules, dictionary, held_depth, offer=offer)
    return CompiledRuleset.from_compiled(int(header["version"]), compiled, offer=offer)


def _decompressed(compressed: bytes) -> Generator[None, None, bytes]:
    decompressor, parts = zlib.decompressobj(), []
    for start in range(0, len(compressed), _CHUNK_BYTES):
        parts.append(decompressor.decompress(compressed[start : start + _CHUNK_BYTES]))
        yield
    if not decompressor.eof:
        _refuse("cut off")
    return b"".join(parts)


def _refuse(reason: str) -> NoReturn:
    raise ValueError(reason)


# --- sections: a name, a kind ("json" or an array's type code), and bytes ------------------------------------------

Section = tuple[str, str, bytes]
Sections = Mapping[str, tuple[str, memoryview]]


def _sections(index: Sequence[tuple[str, str, int]], body: memoryview) -> Sections:
    sections, start = {}, 0
    for name, kind, num_bytes in index:
        sections[name] = (kind, body[start : start + num_bytes])
        start += num_bytes
    if start != len(body):
        _refuse("sections do not fill the body")
    return sections


def _array_section(name: str, values: array[int]) -> Section:
    return name, f"{values.typecode}{values.itemsize}", values.tobytes()


def _array(sections: Sections, name: str, typecode: str) -> array[int]:
    kind, content = sections[name]
    values = array(typecode)
    if kind != f"{typecode}{values.itemsize}":
        _refuse("integers of another size")
    values.frombytes(content)
    return values


# --- rules: their long lists stand apart, in pieces ------------------------------------------------------------------


def _split(rule: Rule) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    raw = rule.to_json()
    lists = {name: value for name, value in raw.items() if isinstance(value, list) and len(value) > _ENTRIES_PER_PIECE}
    return {name: value for name, value in raw.items() if name not in lists}, lists


def _lists_sections(lists: Sequence[Mapping[str, list[Any]]]) -> Iterator[Section]:
    for number, by_name in enumerate(lists):
        for name, values in by_name.items():
            for start in range(0, len(values), _ENTRIES_PER_PIECE):
                piece = json.dumps(values[start : start + _ENTRIES_PER_PIECE], ensure_ascii=False).encode()
                yield f"rule.{number}.{name}.{start}", "json", piece


def _rules(heads: Sequence[dict[str, Any]], sections: Sections) -> Generator[None, None, tuple[Rule, ...]]:
    raws = [dict(head) for head in heads]
    for section, (kind, content) in sections.items():
        if kind == "json":
            _, number, name, _ = section.split(".")
            raws[int(number)].setdefault(name, []).extend(json.loads(bytes(content)))
            yield
    rules = []
    for raw in raws:
        rules.append(_rule(raw))
        yield
    return tuple(rules)


def _rule(raw: Mapping[str, Any]) -> Rule:
    """Its problems were looked for when it was published."""
    try:
        return Rule.from_json(raw)
    except RulesetInvalid as error:
        raise BuildInvalid(str(error)) from error


# --- the dictionary, and what each stage holds back ----------------------------------------------------------------


def _dictionary_sections(dictionary: Dictionary) -> Iterator[Section]:
    automaton = dictionary.automaton
    for name, values in zip(("edge_keys", "edge_targets"), edge_arrays(automaton.edges), strict=True):
        yield _array_section(name, values)
    for name in _AUTOMATON_ARRAYS:
        yield _array_section(name, getattr(automaton, name))
    yield _array_section("ends_word", dictionary.ends_word)
    for name, owners in (("denied_by", dictionary.denied_by), ("allowed_by", dictionary.allowed_by)):
        yield _array_section(f"{name}.starts", owners.starts)
        yield _array_section(f"{name}.rules", owners.rule_numbers)
    alive = dictionary.allowed_by_alive
    yield _array_section("alive.states", array("i", alive.keys()))
    yield _array_section("alive.counts", array("i", map(len, alive.values())))
    yield _array_section("alive.rules", array("i", chain.from_iterable(map(sorted, alive.values()))))


def _dictionary(sections: Sections) -> Generator[None, None, Dictionary]:
    keys, targets = _array(sections, "edge_keys", "Q"), _array(sections, "edge_targets", "i")
    if len(keys) != len(targets):
        _refuse("edges of different lengths")
    yield
    arrays = {}
    for name in _AUTOMATON_ARRAYS:
        arrays[name] = _array(sections, name, "i")
        yield
    alive = yield from _alive(sections)
    return Dictionary(
        Automaton(StoredEdges(keys, targets), **arrays),
        _array(sections, "ends_word", "b"),
        Owners(_array(sections, "denied_by.starts", "i"), _array(sections, "denied_by.rules", "i")),
        Owners(_array(sections, "allowed_by.starts", "i"), _array(sections, "allowed_by.rules", "i")),
        alive,
    )


def _alive(sections: Sections) -> Generator[None, None, dict[int, frozenset[int]]]:
    states, counts, rules = (_array(sections, f"alive.{name}", "i") for name in ("states", "counts", "rules"))
    alive: dict[int, frozenset[int]] = {}
    start = 0
    for place, (state, count) in enumerate(zip(states, counts, strict=True)):
        alive[state] = frozenset(rules[start : start + count])
        start += count
        if place % _ENTRIES_PER_PIECE == 0:
            yield
    return alive


def _held_sections(compiled: Mapping[Stage, CompiledRules]) -> Iterator[Section]:
    """Stages at which the same rules hold share an array, and here a section: that of the first of them."""
    for stage in compiled:
        if _first_with_same_hold(compiled, stage) is stage:
            yield _array_section(f"held.{stage}", compiled[stage].held_depth)


def _first_with_same_hold(compiled: Mapping[Stage, CompiledRules], stage: Stage) -> Stage:
    return next(other for other in compiled if compiled[other].held_depth is compiled[stage].held_depth)
