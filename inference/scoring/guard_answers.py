"""
What generative guards answer: where the verdict stands, what its words mean. Pure: no torch.

A guard's own format, as its model card gives it: Llama Guard "unsafe\\nS1,S10", ShieldGemma "Yes", Qwen3Guard-Gen
"Safety: Unsafe\\nCategories: Violent". An answer in no such format is an error, never "safe".
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from inference.scoring.asking import ScoreInvalid

# The label that every guard scores: 0 safe, 0.5 controversial, 1 unsafe, or what lies between by probability.
HARM = "harm"
SAFE, CONTROVERSIAL, UNSAFE = 0.0, 0.5, 1.0


@dataclass(frozen=True, slots=True)
class GuardFormat:
    """
    How one family of guards answers.

    opening: what stands in its answer before the verdict word; it is given, so that the next token is the verdict.
    harm_by_word: the verdict words as they stand behind the opening. pattern: of a whole answer, with the groups
    `verdict` and, where the guard names them, `categories`.
    """

    name: str
    opening: str
    harm_by_word: Mapping[str, float]
    pattern: re.Pattern[str]
    no_category: frozenset[str] = field(default=frozenset({"None"}))

    def parse(self, answer: str) -> dict[str, float]:
        """
        Scores by label: `harm`, and each category that the guard names.

        :raises ScoreInvalid: if the answer does not begin with a verdict.
        """
        found = self.pattern.match(answer)
        if found is None:
            raise ScoreInvalid(f"{self.name} answered no verdict: {answer[:80]!r}")
        words = {word.strip(): harm for word, harm in self.harm_by_word.items()}
        harm = words[found["verdict"]]
        named = (found.groupdict().get("categories") or "").split(",")
        categories = {name.strip() for name in named} - self.no_category - {""}
        return {HARM: harm} | {name: harm for name in sorted(categories) if harm}

    def score(self, log_likelihoods: Sequence[float]) -> dict[str, float]:
        """
        Scores from the first verdict token: the expected harm among the verdict words.

        log_likelihoods: of the words of `harm_by_word`, in order, up to one constant.
        :raises ScoreInvalid: if they are no numbers.
        """
        if not all(map(math.isfinite, log_likelihoods)):
            raise ScoreInvalid(f"{self.name} gave no numbers for its verdict")
        top = max(log_likelihoods)
        shares = [math.exp(value - top) for value in log_likelihoods]
        harms = self.harm_by_word.values()
        return {HARM: sum(share * harm for share, harm in zip(shares, harms, strict=True)) / sum(shares)}


LLAMA_GUARD = GuardFormat(
    name="Llama Guard",
    # Versions 3 and later begin their answers with a blank line.
    opening="\n\n",
    harm_by_word={"safe": SAFE, "unsafe": UNSAFE},
    pattern=re.compile(r"\s*(?P<verdict>safe|unsafe)\s*(?:\n\s*(?P<categories>S\d+(?:\s*,\s*S\d+)*))?\s*\Z"),
)
SHIELD_GEMMA = GuardFormat(
    name="ShieldGemma",
    opening="",
    harm_by_word={"No": SAFE, "Yes": UNSAFE},
    pattern=re.compile(r"\s*(?P<verdict>Yes|No)\b"),
)
QWEN3_GUARD = GuardFormat(
    name="Qwen3Guard-Gen",
    opening="Safety:",
    harm_by_word={" Safe": SAFE, " Controversial": CONTROVERSIAL, " Unsafe": UNSAFE},
    pattern=re.compile(
        r"\s*Safety:\s*(?P<verdict>Safe|Controversial|Unsafe)\b[^\n]*(?:\n+\s*Categories:\s*(?P<categories>[^\n]*))?"
    ),
)
FORMATS = {"llama-guard": LLAMA_GUARD, "shieldgemma": SHIELD_GEMMA, "qwen3guard-gen": QWEN3_GUARD}
