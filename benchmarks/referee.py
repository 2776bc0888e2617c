"""Times what the float64 referee costs: the same checks with it and in float32 alone.

    KERAS_BACKEND=jax python benchmarks/referee.py           # or torch, or tensorflow

Both run in one process, case by case in turns, after a first run that compiles. The
referee is one more run in float64, and the runs on moved numbers in both dtypes.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np

CASES = "multibackend.parity.cases.declared"
MODULES = ("dense", "pooling")
TWINS = 4


def main() -> int:
    """Prints the seconds with and without the referee, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="timings of each case")
    asked: Any = parser.parse_args()
    if "KERAS_BACKEND" not in os.environ:
        parser.error("expected KERAS_BACKEND to be set: torch, jax or tensorflow")

    from multibackend.parity.cases.select import select
    from multibackend.parity.checks.table import CHECKS, load
    from multibackend.parity.run.observe import Observer
    from multibackend.parity.run.referee import float64

    backend = os.environ["KERAS_BACKEND"]
    framework = importlib.import_module(f"multibackend.parity.run._{backend}")
    checks = tuple(load(name) for name in CHECKS if name != "save")  # needs a record
    whole = Observer(checks, TWINS, TWINS, lambda: float64(framework.wide()))
    plain = replace(whole, twins=0, reruns=0, float64=None)
    cases = select([f"{CASES}.{module}" for module in MODULES])
    seconds = np.zeros(2)
    for case in cases:
        found = np.array([_medians(o, case, asked.rounds) for o in (whole, plain)])
        seconds += found
    print(
        f"{backend}: {len(cases)} cases, all checks: with the referee "
        f"{seconds[0]:.2f} s, float32 alone {seconds[1]:.2f} s, "
        f"{seconds[0] / seconds[1]:.2f} times"
    )
    return 0


def _medians(observer: Any, case: Any, rounds: int) -> float:
    times: list[float] = []
    for _ in range(rounds + 1):  # the first one compiles
        begin = time.perf_counter()
        for _ in observer.observe(case):
            pass
        times.append(time.perf_counter() - begin)
    return float(np.median(times[1:]))


if __name__ == "__main__":
    sys.exit(main())
