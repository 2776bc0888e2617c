"""Times the associative scan beside steps, and tells how its memory grows.

    KERAS_BACKEND=jax python benchmarks/scans.py             # or torch, or tensorflow
    KERAS_BACKEND=jax python benchmarks/scans.py --batch 8 --width 64
    KERAS_BACKEND=jax python benchmarks/scans.py --only memory

A minimal GRU runs forward and backward in three forms: as a cell in `keras.layers.RNN`,
which computes its gates step by step as any recurrent layer does; with all gates at once
and a loop over the states (`method="scan"`); and with the associative scan. What is told
is the median time of a step form as a multiple of the associative one's. The selective
scan is timed by both its methods. Its memory is the peak of a fresh process for each
length. The framework and what it compiled are in it too, so what tells how it grows is
what each doubling of the length adds: what all lengths have in common falls out there.
Where memory is linear in the length, `a + b * length`, each doubling adds twice as much
as the one before, and four times as much where it is a square. What is told is that
factor, which must not pass 2, and the exponent, the logarithm to base 2 of the last:
short lengths may hide under the peak of compiling.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import resource
import subprocess
import sys
from typing import Any

import numpy as np

LENGTHS = (256, 1024, 4096)
MEMORY_LENGTHS = (1024, 2048, 4096, 8192)
METHODS = ("associative", "scan")
_STATE = 16


def steps(batch: int, length: int, width: int) -> np.ndarray[Any, Any]:
    """Seeded inputs, float32."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(batch, length, width)).astype("float32")


def cell_of(units: int) -> Any:
    """The minimal GRU as a cell: the same formula, one step at a time."""
    import keras

    class Cell(keras.layers.Layer):
        state_size = output_size = units

        def build(self, input_shape: tuple[int | None, ...]) -> None:
            self.kernel = self.add_weight(shape=(input_shape[-1], 2 * units))
            self.bias = self.add_weight(shape=(2 * units,), initializer="zeros")

        def call(self, inputs: Any, states: Any) -> Any:
            parts = keras.ops.matmul(inputs, self.kernel) + self.bias
            gate, candidate = keras.ops.split(parts, 2, axis=-1)
            candidate = keras.ops.where(
                candidate >= 0, candidate + 0.5, keras.ops.sigmoid(candidate)
            )
            state = keras.ops.sigmoid(-gate) * states[0]
            state = state + keras.ops.sigmoid(gate) * candidate
            return state, [state]

    return keras.layers.RNN(Cell(), return_sequences=True)


def step_of(layer: Any, inputs: np.ndarray[Any, Any]) -> Any:
    """A forward and backward step under the backend of this process."""
    backend = os.environ["KERAS_BACKEND"]
    return importlib.import_module(f"backward._{backend}").step_of(layer, (inputs,))


def times(batch: int, width: int, rounds: int) -> None:
    """Prints the ratios of the medians at each length."""
    from timing import medians

    from multibackend.layers import MinGRU, SelectiveScan

    for length in LENGTHS:
        inputs = steps(batch, length, width)
        minimal = [MinGRU(width, method=m, return_sequences=True) for m in METHODS]
        selective = [SelectiveScan(_STATE, method=m) for m in METHODS]
        forms = {"MinGRU": [*minimal, cell_of(width)], "SelectiveScan": selective}
        for name, layers in forms.items():
            each = [step_of(layer, inputs) for layer in layers]
            quick, *slow = medians(each, rounds=rounds, least=0.02)
            told = [
                f"{how} {time / quick:6.2f} times"
                for how, time in zip(("scan", "cell"), slow, strict=False)
            ]
            print(
                f"{name:<14}{length:>6} steps: associative {quick * 1e3:8.2f} ms, "
                + ", ".join(told),
                flush=True,
            )


def peak() -> int:
    """The most memory this process ever had, in bytes.

    Linux hands it on to a child, so the parent must stay small: it runs no framework
    before.
    """
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def memory_of(length: int, batch: int, width: int, method: str) -> None:
    """Prints the peak of this process, which ran one step of this length."""
    from multibackend.layers import SelectiveScan

    layer = SelectiveScan(_STATE, method=method)
    step_of(layer, steps(batch, length, width))()
    print(json.dumps(peak()))


def memory(batch: int, width: int) -> None:
    """Prints the memory at each length, and how it grows."""
    for method in METHODS:
        found: list[float] = []
        for length in MEMORY_LENGTHS:
            size = ["--batch", str(batch), "--width", str(width)]
            child = subprocess.run(
                [sys.executable, __file__, "--memory-of", str(length), method, *size],
                check=True,
                capture_output=True,
                text=True,
            )
            found.append(float(child.stdout.strip().splitlines()[-1]))
        told = ", ".join(
            f"{length}: {size / 2**20:.0f} MiB"
            for length, size in zip(MEMORY_LENGTHS, found, strict=True)
        )
        added = added_by_doublings(found)
        times_more = added[1:] / added[:-1]
        print(
            f"SelectiveScan, {method}: {told}; the doublings add "
            f"{listed(added / 2**20, '.0f')} MiB, each {listed(times_more, '.2f')} times "
            f"the one before; exponent {math.log2(times_more[-1]):.2f}",
            flush=True,
        )


def added_by_doublings(sizes: list[float]) -> np.ndarray[Any, Any]:
    """What each length takes more than the one before; at least a byte."""
    return np.maximum(np.diff(sizes), 1.0)


def listed(numbers: np.ndarray[Any, Any], form: str) -> str:
    """The numbers with commas between."""
    return ", ".join(format(float(number), form) for number in numbers)


def main() -> int:
    """Prints the table; or, in a child, one figure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=15, help="timings of each")
    parser.add_argument("--only", choices=("memory", "times"), help="both by default")
    parser.add_argument("--memory-of", nargs=2, help=argparse.SUPPRESS)
    asked: Any = parser.parse_args()
    if "KERAS_BACKEND" not in os.environ:
        parser.error("expected KERAS_BACKEND to be set: torch, jax or tensorflow")
    if asked.memory_of:
        length, method = asked.memory_of
        memory_of(int(length), asked.batch, asked.width, method)
        return 0
    print(f"{os.environ['KERAS_BACKEND']}: batch {asked.batch}, width {asked.width}")
    # Wide enough that the states are most of what is held. First, or the children
    # start with the peak of this process as theirs.
    if asked.only != "times":
        memory(asked.batch, max(asked.width, math.ceil(256 / asked.batch)))
    if asked.only != "memory":
        times(asked.batch, asked.width, asked.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
