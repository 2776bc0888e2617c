"""Calibrates the two constants of the budget on clean controls.

Runs every clean control (or reads records of them), and for a row of values of `k` finds
the smallest `c` that every clean run of three backends needs. Of those pairs it takes the
one whose median budget is smallest, leaves some room above the worst of them,
and rounds up to a power of two. It also tells which share of runs would need more where
each backend is judged alone: what rounds inside and comes out unmoved, such as
`x + 1000`, shows only in the errors of the others.

    python benchmarks/calibrate.py                     # run the controls, show the fit
    python benchmarks/calibrate.py --records DIR       # from records that are there
    python benchmarks/calibrate.py --records DIR --write   # and keep it
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from multibackend.parity.compare.compare import compare, load_records
from multibackend.parity.compare.needed import Need, needs
from multibackend.parity.compare.verdict import Verdict
from multibackend.parity.record.read import Record

BACKENDS = ("torch", "jax", "tensorflow")
KS = (1.0, 2.0, 4.0, 8.0, 16.0)
#: Room above the worst of the controls; 99.9 % of them need a fifth of it.
MARGIN = 1.05
#: The record of a selftest holds faults too.
FAULTS = "multibackend.parity.selftest.faults"
FILE = Path(__file__).parents[1] / "multibackend/parity/compare/calibration.toml"


@dataclass(frozen=True)
class Fit:
    """For one `k`: the `c` that every clean run needs, and what that budget costs.

    Attributes:
        k: The multiple of the last digit.
        c: The smallest multiple of the moves that is enough everywhere.
        worst: The run that needs it.
        median: The median budget, in last digits of the output: the sensitivity.
    """

    k: float
    c: float
    worst: Need
    median: float


def fit(found: Sequence[Need], k: float) -> Fit:
    """The smallest `c` for this `k`."""
    needed = np.array([float(_needed(need, k).max()) for need in found])
    place = int(needed.argmax())
    c = float(needed[place])
    chosen = _rounded(c)
    budgets = [
        np.median((chosen * need.moved + k * need.last)[need.last > 0] / _digit(need))
        for need in found
        if need.precision == "float32" and np.any(need.last > 0)
    ]
    return Fit(k, c, found[place], float(np.median(budgets)))


def _needed(need: Need, k: float) -> np.ndarray:
    rest = np.maximum(need.error - k * need.last, 0.0)
    moved = np.maximum(need.moved, np.finfo(np.float64).tiny)
    return np.where(rest > np.finfo(np.float32).tiny, rest / moved, 0.0)


def _digit(need: Need) -> np.ndarray:
    return need.last[need.last > 0]


def _rounded(c: float) -> float:
    """With its margin, up to a power of two."""
    return 2.0 ** math.ceil(math.log2(max(c * MARGIN, 1.0)))


def gathered(
    records: Sequence[Record],
) -> tuple[list[Need], list[Need], list[Verdict]]:
    """The needs of all records together, of each alone, and what is not clean.

    A case with a difference that the catalogue knows is no clean control there. One
    that differs beyond it is a difference or a false alarm, and stands in the way.
    """
    verdicts = compare(records).verdicts
    verdicts = tuple(v for v in verdicts if not v.case.startswith(FAULTS))
    clean = {(v.case, v.check) for v in verdicts if v.verdict == "agree"}
    unclean = [v for v in verdicts if v.verdict == "differ"]

    def kept(found: Iterable[Need]) -> list[Need]:
        return [need for need in found if (need.case, need.check) in clean]

    alone = (need for record in records for need in needs([record]))
    return kept(needs(records)), kept(alone), unclean


def recorded(folder: Path) -> list[Record]:
    """Runs all clean controls on three backends."""
    from multibackend.parity.cases.select import OWN
    from multibackend.parity.report.progress import Progress
    from multibackend.parity.run.run import Request, run
    from multibackend.parity.selftest.controls import MODULES

    with Progress() as progress:
        done = run(Request(BACKENDS, folder, targets=(OWN, *MODULES)), progress)
    return load_records(done.folders.values())


def quantiles(found: Sequence[Need], k: float) -> dict[str, float]:
    """How the needs are spread: most runs need far less than the worst."""
    needed = np.array([float(_needed(need, k).max()) for need in found])
    return {
        name: float(np.quantile(needed, q))
        for name, q in (("median", 0.5), ("p99", 0.99), ("p999", 0.999), ("max", 1.0))
    }


def as_toml(
    best: Fit,
    found: Sequence[Need],
    alone: Sequence[Need],
    records: Sequence[Record],
) -> str:
    """The calibration as the file that `budget.py` reads."""
    spread = quantiles(found, best.k)
    versions = "\n".join(
        f'{r.label} = "{r.about.environment["framework"]}, '
        f'{r.about.environment["device"]}, {r.about.environment["platform"]}"'
        for r in records
    )
    checks = len({(need.case, need.check) for need in found})
    worst = best.worst
    chosen = _rounded(best.c)
    more = sum(float(_needed(need, best.k).max()) > chosen for need in alone)
    return f"""\
# Written by `python benchmarks/calibrate.py --write`; see `budget.py` for what it means.
c = {_rounded(best.c)}
k = {best.k}

[measured]
date = {datetime.now(UTC).date().isoformat()}
keras = "{records[0].about.environment["keras"]}"
margin = {MARGIN}
checks = {checks}
runs = {len(found)}
elements = {sum(need.error.size for need in found)}
needed_c = {{ {", ".join(f"{name} = {value:.3g}" for name, value in spread.items())} }}
worst = "{worst.case} {worst.check} {worst.output}, {worst.precision} on {worst.label}"
median_budget_in_ulps = {best.median:.3g}
runs_alone = {len(alone)}
runs_alone_that_need_more = {more}

[measured.backends]
{versions}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fits, shows, and writes where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    _ = parser.add_argument("--records", type=Path, nargs="*", help="records to read")
    _ = parser.add_argument("--write", action="store_true", help=f"write {FILE.name}")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="multibackend-") as folder:
        records = (
            load_records(asked.records) if asked.records else recorded(Path(folder))
        )
        found, alone, unclean = gathered(records)
    fits = [fit(found, k) for k in KS]
    for each in fits:
        worst = each.worst
        print(
            f"k = {each.k:4g}: c needed {each.c:8.3g}, taken {_rounded(each.c):6g}, "
            f"median budget {each.median:6.1f} ulps; worst: {worst.case} {worst.check} "
            f"{worst.output} in {worst.precision} on {worst.label}"
        )
    best = min(fits, key=lambda each: each.median)
    text = as_toml(best, found, alone, records)
    print(f"\n{text}")
    for verdict in unclean:
        print(f"not clean: {verdict.case} {verdict.check} {', '.join(verdict.blame)}")
    if unclean and asked.write:
        print("Not written: settle what differs first, or put it into the catalogue.")
        return 1
    if asked.write:
        _ = FILE.write_text(text, "utf-8")
        print(f"Wrote {FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
