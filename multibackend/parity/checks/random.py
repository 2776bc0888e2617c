"""`random`: Are random numbers drawn from the same distribution, seeded and renewed?

Two backends never draw the same numbers, so samples are compared: the numbers alone,
how they change from call to call, and their means along each axis and over all, where
numbers that were drawn together show.
A difference here is a dropout that drops more, noise that is larger, a mask that is
shared by more elements, a seed that does not repeat or a seed that stands still.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import seed_of
from multibackend.parity.checks.answer import NotApplicableError, Related
from multibackend.parity.checks.draws import advanced, call, repeated, rewind
from multibackend.parity.checks.seeds import seed_states
from multibackend.parity.checks.subject import Subject

KINDS = ("layer", "model", "function")
JUDGED = "sample"

Array = npt.NDArray[Any]

# What a sample should hold, and the fewest and most calls to get it. Below the fewest,
# the judge could not tell how numbers of one call hang together.
_NUMBERS = 20_000
_FEWEST, _MOST = 128, 512
_ELEMENTS = "elements"


def applies(subject: Subject) -> bool:
    """Whether one call in training draws random numbers, of seeds that it owns."""
    if not seed_states(subject.target):
        return False
    rewind(subject)
    _ = call(subject)
    return advanced(subject)


def observe(subject: Subject) -> Related:
    """Returns samples of many calls, the call first, and what must hold of the seeds.

    Raises:
        NotApplicableError: There is no real number among the outputs.
    """
    rewind(subject)
    first = call(subject)
    moved = advanced(subject)
    rewind(subject)
    again = call(subject)
    real = {name: value for name, value in first.items() if value.dtype.kind in "fiubV"}
    if not any(value.size for value in real.values()):
        message = "there is no real number among the outputs"
        raise NotApplicableError(message)
    most = max(value.size for value in real.values())
    calls = int(np.clip(-(-_NUMBERS // most), _FEWEST, _MOST))
    samples: dict[str, list[Array]] = {}
    differ, before = False, None
    for drawn in repeated(subject, calls):
        # Not with the call above: compiled, the same numbers may be rounded otherwise.
        differ = differ or (before is not None and not _equal(before, drawn))
        before = drawn
        for name in real:
            about = "" if name == "output" else f" of {name}"
            for said, numbers in _statistics(drawn[name]):
                label = f"sample {said}{about}"
                samples.setdefault(label, []).append(_some(numbers, calls, label))
    must = {"repeats": True, "advances": {"seed": True, "outputs": True}}
    seen = {
        "repeats": _equal(first, again),
        "advances": {"seed": moved, "outputs": differ},
    }
    stacked = {label: np.stack(rows) for label, rows in samples.items()}
    changes = {
        label.replace(_ELEMENTS, "changes"): _changes(sample)
        for label, sample in stacked.items()
        if _ELEMENTS in label
    }
    return Related(stacked | changes | seen, must)


def _statistics(output: Array) -> Iterator[tuple[str, Array]]:
    """The numbers of one call, and means of them and of their absolute values.

    Numbers of either sign cancel in a mean, and so would what they have in common.
    """
    dtype = output.dtype if output.dtype.kind in "fV" else np.dtype("float32")
    yield _ELEMENTS, output.astype(dtype)
    if output.size < 2:
        return
    wide = output.astype(np.float64)
    axes = [axis for axis, length in enumerate(output.shape) if length > 1]
    places = [(axis, f" along axis {axis}") for axis in axes] if len(axes) > 1 else []
    for axis, where in [*places, (None, "")]:
        yield f"means{where}", np.mean(wide, axis=axis).astype(dtype)
        yield f"mean sizes{where}", np.mean(np.abs(wide), axis=axis).astype(dtype)


def _changes(sample: Array) -> Array:
    """From each second call to the next: small noise on large numbers, by itself."""
    count = len(sample) // 2
    pairs = sample[: 2 * count].astype(np.float64).reshape(count, 2, -1)
    return (pairs[:, 1] - pairs[:, 0]).astype(sample.dtype)


def _some(numbers: Array, calls: int, label: str) -> Array:
    """As many numbers of one call as fit, the same places in every call: `(n,)`."""
    flat = numbers.reshape(-1)
    count = -(-_NUMBERS // calls)
    if flat.size <= count:
        return flat
    rng = np.random.default_rng(seed_of(f"{label} {flat.size}"))
    return flat[np.sort(rng.choice(flat.size, count, replace=False))]


def _equal(one: dict[str, Array], other: dict[str, Array]) -> bool:
    """Whether all outputs are equal to the bit."""
    return all(value.tobytes() == other[name].tobytes() for name, value in one.items())
