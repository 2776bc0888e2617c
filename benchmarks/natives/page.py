"""What was measured, told: lines, the page, the picture, and which targets were met."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["NATIVE_TORCH", "Target", "Timing", "markdown", "plot", "targets", "told"]

#: The steps written in PyTorch by hand, of which the quickest counts.
NATIVE_TORCH = ("native eager", "native compiled", "native whole step")


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
        memory: By how many bytes the process grew at most; 0 where nobody asked.
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


@dataclass(frozen=True)
class Target:
    """What was promised, and what came."""

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
        return f"{found:<7}{self.text}: {self.value:.2f} times as fast, target {self.least:.2f}"


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

    def ours(self) -> float | None:
        """Our step; on PyTorch the faster of its two forms."""
        return self.seconds("our step", "our step, replay", "our step, fused")


def rows(found: Sequence[Timing]) -> list[Row]:
    """The figures, a row for each model, batch size and backend."""
    keys = dict.fromkeys((t.backend, t.name, t.batch) for t in found)
    return [
        Row([t for t in found if (t.backend, t.name, t.batch) == key]) for key in keys
    ]


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
    gradient = row.seconds("native gradient")
    yield from against("gradient", 1 / 1.05, row.seconds("our gradient"), gradient)


def told(timing: Timing) -> str:
    """One line for the terminal."""
    place = f"{timing.backend:<11}{timing.name:<12}{timing.batch:>4}  {timing.step:<22}"
    if timing.error:
        return f"{place}{timing.error}"
    return f"{place}{timing.seconds * 1e3:9.3f} ms, first {timing.first:6.1f} s"


def markdown(found: Sequence[Timing], document: dict[str, Any]) -> str:
    """The page.

    Args:
        found: The figures.
        document: When and with what they were made: `date`, `threads`, `versions`.
    """
    threads = document["threads"]
    stamps = ", ".join(f"{name} {made}" for name, made in document["versions"].items())
    missed = [target for target in targets(found) if not target.met]
    parts = [
        "# A training step beside Keras' and beside native ones",
        "",
        "How many times as long as our step the others take: above 1, ours is faster.",
        "All trained the same model from the same weights on the same batch, in turns, in",
        "one process; their first losses agree. The figures are ratios of medians, with",
        f"{threads} thread{'s' * (threads > 1)} (`--threads`); read them, not the"
        " milliseconds, which a busy machine stretches.",
        f"Made on {document['date']} with {stamps}.",
        "Make it again:",
        "",
        "```sh",
        "python benchmarks/steps.py --json docs/steps.json",
        "python benchmarks/steps.py --read docs/steps.json --markdown docs/steps.md --readme",
        "```",
        "",
        "*Our step* is `jit` of `value_and_grad` and `optimizer.apply` (on PyTorch the",
        "faster of the graph's replay and its fused code), *our fit* that of",
        "`training.wrap(model)`, per step, in an epoch that is not the first.",
        "Keras' are those of a plain compiled model, which JAX and TensorFlow compile by",
        'XLA already (`jit_compile="auto"`). The native steps are in',
        "`benchmarks/natives/`: written by hand, with a fused Adam on PyTorch, eager,",
        "with the loss compiled, and as a whole compiled; under one `jax.jit`",
        "with donated state; in one `tf.function` with and without XLA. *Gradient* is",
        "`value_and_grad` alone, beside the framework's own under its own compiler.",
        "",
    ]
    for backend in dict.fromkeys(t.backend for t in found):
        own = [row for row in rows(found) if row.backend == backend]
        parts += [f"## {backend}", "", *_table(own, _ratio), ""]
    parts += ["## Seconds to the first step", ""]
    for backend in dict.fromkeys(t.backend for t in found):
        own = [row for row in rows(found) if row.backend == backend]
        parts += [f"On {backend}:", "", *_table(own, _first), ""]
    if any(timing.memory for timing in found):
        parts += ["## Peak memory, MiB above the imports", ""]
        for row in rows(found):
            parts += [*_table([row], _memory), ""]
    parts += ["## Targets missed", ""]
    parts += [f"- {t.text}: {t.value:.2f}, target {t.least:.2f}" for t in missed]
    return "\n".join([*parts, *([] if missed else ["None."]), ""])


def _table(rows: Sequence[Row], cell: Callable[[Row, str], str]) -> Iterator[str]:
    steps = list(dict.fromkeys(step for row in rows for step in row.by))
    yield f"| model | batch | our step, ms | {' | '.join(steps)} |"
    yield "|---|---|---|" + "---|" * len(steps)
    for row in rows:
        ours = row.ours()
        own = "-" if ours is None else f"{ours * 1e3:.2f}"
        cells = " | ".join(cell(row, step) for step in steps)
        yield f"| {row.name} | {row.batch} | {own} | {cells} |"


def _ratio(row: Row, step: str) -> str:
    theirs = row.seconds(step)
    # A gradient is compared with a gradient.
    ours = row.seconds("our gradient") if step.endswith("gradient") else row.ours()
    return "-" if theirs is None or ours is None else f"{theirs / ours:.2f}"


def _first(row: Row, step: str) -> str:
    timing = row.by.get(step)
    return "-" if timing is None or timing.error else f"{timing.first:.1f}"


def _memory(row: Row, step: str) -> str:
    timing = row.by.get(step)
    return f"{timing.memory / 2**20:.0f}" if timing and timing.memory else "-"


def plot(found: Sequence[Timing], file: Path) -> None:
    """Draws how many times as long as our step the others take."""
    from matplotlib import pyplot as plt

    each = rows(found)
    figure, axes = plt.subplots(len(each), figsize=(8, 2.2 * len(each)), squeeze=False)
    for axis, row in zip(axes[:, 0], each, strict=True):
        ours = row.ours()
        bars = {s: row.seconds(s) for s in row.by if not s.endswith("gradient")}
        ran = {step: took / ours for step, took in bars.items() if took and ours}
        _ = axis.barh(list(ran), list(ran.values()))
        axis.axvline(1, color="black", linewidth=0.8)
        axis.set(title=row.title, xscale="log")
        axis.invert_yaxis()
    figure.tight_layout()
    figure.savefig(file)
    plt.close(figure)
