"""A small draft, and what the head of its program says."""

from __future__ import annotations

import numpy as np
import pytest

from multibackend.parity.reproduce.draft import Draft, Plan
from multibackend.parity.reproduce.program import Told


@pytest.fixture
def draft() -> Draft:
    plan = Plan(
        title="keras.layers.Dense",
        check="forward",
        kind="layer",
        made=[
            "call",
            ["keras.layers.Dense", {"units": ["value", 8], "use_bias": ["value", 0]}],
        ],
        inputs=[["list", [["array", "0"]]], ["dict", {}]],
        weights="given",
        given=("weight 0",),
        labelled=("dense/kernel",),
    )
    values = np.arange(32, dtype="float32").reshape(4, 8) / 7
    return Draft(plan, {"0": values, "weight 0": np.ones((8, 8), "float32")})


@pytest.fixture
def told() -> Told:
    return Told(
        lines=["Case m:dense, check forward."],
        versions={"Keras": "3.15.1"},
        blamed="jax",
        other="torch",
        bound=1e-3,
        case="m:dense",
    )
