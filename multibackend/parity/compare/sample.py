"""Whether backends draw from one distribution: samples by tests, all else exactly.

Every sample is tested between every two backends, and all tests of a comparison share
one probability of a false alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.parity.compare.distance import Distance, ordered, repeated
from multibackend.parity.compare.verdict import UNSURE, Difference, Verdict
from multibackend.parity.record.observation import Observation

__all__ = ["ALPHA", "count_tests", "samples"]

Array = npt.NDArray[Any]
Found = Mapping[str, Observation]

#: The probability that any test of a whole comparison gives a false alarm.
ALPHA = 1e-6

#: What the name of a sample starts with; every other name is compared exactly.
PREFIX = "sample "

_STATISTICS = (ordered, repeated)


def count_tests(comparisons: Iterable[Mapping[str, Iterable[str]]]) -> int:
    """How many tests a whole comparison makes.

    Args:
        comparisons: For each check of a case that is judged by samples: the names of
            its outputs, by backend.
    """
    total = 0
    for outputs in comparisons:
        named = [
            {n for n in names if n.startswith(PREFIX)} for names in outputs.values()
        ]
        pairs = len(named) * (len(named) - 1) // 2
        total += len(_STATISTICS) * pairs * max(map(len, named), default=0)
    return total


@dataclass(frozen=True)
class _Test:
    """How far apart two backends are in one sample, by the statistic that says most."""

    name: str
    pair: tuple[str, str]
    distance: Distance


def samples(found: Found, blank: Verdict, *, tests: int) -> Verdict:
    """Judges one check by its samples; structure, shapes and dtypes are equal by now.

    Args:
        found: The observations by label; of one alone, only what is exact is judged.
        blank: The verdict to fill in: case, check, place.
        tests: How many tests the whole comparison makes.
    """
    exact = [d for label, seen in found.items() for d in _exact(label, seen)]
    every = list(_tests(found, ALPHA / max(1, tests)))
    if every:
        worst = max(every, key=lambda test: test.distance.ratio)
        blank = replace(
            blank,
            ratio=worst.distance.ratio,
            error=worst.distance.size,
            budget=worst.distance.critical,
            output=worst.name,
        )
    apart = [test for test in every if test.distance.ratio > 1]
    if not exact and not apart:
        return replace(blank, verdict="agree")
    odd = _odd_ones(every)
    return replace(
        blank,
        verdict="differ",
        differences=(*exact, *_told(apart, odd, found)),
        blame=tuple(dict.fromkeys([*(d.backend for d in exact), *odd])),
        detail=UNSURE if len(odd) > 1 else "",
    )


def _tests(found: Found, alpha: float) -> Iterator[_Test]:
    """Tests every sample between every two backends."""
    some = next(iter(found.values()))
    for name in (name for name in some.outputs if name.startswith(PREFIX)):
        for pair in combinations(found, 2):
            one, other = (found[label].outputs[name] for label in pair)
            both = (statistic(one, other, alpha=alpha) for statistic in _STATISTICS)
            distances = [distance for distance in both if distance is not None]
            if distances:
                yield _Test(name, pair, max(distances, key=lambda d: d.ratio))


def _odd_ones(every: list[_Test]) -> tuple[str, ...]:
    """Who differs from all others, or everybody who differs where nobody stands out."""
    far: dict[frozenset[str], float] = {}
    for test in every:
        pair = frozenset(test.pair)
        far[pair] = max(far.get(pair, 0.0), test.distance.ratio)
    apart = [pair for pair, ratio in far.items() if ratio > 1]
    if not apart:
        return ()
    labels = list(dict.fromkeys(label for test in every for label in test.pair))
    ways = {label: [far[pair] for pair in far if label in pair] for label in labels}
    named = sorted(
        (label for label in labels if any(label in pair for pair in apart)),
        key=lambda label: -sum(ways[label]),
    )
    common = [label for label in named if all(label in pair for pair in apart)]
    if len(common) > 1 and len(labels) > 2:
        # One pair is apart, and the third stands between: nearer to whom is right.
        first, second = (sum(ways[label]) - far[apart[0]] for label in common)
        common = common[:1] if first > 2 * second else common
    return tuple(common if len(common) == 1 else named)


def _told(
    apart: list[_Test], odd: tuple[str, ...], found: Found
) -> Iterable[Difference]:
    """One difference for each sample of each backend that is off, worst first."""
    worst: dict[tuple[str, str], Difference] = {}
    for test in sorted(apart, key=lambda test: -test.distance.ratio):
        for label in odd:
            if label in test.pair and (label, test.name) not in worst:
                worst[label, test.name] = _difference(test, label, found)
    return worst.values()


def _difference(test: _Test, label: str, found: Found) -> Difference:
    own = test.pair.index(label)
    other = test.pair[1 - own]
    distance = test.distance
    shares = [f"{distance.shares[place]:.1%}" for place in (own, 1 - own)]
    return Difference(
        kind="value",
        backend=label,
        output=test.name,
        precision="float32",
        received=_summary(found[label].outputs[test.name]),
        expected=_summary(found[other].outputs[test.name]),
        error=distance.size,
        budget=distance.critical,
        detail=(
            f"{shares[0]} of its numbers are {distance.place}, {shares[1]} of "
            f"{other}'s; by chance with p = {distance.probability:.1e}"
        ),
    )


def _summary(sample: Array) -> str:
    wide = sample.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    if not finite.size:
        return f"no finite number among {sample.size}"
    return (
        f"mean {np.mean(finite):.4g}, standard deviation {np.std(finite):.4g} "
        f"of {sample.size} numbers"
    )


def _exact(label: str, seen: Observation) -> Iterator[Difference]:
    """What is no sample must be what the check says, to the bit."""
    for name, value in seen.outputs.items():
        if name.startswith(PREFIX):
            continue
        expected = seen.expected.get(name)
        if expected is None or not np.array_equal(value, expected):
            yield Difference(
                kind="value",
                backend=label,
                output=name,
                precision="float32",
                received=str(value),
                expected="nothing: it is no sample"
                if expected is None
                else str(expected),
            )
