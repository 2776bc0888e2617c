"""What was measured, as a page and as a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from natives.targets import targets
from natives.timings import Row, Timing, rows, told

__all__ = ["markdown", "plot"]

#: A sign for each step.
_MARKS = "os^Dvp*X<>Phd8"
_COMPILER = "What a small model needs is the compiler's; read the transformer's."
_REPEATED = (
    "Keras' `fit` on TensorFlow adds the squares of the gradients of repeated tokens\n"
    "(`tensorflow-adam-squares-each-token-alone` in the catalogue of differences), so\n"
    "that its transformer trains otherwise than the native one and ours."
)


def markdown(found: Sequence[Timing], document: dict[str, Any]) -> str:
    """The page.

    Args:
        found: The figures.
        document: When and with what they were made: `date`, `threads`, `versions`; and
            `picture`, the name of a file beside the page, if there is one.
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
        "python benchmarks/steps.py --memory --json docs/steps.json",
        "python benchmarks/steps.py --read docs/steps.json --markdown docs/steps.md \\",
        "    --plot docs/steps.svg --library",
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
        "What a call of ours costs besides the graph is 10 to 20 microseconds: to find the",
        "graph, to see that the model is unchanged, to read and to store each variable.",
        "It shows where a step takes no longer than that, as the linear model's on JAX.",
        "",
    ]
    if document.get("picture"):
        parts += [f"![The tables as a picture]({document['picture']})", ""]
    for backend, own in _by_backend(found).items():
        parts += [f"## {backend}", "", *_table(own, _ratio), ""]
    parts += ["## Seconds to the first step", ""]
    for backend, own in _by_backend(found).items():
        parts += [f"On {backend}:", "", *_table(own, _first), ""]
    if any(timing.memory for timing in found):
        parts += [
            "## Peak memory of later steps, MiB above the imports",
            "",
            _COMPILER,
            "",
        ]
        for backend, own in _by_backend(found).items():
            parts += [f"On {backend}:", "", *_table(own, _memory), ""]
    refused = [f"- {told(timing)}" for timing in found if timing.error]
    if refused:
        parts += ["## Not compared", "", _REPEATED, "", *refused, ""]
    parts += ["## Targets missed", ""]
    parts += [f"- {t.text}: {t.value:.2f}, target {t.least:.2f}" for t in missed]
    return "\n".join([*parts, *([] if missed else ["None."]), ""])


def _by_backend(found: Sequence[Timing]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows(found):
        grouped.setdefault(row.backend, []).append(row)
    return grouped


def _table(rows: Sequence[Row], cell: Callable[[Row, str], str]) -> Iterator[str]:
    every = dict.fromkeys(step for row in rows for step in row.by)
    steps = [step for step in every if any(cell(row, step) != "-" for row in rows)]
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
    """Draws how many times as long as our step the others take, a panel a backend."""
    from matplotlib import pyplot as plt
    from matplotlib import ticker

    plt.rcParams["svg.hashsalt"] = "steps"  # the same file from the same figures
    backends = _by_backend(found)
    names = list(
        dict.fromkeys(t.step for t in found if not t.step.endswith("gradient"))
    )
    figure, axes = plt.subplots(
        1, len(backends), figsize=(4 * len(backends), 5), squeeze=False
    )
    for axis, (backend, own) in zip(axes[0], backends.items(), strict=True):
        for place, name in enumerate(names):
            points = [(_share(row, name), i) for i, row in enumerate(own)]
            x, y = zip(*points, strict=True)
            look: Any = {"color": f"C{place % 10}", "marker": _MARKS[place]}
            _ = axis.scatter(x, y, label=name, s=28, alpha=0.8, **look)
        axis.axvline(1, color="black", linewidth=0.8)
        axis.set(title=backend, xscale="log", xlabel="times as long as our step")
        axis.set_yticks(range(len(own)), [f"{row.name} {row.batch}" for row in own])
        axis.xaxis.set_major_formatter(
            ticker.FuncFormatter(lambda share, _: f"{share:g}")
        )
        axis.grid(axis="y", alpha=0.3)
        axis.invert_yaxis()
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncols=5, frameon=False)
    figure.tight_layout(rect=(0, 0.05 * -(-len(names) // 5), 1, 1))
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
    plt.close(figure)


def _share(row: Row, name: str) -> float:
    theirs, ours = row.seconds(name), row.ours()
    return theirs / ours if theirs and ours else float("nan")
