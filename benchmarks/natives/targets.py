"""What was promised, beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from natives.timings import Row, Timing, rows

__all__ = ["NATIVE_MEMORY", "NATIVE_TORCH", "OUR_MEMORY", "Target", "targets"]

#: The steps written in PyTorch by hand, of which the quickest counts.
NATIVE_TORCH = ("native eager", "native compiled", "native whole step")

#: Whose memory is compared, the first that is there of each.
OUR_MEMORY = ("our step", "our step, fused")
NATIVE_MEMORY = ("native whole step", "native compiled")


@dataclass(frozen=True)
class Target:
    """What was promised, and what came: theirs by ours, in seconds or in bytes."""

    text: str
    least: float
    value: float

    @property
    def met(self) -> bool:
        """Whether it is as fast as promised."""
        return self.value >= self.least

    def __str__(self) -> str:
        """One line."""
        found = "met" if self.met else "missed"
        return f"{found:<7}{self.text}: {self.value:.2f}, target {self.least:.2f}"


def targets(found: Sequence[Timing]) -> list[Target]:
    """The promises, each beside what was measured."""
    return [target for row in rows(found) for target in _of(row)]


def _of(row: Row) -> Iterator[Target]:
    def against(what: str, least: float, ours: Any, theirs: Any) -> Iterator[Target]:
        if ours is not None and theirs is not None:
            yield Target(f"{row.title}: {what}", least, theirs / ours)

    if row.backend == "torch":
        best = row.seconds(*NATIVE_TORCH)
        yield from against("step, best native", 1.0, row.ours(), best)
        eager = row.seconds("native eager")
        yield from against("step, native eager", 1.0, row.ours(), eager)
        if row.name == "mlp":
            fit = row.seconds("our fit, fused")
            yield from against("fit, Keras fit", 8.0, fit, row.seconds("Keras fit"))
    else:
        compiled = row.seconds("native compiled")
        yield from against("step, native compiled", 0.95, row.ours(), compiled)
    ours, native = row.memory(*OUR_MEMORY), row.memory(*NATIVE_MEMORY)
    yield from against("peak memory", 1 / 1.15, ours, native)
    gradient = row.seconds("native gradient")
    yield from against("gradient", 1 / 1.05, row.seconds("our gradient"), gradient)
