"""Whatever a check yields, it is read back as it was written, or refused."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import ml_dtypes
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from multibackend.parity.record.observation import (
    Judged,
    Observation,
    Raised,
    Status,
)
from multibackend.parity.record.read import read_record
from multibackend.parity.record.schema import SCHEMA, RecordFile
from multibackend.parity.record.write import GROUPS, RecordWriter

shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
DTYPES = """bool int8 int64 uint32 float16 float32 float64 complex64 complex128 U3"""
dtypes = st.sampled_from(DTYPES.split())
arrays = st.one_of(
    dtypes.flatmap(lambda dtype: hnp.arrays(np.dtype(dtype), shapes)),
    hnp.arrays(np.float32, shapes, elements=st.sampled_from([0.5, np.nan, np.inf])).map(
        lambda a: a.astype(ml_dtypes.bfloat16)
    ),
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
named = st.dictionaries(texts.filter(bool), arrays, max_size=3)


@st.composite
def observations(draw: Any) -> Observation:
    return Observation(
        case=draw(texts),
        check=draw(st.sampled_from(["forward", "save from torch", "grad_inputs"])),
        status=draw(st.sampled_from(get_args(Status))),
        structure=draw(texts),
        judged=draw(st.sampled_from(get_args(Judged))),
        raised=draw(st.none() | st.builds(Raised, texts, texts, texts)),
        detail=draw(texts),
        seconds=draw(st.floats(0, 1e6)),
        file=draw(texts),
        line=draw(st.integers(0, 10**6)),
        usage=draw(st.booleans()),
        compute=draw(st.dictionaries(texts, st.sampled_from(["float16", "float64"]))),
        **{group: draw(named) for group in GROUPS},
    )


def assert_same(one: Any, other: Any) -> None:
    if isinstance(one, np.ndarray):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.tobytes() == other.tobytes()
    else:
        assert one == other


@settings(derandomize=True, max_examples=60, deadline=None)
@given(observations())
def test_an_observation_comes_back_to_the_bit(written: Observation) -> None:
    with TemporaryDirectory() as folder:
        writer = RecordWriter(Path(folder) / "torch")
        about = RecordFile(
            format="multibackend record",
            schema=SCHEMA,
            backend="torch",
            environment={},
            started="2026-01-02T03:04:05+00:00",
        )
        writer.open(about, overwrite=False)
        writer.add(written)

        read = read_record(writer.folder).read(written.case, written.check)

    assert read is not None
    for each in fields(Observation):
        one, other = getattr(written, each.name), getattr(read, each.name)
        if each.name in GROUPS:
            assert set(one) == set(other)
            for name, array in one.items():
                assert_same(array, other[name])
        else:
            assert_same(one, other)
