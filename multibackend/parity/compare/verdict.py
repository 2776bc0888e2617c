"""What a comparison yields: `Difference`, `Verdict` and the whole `Judgement`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from multibackend.parity.compare.shown import Evidence

__all__ = [
    "KINDS",
    "NO_CASE",
    "UNSURE",
    "VERDICTS",
    "Difference",
    "Judgement",
    "Kind",
    "Verdict",
    "Word",
]

Word = Literal[
    "agree", "differ", "known", "abstain", "unsupported", "failed", "missing"
]
Kind = Literal["structure", "shape", "dtype", "nonfinite", "value", "error", "start"]

VERDICTS: tuple[str, ...] = get_args(Word)
KINDS: tuple[str, ...] = get_args(Kind)


#: What stands for the case in a verdict that is about the records themselves.
NO_CASE = "(every case)"


#: Said of a verdict whose blame is everybody's.
UNSURE = "the backends disagree and no majority tells who is off"


@dataclass(frozen=True)
class Difference:
    """One disagreement of one backend with the referee, or with the others.

    Attributes:
        kind: What disagrees; the outermost kind that explains it.
        backend: The label of the record that deviates.
        output: The name of the output, such as `kernel` or `step 3/loss`.
        precision: The run it was seen in, `"float32"` or `"float64"`.
        received: What this backend yielded, as text.
        expected: What the referee, or the others, yielded, as text.
        index: The place of the worst element.
        error: The absolute error there.
        budget: The error that rounding may cause there.
        ulps: The error in units in the last place of what was expected, in the dtype
            of the output.
        detail: A sentence where the fields above do not say it all.
    """

    kind: Kind
    backend: str
    output: str
    precision: str
    received: str
    expected: str
    index: tuple[int, ...] | None = None
    error: float | None = None
    budget: float | None = None
    ulps: float | None = None
    detail: str = ""

    @property
    def ratio(self) -> float | None:
        """How many budgets the error is; `None` where nothing was measured."""
        if self.error is None or self.budget is None:
            return None
        return self.error / self.budget if self.budget else float("inf")


@dataclass(frozen=True)
class Verdict:
    """One verdict: a check of a case, over all backends.

    Attributes:
        case: The case's name, `module:function`.
        check: The check's name.
        verdict: One of `VERDICTS`.
        blame: Labels of the records that deviate, worst first.
        differences: Every difference, worst first.
        ratio: The largest error in budgets, also where all agree.
        error: The error that this ratio is of.
        budget: The budget that this ratio is of.
        output: The output that this ratio was found in.
        referee: Who told the truth: `"reference"` for the case's NumPy function, else
            the label whose float64 run most agree with; empty where each backend was
            judged by its own run or nothing was measured.
        detail: A sentence: why it failed, abstained, is missing or unsupported.
        site: The first sub-layer or step that deviates, where it was looked for.
        file: Where the case is declared.
        line: In which line.
        seconds: What the check took, by label.
        usage: Whether the fault lies in how the case is written.
        evidence: What a report shows of the worst difference, where it was measured.
        reproducer: The source of a file that shows the difference by itself.
    """

    case: str
    check: str
    verdict: Word
    blame: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    ratio: float | None = None
    error: float | None = None
    budget: float | None = None
    output: str | None = None
    referee: str = ""
    detail: str = ""
    site: str | None = None
    file: str = ""
    line: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    usage: bool = False
    evidence: Evidence | None = None
    reproducer: str = ""


@dataclass(frozen=True)
class Judgement:
    """All verdicts of a comparison, and who was compared.

    Attributes:
        verdicts: In the order of the cases, then of the checks.
        environments: What each record says of itself, by label: `keras`,
            `framework`, `device` and more.
        stages: Seconds spent by stage (`start`, `run`, `compare`, ...), by label
            where a stage belongs to one backend: `{"start torch": 5.1}`.
        notes: Sentences about the whole run, such as an interrupted record.
    """

    verdicts: tuple[Verdict, ...]
    environments: Mapping[str, Mapping[str, Any]]
    stages: Mapping[str, float] = field(default_factory=dict[str, float])
    notes: tuple[str, ...] = ()

    @property
    def cases(self) -> int:
        """How many cases were judged."""
        return len({verdict.case for verdict in self.verdicts} - {NO_CASE})

    def counts(self) -> dict[str, int]:
        """How many verdicts there are of each word, zeros included."""
        found = Counter(verdict.verdict for verdict in self.verdicts)
        return {word: found[word] for word in VERDICTS}

    def of(self, *words: str) -> tuple[Verdict, ...]:
        """The verdicts with one of these words, worst ratio first."""
        some = [verdict for verdict in self.verdicts if verdict.verdict in words]
        return tuple(sorted(some, key=lambda v: -(v.ratio or 0.0)))
