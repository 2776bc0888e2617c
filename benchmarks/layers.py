"""Times each layer beside its closest twin: forward and backward, on each backend.

Both run in one process, in turns, on the same inputs, as the framework's users run them:
eager on PyTorch, under one `jax.jit` on JAX, in one `tf.function` on TensorFlow. What is
told is the ratio of the medians.

    python benchmarks/layers.py                             # every layer, every backend
    python benchmarks/layers.py MinGRU --backends jax       # one of them
    python benchmarks/layers.py --json layers.json --markdown docs/benchmarks.md
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import twins
from twins import Twin

BACKENDS = ("torch", "jax", "tensorflow")
#: What the slowest layer may take, as a multiple of its twin.
TARGET = 1.2


@dataclass(frozen=True)
class Timing:
    """One layer on one backend.

    Attributes:
        name: The layer.
        of: Its twin in words; empty where there is none.
        backend: Where.
        ours: Median seconds of a step.
        theirs: Median seconds of the twin's step, or `None`.
        error: Why it could not be timed, or nothing.
    """

    name: str
    of: str
    backend: str
    ours: float = 0.0
    theirs: float | None = None
    error: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the twin's time ours takes."""
        return None if self.theirs is None else self.ours / self.theirs


def listed(names: list[str]) -> list[Twin]:
    """The twins of all families, or those of the layers named.

    Raises:
        SystemExit: There is no layer of such a name.
    """
    found = [
        twin
        for family in pkgutil.iter_modules(twins.__path__)
        for twin in importlib.import_module(f"twins.{family.name}").TWINS
    ]
    unknown = sorted(set(names) - {twin.name for twin in found})
    if unknown:
        message = (
            f"Expected layers among {', '.join(sorted({t.name for t in found}))}, "
            f"received {', '.join(unknown)}. Check the spelling."
        )
        raise SystemExit(message)
    return [twin for twin in found if not names or twin.name in names]


def timed(twin: Twin, backend: str, rounds: int) -> Timing:
    """Times one pair under the backend of this process."""
    from timing import medians

    step_of = importlib.import_module(f"backward._{backend}").step_of
    ours, theirs, inputs = twin.make()
    if backend not in twin.backends:
        theirs = None
    steps = [step_of(layer, inputs) for layer in (ours, theirs) if layer is not None]
    found = medians(steps, rounds=rounds, least=0.02)
    other = found[1] if len(found) > 1 else None
    return Timing(twin.name, twin.of if other else "", backend, found[0], other)


def child(backend: str, names: list[str], rounds: int) -> None:
    """Times under this process's backend and prints a line of JSON each."""
    for twin in listed(names):
        try:
            found = timed(twin, backend, rounds)
        except Exception as error:  # noqa: BLE001 - one layer must not cost the others
            told = f"{type(error).__name__}: {error}".splitlines()[0]
            found = Timing(twin.name, twin.of, backend, error=told)
        print(json.dumps(dataclasses.asdict(found)), flush=True)


def measured(backend: str, names: list[str], rounds: int) -> list[Timing]:
    """Times under a backend in a process of its own."""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, __file__, "--child", "--backends", backend]
        process = subprocess.Popen(
            [*command, "--rounds", str(rounds), *names],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ
            | {
                "KERAS_BACKEND": backend,
                "KERAS_HOME": home,
                "TF_CPP_MIN_LOG_LEVEL": "3",
            },
        )
        found: list[Timing] = []
        for line in process.stdout or ():
            if line.startswith("{"):
                found.append(Timing(**json.loads(line)))
                print(told(found[-1]), flush=True)
        if process.wait():
            raise SystemExit(process.returncode)
    return found


def told(timing: Timing) -> str:
    """One line for the terminal."""
    start = f"{timing.backend:<11}{timing.name:<28}"
    if timing.error:
        return f"{start}{timing.error}"
    own = f"{timing.ours * 1e3:8.2f} ms"
    if timing.ratio is None:
        return f"{start}{own}"
    return f"{start}{own}  {timing.ratio:5.2f} of {timing.of}"


def markdown(found: list[Timing], versions: dict[str, str]) -> str:
    """The table as a page."""
    backends = [b for b in BACKENDS if any(t.backend == b for t in found)]
    at = {(t.name, t.of, t.backend): t for t in found}
    with_twin = {t.name for t in found if t.of}
    keys = dict.fromkeys(
        (t.name, t.of) for t in found if t.of or t.name not in with_twin
    )
    rows: list[str] = []
    for name, of in keys:
        # Where the twin does not exist the layer is timed alone.
        row = [at.get((name, of, b)) or at.get((name, "", b)) for b in backends]
        rows.append(f"| `{name}` | {of or 'none'} | {' | '.join(map(cell, row))} |")
    header = "| layer | twin | " + " | ".join(backends) + " |"
    rule = "|---|---|" + "---|" * len(backends)
    stamps = ", ".join(f"{name} {version}" for name, version in versions.items())
    return "\n".join(
        [
            "# The layers beside their twins",
            "",
            "The time of a step, forward and backward, as a multiple of the twin's, and in",
            "milliseconds. Both ran in turns in one process on the same inputs; the figures",
            f"are ratios of medians. Made on {datetime.now(UTC):%Y-%m-%d} with {stamps}.",
            "Make it again:",
            "",
            "```sh",
            "python benchmarks/layers.py --markdown docs/benchmarks.md",
            "```",
            "",
            header,
            rule,
            *rows,
            "",
        ]
    )


def cell(timing: Timing | None) -> str:
    """One figure of the page."""
    if timing is None or timing.error:
        return "-"
    own = f"{timing.ours * 1e3:.1f} ms"
    return own if timing.ratio is None else f"{timing.ratio:.2f} ({own})"


def versions() -> dict[str, str]:
    """The versions of what is timed, of what is installed of it."""
    from importlib import metadata

    found: dict[str, str] = {}
    for name in ("keras", "torch", "jax", "tensorflow", "tensorflow-cpu"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def main() -> int:
    """Times what the command line names; returns 1 where one is slower than allowed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="layers; all by default")
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--rounds", type=int, default=15, help="timings of each")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--markdown", type=Path, help="write the table to this file")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked: Any = parser.parse_args()
    backends = asked.backends.split(",")
    if not set(backends) <= set(BACKENDS):
        parser.error(f"expected backends among {', '.join(BACKENDS)}")
    if asked.child:
        child(backends[0], asked.names, asked.rounds)
        return 0
    listed(asked.names)
    found = [
        timing
        for backend in backends
        for timing in measured(backend, asked.names, asked.rounds)
    ]
    stamps = versions()
    if asked.json:
        rows = [
            {**dataclasses.asdict(timing), "ratio": timing.ratio} for timing in found
        ]
        document = {"versions": stamps, "timings": rows}
        asked.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    if asked.markdown:
        asked.markdown.write_text(markdown(found, stamps), "utf-8")
    slow = [t for t in found if t.ratio is not None and t.ratio > TARGET]
    for timing in slow:
        print(f"slower than {TARGET} times its twin: {told(timing)}")
    failed = [timing for timing in found if timing.error]
    return 1 if slow or failed else 0


if __name__ == "__main__":
    sys.exit(main())
