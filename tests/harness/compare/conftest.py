"""Synthetic observations and records: what honest backends leave, to plant faults in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from multibackend.parity.compare.compare import compare, load_records
from multibackend.parity.compare.judge import judge
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.record.observation import Observation
from multibackend.parity.record.schema import SCHEMA, RecordFile
from multibackend.parity.record.write import RecordWriter

Array = npt.NDArray[Any]

#: Half the distance from 1 to the next float32: how far honest numbers move.
ROUNDOFF = 2.0**-24

TRUTH = np.random.default_rng(7).normal(size=(4, 3))


def _narrow(wide: Array) -> Array:
    kinds = {"f": "float32", "c": "complex64"}
    return wide.astype(kinds.get(wide.dtype.kind, wide.dtype))


def _observed(values: Any = TRUTH, **changes: Any) -> Observation:
    """What an honest backend records of these float64 values.

    Args:
        values: One output, or outputs by name.
        **changes: Fields of the observation that a fault changes.
    """
    named = values if isinstance(values, dict) else {"output": values}
    wide = {name: np.asarray(value) for name, value in named.items()}
    moves = {n: np.abs(v) * ROUNDOFF for n, v in wide.items() if v.dtype.kind in "fc"}
    honest = Observation(
        case="m:a",
        check="forward",
        status="ok",
        structure="*",
        outputs={name: _narrow(value) for name, value in wide.items()},
        noise=moves,
        referee=wide,
        spread=moves,
        file="m.py",
        line=3,
    )
    return replace(honest, **changes)


@pytest.fixture
def truth() -> Array:
    """Twelve float64 numbers of ordinary size, shape `(4, 3)`."""
    return TRUTH.copy()


@pytest.fixture
def observed() -> Callable[..., Observation]:
    """Makes the observation of an honest backend, with changes."""
    return _observed


@pytest.fixture
def judged() -> Callable[..., Verdict]:
    """Judges observations given by label, as many records as observations."""

    def of(*, records: int | None = None, **found: Observation) -> Verdict:
        blank = Verdict("m:a", "forward", "missing", file="m.py", line=3)
        return judge(found, blank, records=records or len(found))

    return of


@pytest.fixture
def among_three(
    observed: Callable[..., Observation], judged: Callable[..., Verdict]
) -> Callable[..., Verdict]:
    """Judges three backends that are honest but for the observations given."""

    def of(values: Any = TRUTH, **faults: Observation) -> Verdict:
        honest = {label: observed(values) for label in ("torch", "jax", "tensorflow")}
        return judged(**(honest | faults))

    return of


@pytest.fixture
def built() -> Callable[..., Observation]:
    """Makes the observation that a case was built, with its start."""

    def of(case: str = "m:a", **changes: Any) -> Observation:
        start = {"input/0": np.ones((2, 3), "float32")}
        made = Observation(case, "build", "ok", outputs=start, file="m.py", line=3)
        return replace(made, **changes)

    return of


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., Path]:
    """Writes the record of one backend and returns its folder."""

    def write(
        backend: str,
        observations: Sequence[Observation],
        *,
        folder: str | None = None,
        complete: bool = True,
        cases: Sequence[str] | None = None,
        environment: Mapping[str, Any] | None = None,
        **said: Any,
    ) -> Path:
        about = RecordFile(
            format="multibackend record",
            schema=SCHEMA,
            backend=backend,
            environment={"backend": backend, "keras": "3.15.1", "device": "cpu"}
            | dict(environment or {}),
            started="2026-01-02T03:04:05+00:00",
            cases=tuple(
                dict.fromkeys(o.case for o in observations) if cases is None else cases
            ),
            **said,
        )
        writer = RecordWriter(tmp_path / (folder or backend))
        writer.open(about, overwrite=False)
        for observation in observations:
            writer.add(observation)
        if complete:
            writer.close(about)
        return writer.folder

    return write


@pytest.fixture
def compared() -> Callable[..., Judgement]:
    """Compares the records at or below folders."""

    def of(*folders: Path, required: Sequence[str] = ()) -> Judgement:
        return compare(load_records(folders), required=required)

    return of
