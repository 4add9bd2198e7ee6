"""What a person can choose for a run, read from the environment: `make bench-engine ROUNDS=1 SIZES="1 4" TOKENS=8`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_ROUNDS = 5
DEFAULT_SIZES = (1, 8, 32, 64)
DEFAULT_TOKENS = 64  # of each answer; with it the whole run takes about 22 minutes on two cores

# What a run can be narrowed to: keys of rows up to their first slash.
ROW_GROUPS = ("load", "turns", "prefill", "beside", "decode")

ENGINE = "engine"
BARE_LOOP = "bare-loop"
GENERATE = "generate"
CONTINUOUS = "continuous-batching"
SERVE = "serve"
SERVE_CONTINUOUS = "serve-continuous"
LLAMA = "llama.cpp"
# Name → module of bench.engines.competitors.
MODULES = {
    ENGINE: "slots",
    BARE_LOOP: "bare_loop",
    GENERATE: "generate",
    CONTINUOUS: "continuous_batching",
    SERVE: "serve",
    SERVE_CONTINUOUS: "serve_continuous",
    LLAMA: "llama",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """One run. tokens: new tokens of each answer."""

    rounds: int
    sizes: tuple[int, ...]
    competitors: tuple[str, ...]
    tokens: int
    model_path: Path
    rows: tuple[str, ...] = ROW_GROUPS


def settings_of(environ: Mapping[str, str], *, default_model_path: Path) -> Settings:
    """:raises ValueError: naming the variable that holds what cannot be used."""
    competitors = tuple(environ.get("COMPETITORS", "").split()) or tuple(MODULES)
    unknown = set(competitors) - set(MODULES)
    if unknown:
        raise ValueError(f"COMPETITORS: no {', '.join(sorted(unknown))}; there are {' '.join(MODULES)}")
    rows = tuple(environ.get("ROWS", "").split()) or ROW_GROUPS
    if set(rows) - set(ROW_GROUPS):
        raise ValueError(f"ROWS: no {', '.join(sorted(set(rows) - set(ROW_GROUPS)))}; there are {' '.join(ROW_GROUPS)}")
    sizes = tuple(_count("SIZES", word) for word in environ.get("SIZES", "").split()) or DEFAULT_SIZES
    return Settings(
        rounds=_count("ROUNDS", environ.get("ROUNDS") or str(DEFAULT_ROUNDS)),
        sizes=sizes,
        competitors=competitors,
        tokens=_count("TOKENS", environ.get("TOKENS") or str(DEFAULT_TOKENS)),
        model_path=Path(environ.get("MODEL") or default_model_path),
        rows=rows,
    )


def _count(name: str, word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise ValueError(f"{name}: {word!r} is no number of 1 or more")
    return int(word)
