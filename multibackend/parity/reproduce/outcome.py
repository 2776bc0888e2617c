"""What a program yields on a backend, and how two of these differ.

The text of this file goes into every reproducer, so it needs NumPy and nothing else.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np


def started(file: str, backend: str, *, wide: bool) -> dict[str, Any]:
    """What the program yields in a fresh process of this backend."""
    with tempfile.TemporaryDirectory() as folder:
        own = {
            "KERAS_BACKEND": backend,
            "KERAS_HOME": folder,  # nobody's keras.json
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        own |= {"JAX_ENABLE_X64": "1"} if wide else {}
        answer = Path(folder, "outcome.json")
        done = subprocess.run(
            [sys.executable, file, str(answer)],
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            check=False,
        )
        if not answer.is_file():
            sys.exit(f"{backend} could not be asked:\n{done.stderr}")
        return json.loads(answer.read_text("utf-8"))


def outcome(
    yielded: Callable[[], Any], to_numpy: Callable[[Any], Any], *, related: bool
) -> Any:
    """What the program yields here, or what it raises: only what JSON holds."""
    try:
        found = yielded()
    except Exception as error:  # noqa: BLE001 - an error is an outcome too
        text = re.sub(r"\x1b\[\d*m", "", str(error))  # no colours
        said = [line.strip() for line in text.splitlines() if line.strip()]
        if len(said) > 1 and said[0].startswith("Exception encountered"):
            said = said[1:]  # Keras wraps the error of a layer
        told_by = said[0][:300] if said else ""
        return {"raised": [type(error).__name__, told_by], "sides": []}
    sides = found if related else (found,)
    return {"raised": None, "sides": [told(side, "", to_numpy) for side in sides]}


def told(nested: Any, name: str, to_numpy: Callable[[Any], Any]) -> dict[str, Any]:
    """Every array in nested outputs by name: its dtype, its shape and its values."""
    if isinstance(nested, Mapping):
        items = list(nested.items())
    elif isinstance(nested, list | tuple):
        items = list(enumerate(nested))
    else:
        return {} if nested is None else {name or "output": leaf(to_numpy(nested))}
    found: dict[str, Any] = {}
    for key, value in items:
        found |= told(value, f"{name}/{key}" if name else str(key), to_numpy)
    return found


def leaf(value: Any) -> dict[str, Any]:
    """One array as JSON; a complex number as two floats, text as it is."""
    array = np.asarray(value)
    dtype, shape = str(array.dtype), list(array.shape)
    if array.dtype.kind in "SU":
        dtype, values = "text", array.ravel().astype(str).tolist()
    elif array.dtype.kind == "c":
        values = array.ravel().astype(np.complex128).view(np.float64).tolist()
    elif array.dtype.kind in "iub":
        values = array.ravel().tolist()
    else:
        values = array.ravel().astype(np.float64).tolist()
    return {"dtype": dtype, "shape": shape, "values": values}


def difference(received: Any, expected: Any, *, related: bool) -> dict[str, Any] | None:
    """The first kind of difference there is, at its worst place, or `None`.

    Args:
        received: The outcome of the backend that is blamed.
        expected: The outcome of another one.
        related: Whether each backend yields a pair, of what comes out and what its own
            plain run says must come out; then only the blamed one's pair is compared.

    Returns:
        The kind (`error`, `structure`, `shape`, `dtype`, `nonfinite` or `value`), the
        place, both sides there, and for values the error relative to the largest
        number that was expected in this output.
    """
    if received["raised"] or expected["raised"]:
        sides = [one["raised"] for one in (received, expected)]
        kinds = [side and side[0] for side in sides]
        if kinds[0] == kinds[1]:
            return None
        texts = [": ".join(side).strip(": ") if side else "no error" for side in sides]
        return gap("error", "", texts[0], texts[1])
    ours = received["sides"][0]
    theirs = received["sides"][1] if related else expected["sides"][0]
    if set(ours) != set(theirs):
        return gap("structure", "", ", ".join(ours), ", ".join(theirs))
    found = [unlike(name, ours[name], theirs[name]) for name in ours]
    kinds = ("shape", "dtype", "nonfinite", "value")
    gaps = [one for one in found if one is not None]
    order = sorted(gaps, key=lambda one: (kinds.index(one["kind"]), -one["error"]))
    return order[0] if order else None


def unlike(name: str, one: Any, other: Any) -> dict[str, Any] | None:
    """How one array differs from the other, at its worst element."""
    for kind in ("shape", "dtype"):
        if one[kind] != other[kind]:
            return gap(kind, name, str(one[kind]), str(other[kind]))
    if one["dtype"] == "text":
        pairs = zip(one["values"], other["values"], strict=True)
        unequal = next(((a, b) for a, b in pairs if a != b), None)
        return unequal and gap("value", name, unequal[0], unequal[1], 1.0)
    left = np.asarray(one["values"], np.float64)
    right = np.asarray(other["values"], np.float64)
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    if same.all():
        return None
    finite = np.isfinite(left) & np.isfinite(right)
    if not (finite | same).all():
        spot = int(np.argmax(~(finite | same)))
        kind, error = "nonfinite", 0.0
    else:
        with np.errstate(all="ignore"):
            errors = np.where(same, 0.0, np.abs(left - right))
        spot = int(np.argmax(errors))
        largest = float(np.max(np.abs(right[finite]), initial=0.0))
        kind, error = "value", float(errors[spot]) / (largest or 1.0)
    shape = (
        one["shape"] if left.size == int(np.prod(one["shape"])) else [*one["shape"], 2]
    )
    place = [int(i) for i in np.unravel_index(spot, shape)] if shape else []
    where = f"{name}{place}" if place else name
    return gap(kind, where, repr(float(left[spot])), repr(float(right[spot])), error)


def gap(
    kind: str, where: str, received: str, expected: str, error: float = 0.0
) -> dict[str, Any]:
    """One difference as a dictionary."""
    return {
        "kind": kind,
        "where": where,
        "received": received,
        "expected": expected,
        "error": error,
    }


def compared(
    file: str, blamed: str, other: str, *, related: bool, wide: bool, bound: float
) -> int:
    """Starts the program once a backend, prints both outcomes; 1 where they differ."""
    outcomes = [started(file, backend, wide=wide) for backend in (blamed, other)]
    found = difference(*outcomes, related=related)
    if found is None or (found["kind"] == "value" and found["error"] < bound):
        print(f"{blamed} and {other} agree: the difference is gone.")
        return 0
    names = (blamed, f"{blamed}, its own plain run" if related else other)
    width = max(map(len, names))
    print(f"{found['kind']} {found['where']}".strip())
    for name, side in zip(names, ("received", "expected"), strict=True):
        print(f"  {name:{width}}  {found[side]}")
    if found["kind"] == "value":
        print(f"  relative error {found['error']:.3g}, and {bound:.3g} is a difference")
    return 1
