r"""Times a training step of ours beside Keras' and beside native ones, on each backend.

All train the same model from the same weights on the same batch, in one process, in
turns; the losses of the first steps must agree, or it is not the same work. What is told
is how many times as long the others take, of medians.

    python benchmarks/steps.py                              # all models, all backends
    python benchmarks/steps.py mlp --backends torch --batch 256
    python benchmarks/steps.py --json docs/steps.json
    python benchmarks/steps.py --read docs/steps.json --markdown docs/steps.md \
        --plot docs/steps.svg --library
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from layers import BACKENDS, versions
from natives import NAMES
from natives.page import markdown, plot
from natives.summary import written
from natives.targets import NATIVE_MEMORY, OUR_MEMORY, targets
from natives.timings import Timing, told

#: Sums in another order move the losses of the first steps by less than this share.
SAME = 1e-3
LIBRARY = Path(__file__).parents[1] / "docs" / "library.md"
_THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)


def makers(name: str, batch: int, backend: str, *, slow: bool) -> Any:
    """By name, what makes the steps to be timed."""
    from natives import ours, tasks

    native = importlib.import_module(f"natives._{backend}")
    task = tasks.named(name)
    x, y = task.batch(batch)
    return ours.contenders(task, x, y, slow=slow) | native.contenders(task, x, y)


def timed(name: str, batch: int, backend: str, asked: Any) -> Iterator[Timing]:
    """Times all steps of one model under the backend of this process."""
    from timing import interleaved

    ready: list[tuple[Timing, Any]] = []
    for step, make in makers(name, batch, backend, slow=asked.slow).items():
        start = Timing(name, batch, backend, step)
        try:
            run = make()
            begin = time.perf_counter()
            losses = [run(1)[0]]
            first = time.perf_counter() - begin
            losses += [run(1)[0] for _ in range(2)]
            _check_same(losses, ready, gradient=step.endswith("gradient"))
        except Exception as error:  # noqa: BLE001 - one step must not cost the others
            reason = f"{type(error).__name__}: {error}".strip().splitlines()[0]
            yield dataclasses.replace(start, error=reason)
            continue
        found = dataclasses.replace(start, first=first, losses=losses)
        ready.append((found, run))
    timers: list[Any] = []
    for _, run in ready:
        count = max(2, min(64, int(asked.least / run(2)[1])))
        timers.append(functools.partial(_seconds, run, count))
        timers[-1]()
    medians = interleaved(timers, rounds=asked.rounds)
    for (found, _), seconds in zip(ready, medians, strict=True):
        yield dataclasses.replace(found, seconds=seconds)


def _seconds(run: Any, count: int) -> float:
    return run(count)[1]


def _check_same(losses: list[float], ready: Any, *, gradient: bool) -> None:
    """Raises an error where the losses are not those of the step made first."""
    expected = ready[0][0].losses if ready else losses
    for one, other in list(zip(losses, expected, strict=True))[: 1 if gradient else 3]:
        if not abs(one - other) <= SAME * abs(other):
            message = f"expected losses {expected}, received {losses}: other work"
            raise ValueError(message)


def memory(name: str, batch: int, backend: str, asked: Any) -> None:
    """Prints by how much this process grew at most in later steps, beyond the imports."""
    import keras
    from natives.memory import Peak

    made = makers(name, batch, backend, slow=True)
    _ = keras.ops.matmul(keras.ops.ones((2, 2)), keras.ops.ones((2, 2)))
    peak = Peak()
    run = made[asked.memory_of]()
    _ = run(1)  # traces and compiles, which is memory of another kind
    peak.forget()
    _ = run(3)
    print(json.dumps(peak.rise()), flush=True)


def started(backend: str, asked: Any, *more: str) -> Any:
    """A process of its own under a backend, for what was asked for."""
    count = str(asked.threads)
    eigen = "true" if asked.threads > 1 else "false"
    threads = dict.fromkeys(_THREADS, count)
    options = [f"--{key}={getattr(asked, key)}" for key in ("rounds", "least")]
    return subprocess.Popen(
        [
            *(sys.executable, __file__, "--child", f"--backends={backend}"),
            *(*options, *(["--slow"] if asked.slow else []), *more),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ
        | threads
        | {
            "KERAS_BACKEND": backend,
            "KERAS_HOME": tempfile.gettempdir(),
            "MULTIBACKEND_OPTIMIZE": "first",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={eigen}",
        },
    )


def measured(backend: str, names: list[str], asked: Any) -> list[Timing]:
    """Times under a backend, in a process for each model, which says what it found."""
    found: list[Timing] = []
    for name in names:
        for batch in asked.batch.split(","):
            process = started(backend, asked, f"--batch={batch}", name)
            for line in process.stdout:
                if line.startswith("{"):
                    found.append(Timing(**json.loads(line)))
                    print(told(found[-1]), flush=True)
            if process.wait():
                raise SystemExit(process.returncode)
    return [_with_memory(each, asked) for each in found] if asked.memory else found


def _with_memory(timing: Timing, asked: Any) -> Timing:
    if timing.error or timing.step not in (*OUR_MEMORY, *NATIVE_MEMORY):
        return timing
    size = (f"--batch={timing.batch}", f"--memory-of={timing.step}", timing.name)
    process = started(timing.backend, asked, *size)
    said, _ = process.communicate()
    rise = int(said.strip().splitlines()[-1])
    print(f"{told(timing)}  {rise / 2**20:.0f} MiB", flush=True)
    return dataclasses.replace(timing, memory=rise)


def arguments() -> Any:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}; all if none")
    parser.add_argument("--backends", default=",".join(BACKENDS))
    parser.add_argument("--batch", default="32,256", help="batch sizes")
    parser.add_argument("--threads", type=int, default=1, help="of each framework")
    parser.add_argument("--rounds", type=int, default=9, help="timings of each")
    parser.add_argument("--least", type=float, default=0.1, help="seconds of a timing")
    parser.add_argument("--slow", action="store_true", help="what takes minutes, too")
    parser.add_argument(
        "--memory", action="store_true", help="peak memory, too (Linux)"
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--markdown", type=Path, help="write the tables to this file")
    parser.add_argument(
        "--plot",
        type=Path,
        help="write a picture to this file, which the tables show if it lies beside them",
    )
    parser.add_argument(
        "--library", action="store_true", help="write the table of docs/library.md"
    )
    parser.add_argument(
        "--read",
        type=Path,
        nargs="+",
        default=[],
        help="take the figures from these files, and time nothing",
    )
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    asked: Any = parser.parse_args()
    for given, known in ((asked.backends.split(","), BACKENDS), (asked.names, NAMES)):
        if not set(given) <= set(known):
            parser.error(f"expected some of {', '.join(known)}, received {given}")
    return asked


def _read(files: list[Path]) -> dict[str, Any]:
    """The figures of several runs as one; of one set of versions, or it is refused."""
    first, *others = [json.loads(file.read_text("utf-8")) for file in files]
    for other in others:
        if any(other[key] != first[key] for key in ("threads", "versions")):
            message = "Expected figures made with the same versions and threads, received others. Time them again in one place."
            raise SystemExit(message)
        first["timings"] += other["timings"]
    return first


def main() -> int:
    """Times what the command line names; returns 1 where a target is missed."""
    asked = arguments()
    backends, names = asked.backends.split(","), asked.names or list(NAMES)
    if asked.child:
        if asked.memory_of:
            memory(names[0], int(asked.batch), backends[0], asked)
            return 0
        for timing in timed(names[0], int(asked.batch), backends[0], asked):
            print(json.dumps(dataclasses.asdict(timing)), flush=True)
        return 0
    if asked.read:
        document = _read(asked.read)
        found = [Timing(**row) for row in document["timings"]]
    else:
        found = [
            each for backend in backends for each in measured(backend, names, asked)
        ]
        document = {
            "date": f"{datetime.now(UTC):%Y-%m-%d}",
            "threads": asked.threads,
            "versions": versions(),
            "timings": [dataclasses.asdict(timing) for timing in found],
        }
    if asked.json:
        asked.json.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    if asked.markdown:
        if asked.plot:
            document["picture"] = asked.plot.name
        asked.markdown.write_text(markdown(found, document), "utf-8")
    if asked.library:
        LIBRARY.write_text(written(LIBRARY.read_text("utf-8"), found), "utf-8")
    if asked.plot:
        plot(found, asked.plot)
    judged = targets(found)
    for target in judged:
        print(target)
    return 0 if all(target.met for target in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
