"""What the trial found, fault by fault and control by control, and whether it is enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from multibackend.parity.compare.verdict import NO_CASE, Judgement, Verdict
from multibackend.parity.selftest.fault import Fault
from multibackend.parity.selftest.sensitivity import Sensitivity

__all__ = ["TARGETS", "Controls", "Goal", "Outcome", "Score", "score"]

#: Words that end a run with exit code 1.
ALARMS = ("differ", "failed", "missing")


@dataclass(frozen=True)
class Outcome:
    """What became of one fault.

    Attributes:
        fault: The fault.
        check: The check that caught it first, or `None` where none did: it says
            `differ`, or has no answer of the victim alone.
        blame: Whom that check blamed.
        site: The site that the first verdict with one names.
        words: The word of every check that was asked, for what was not caught.
    """

    fault: Fault
    check: str | None = None
    blame: tuple[str, ...] = ()
    site: str | None = None
    words: tuple[str, ...] = ()

    @property
    def caught(self) -> bool:
        """Whether some check gave it away."""
        return self.check is not None

    @property
    def blamed(self) -> bool:
        """Whether the first such check blames the victim and nobody else.

        A file that was saved wrongly is wrong for whoever loads it: there the check
        itself, `save from torch`, names who is to blame.
        """
        saved = self.check == f"save from {self.fault.victim}"
        return saved or self.blame == (self.fault.victim,)

    @property
    def located(self) -> bool:
        """Whether the site is the sub-layer or step that is faulty."""
        known = self.fault.site
        if self.site is None or known is None:
            return False
        # Where the layer's own code could be heard, the call in it stands behind.
        return self.site == known or self.site.startswith(f"{known}: ")


@dataclass(frozen=True)
class Controls:
    """What the judge said of correct code.

    Attributes:
        cases: How many cases there were.
        verdicts: How many verdicts.
        alarms: Those that say `differ`, `failed` or `missing`.
        abstained: Those that say `abstain`.
        known: How many the catalogue explains.
        unsupported: How many could not be asked.
    """

    cases: int
    verdicts: int
    alarms: tuple[Verdict, ...]
    abstained: tuple[Verdict, ...]
    known: int
    unsupported: int


@dataclass(frozen=True)
class Goal:
    """One target: what is measured, and what it has to reach.

    Attributes:
        name: What is measured.
        target: The share or number to reach.
        of: Measures it: what was counted and out of how many.
        share: Whether it is a share of the second number.
        most: Whether the target is the most allowed, not the least.
    """

    name: str
    target: float
    of: Callable[[Score], tuple[int, int]]
    share: bool = True
    most: bool = False

    def value(self, scored: Score) -> float | None:
        """The measured share or number; `None` where there was nothing to measure."""
        count, every = self.of(scored)
        if not self.share:
            return float(count)
        return count / every if every else None

    def met(self, scored: Score) -> bool:
        """Whether the target is reached; nothing measured is nothing shown."""
        value = self.value(scored)
        if value is None:
            return False
        return value <= self.target if self.most else value >= self.target


@dataclass(frozen=True)
class Score:
    """The whole trial.

    Attributes:
        outcomes: What became of each fault.
        controls: What the judge said of correct code.
        sensitivity: How many small faults were found in recorded observations, by the
            size of the fault.
        quick: Whether only a tenth was tried.
    """

    outcomes: tuple[Outcome, ...]
    controls: Controls
    sensitivity: tuple[Sensitivity, ...] = field(default=())
    quick: bool = False

    @property
    def caught(self) -> tuple[Outcome, ...]:
        """The faults that were found."""
        return tuple(outcome for outcome in self.outcomes if outcome.caught)

    @property
    def sited(self) -> tuple[Outcome, ...]:
        """The faults that were found and sit in a known place."""
        return tuple(o for o in self.caught if o.fault.site is not None)

    @property
    def missed_goals(self) -> tuple[Goal, ...]:
        """The targets that were not reached."""
        return tuple(goal for goal in TARGETS if not goal.met(self))


def _caught(scored: Score) -> tuple[int, int]:
    return len(scored.caught), len(scored.outcomes)


def _blamed(scored: Score) -> tuple[int, int]:
    return sum(o.blamed for o in scored.caught), len(scored.caught)


def _located(scored: Score) -> tuple[int, int]:
    return sum(o.located for o in scored.sited), len(scored.sited)


def _alarms(scored: Score) -> tuple[int, int]:
    return len(scored.controls.alarms), scored.controls.verdicts


def _abstained(scored: Score) -> tuple[int, int]:
    asked = scored.controls.verdicts - scored.controls.unsupported
    return len(scored.controls.abstained), asked


def _sensed(place: int) -> Callable[[Score], tuple[int, int]]:
    def measured(scored: Score) -> tuple[int, int]:
        if place >= len(scored.sensitivity):
            return 0, 0
        found = scored.sensitivity[place]
        return found.found, found.planted

    return measured


#: What the judge has to reach. False alarms are counted, all else is a share.
TARGETS = (
    Goal("faults caught", 0.98, _caught),
    Goal("blame right", 0.95, _blamed),
    Goal("site right", 0.95, _located),
    Goal("false alarms", 0, _alarms, share=False, most=True),
    Goal("abstentions", 0.02, _abstained, most=True),
    Goal("1e-5 found in float32", 0.95, _sensed(0)),
    Goal("1e-11 found in float64", 0.95, _sensed(1)),
)


def score(
    judgement: Judgement,
    planted: Sequence[Fault],
    *,
    sensitivity: Iterable[Sensitivity] = (),
    quick: bool = False,
) -> Score:
    """Counts what the judge found.

    Args:
        judgement: The verdicts on the faults and the controls.
        planted: The faults; every other case of the judgement is a control.
        sensitivity: What was found in recorded observations.
        quick: Whether only a tenth was tried.
    """
    by_case: dict[str, list[Verdict]] = {}
    for verdict in judgement.verdicts:
        by_case.setdefault(verdict.case, []).append(verdict)
    outcomes = tuple(_outcome(f, by_case.pop(f.case, [])) for f in planted)
    rest = [verdict for found in by_case.values() for verdict in found]
    words = Counter(verdict.verdict for verdict in rest)
    controls = Controls(
        cases=len(set(by_case) - {NO_CASE}),
        verdicts=len(rest),
        alarms=tuple(v for v in rest if v.verdict in ALARMS),
        abstained=tuple(v for v in rest if v.verdict == "abstain"),
        known=words["known"],
        unsupported=words["unsupported"],
    )
    return Score(outcomes, controls, tuple(sensitivity), quick)


def _outcome(fault: Fault, verdicts: Sequence[Verdict]) -> Outcome:
    words = tuple(f"{v.check}: {v.verdict}" for v in verdicts)
    told = [v for v in verdicts if _gives_away(v, fault)]
    if not told:
        return Outcome(fault, words=words)
    site = next((v.site for v in told if v.site is not None), None)
    return Outcome(fault, told[0].check, told[0].blame, site, words)


def _gives_away(verdict: Verdict, fault: Fault) -> bool:
    """A difference, or an observation that the victim alone does not have.

    What fails or is missing on several backends is a case written wrongly.
    """
    lone = verdict.verdict in ("failed", "missing")
    return verdict.verdict == "differ" or (lone and verdict.blame == (fault.victim,))
