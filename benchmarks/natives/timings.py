"""What was measured: a step of one model, and the steps of one model side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Row", "Timing", "rows", "told"]


@dataclass(frozen=True)
class Timing:
    """One step of one model on one backend.

    Attributes:
        name: The model.
        batch: Rows of a batch.
        backend: Where.
        step: Whose step.
        seconds: Its median.
        first: Seconds until the first step was done, with tracing and compiling.
        losses: Of the first steps.
        memory: By how many bytes the process grew at most, from its imports on, in steps
            after the first; 0 where nobody asked.
        error: Why it could not be timed, or nothing.
    """

    name: str
    batch: int
    backend: str
    step: str
    seconds: float = 0.0
    first: float = 0.0
    losses: list[float] = field(default_factory=list)
    memory: int = 0
    error: str = ""


class Row:
    """The steps of one model, batch size and backend."""

    def __init__(self, timings: Sequence[Timing]) -> None:
        self.name, self.batch = timings[0].name, timings[0].batch
        self.backend = timings[0].backend
        self.by = {t.step: t for t in timings}

    @property
    def title(self) -> str:
        """Which one."""
        return f"{self.backend}, {self.name}, batch {self.batch}"

    def seconds(self, *steps: str) -> float | None:
        """The least median of these steps, of those that ran."""
        ran = [self.by[s] for s in steps if s in self.by and not self.by[s].error]
        return min((t.seconds for t in ran), default=None)

    def memory(self, *steps: str) -> int | None:
        """The peak of the first of these steps that was asked for it."""
        asked = (self.by[s].memory for s in steps if s in self.by)
        return next(filter(None, asked), None)

    def ours(self) -> float | None:
        """Our step; on PyTorch the faster of its two forms."""
        return self.seconds("our step", "our step, replay", "our step, fused")


def rows(found: Sequence[Timing]) -> list[Row]:
    """The figures, a row for each model, batch size and backend."""
    keys = dict.fromkeys((t.backend, t.name, t.batch) for t in found)
    return [
        Row([t for t in found if (t.backend, t.name, t.batch) == key]) for key in keys
    ]


def told(timing: Timing) -> str:
    """One line for the terminal."""
    place = f"{timing.backend:<11}{timing.name:<12}{timing.batch:>4}  {timing.step:<22}"
    if timing.error:
        return f"{place}{timing.error}"
    return f"{place}{timing.seconds * 1e3:9.3f} ms, first {timing.first:6.1f} s"
