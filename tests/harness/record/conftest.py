"""An observation with something in every field, and the record it belongs to."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from multibackend.parity.record.observation import Observation, Raised
from multibackend.parity.record.schema import SCHEMA, RecordFile


@pytest.fixture
def observation() -> Observation:
    """An observation with something in every field."""
    return Observation(
        case="tests.cases.one:gated_dense",
        check="forward",
        status="abstain",
        structure="{a: *, b: [*]}",
        outputs={"a": np.array([[0.1, np.nan]], "float32"), "b/0": np.array(3)},
        noise={"a": np.array([[1e-7, 0.0]])},
        referee={"a": np.array([[0.1, -0.0]])},
        spread={"a": np.array([[1e-8, np.inf]])},
        reference={"a": np.array([[1.0, 2.0]], ml_dtypes.bfloat16)},
        raised=Raised("ValueError", 'ü "quoted" \\ \n\x00 line', "file.py:3"),
        detail="draws random numbers",
        seconds=0.25,
        file="tests/cases/one.py",
        line=12,
        usage=True,
    )


@pytest.fixture
def about() -> RecordFile:
    """What a record says of itself."""
    return RecordFile(
        format="multibackend record",
        schema=SCHEMA,
        backend="torch",
        environment={"keras": "3.15.1", "switches": {"tf32": False}},
        started="2026-01-02T03:04:05+00:00",
        cases=("tests.cases.one:gated_dense", "m:b"),
        seconds={"start": 1.5},
    )
