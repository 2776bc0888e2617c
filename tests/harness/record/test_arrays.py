"""Arrays as bytes and back: every dtype and shape, and nothing that is damaged."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from multibackend.errors import RecordError
from multibackend.parity.record.arrays import pack, unpack

Array = npt.NDArray[Any]

STEADY = settings(deadline=None, derandomize=True, database=None, max_examples=100)

DTYPES = [
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
    "<U5",
    "S3",
    ">f4",
    ">i2",
]

ML_DTYPES = [
    "bfloat16",
    "float8_e4m3fn",
    "float8_e5m2",
    "float8_e8m0fnu",
    "float4_e2m1fn",
    "int4",
    "uint4",
]


def there_and_back(arrays: dict[str, Array]) -> dict[str, Array]:
    data, dtypes = pack(arrays)
    return unpack(data, dtypes, "here")


def assert_same(received: Array, expected: Array) -> None:
    """Equal to the bit: NaN payloads and the sign of zero included."""
    assert received.dtype == expected.dtype
    assert received.shape == expected.shape
    assert received.tobytes() == expected.tobytes()


@STEADY
@given(
    hnp.arrays(
        dtype=st.sampled_from(DTYPES).map(np.dtype),
        shape=hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    )
)
def test_an_array_of_any_dtype_and_shape_comes_back_as_it_was(array: Array) -> None:
    assert_same(there_and_back({"a": array})["a"], array)


@STEADY
@given(
    dtype=st.sampled_from(ML_DTYPES),
    shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    seed=st.integers(0, 2**16),
)
def test_an_array_of_a_narrow_dtype_comes_back_as_it_was(
    dtype: str, shape: tuple[int, ...], seed: int
) -> None:
    drawn = np.random.default_rng(seed).normal(size=shape)
    array = np.asarray(drawn).astype(getattr(ml_dtypes, dtype))

    assert_same(there_and_back({"a": array})["a"], array)


@pytest.mark.parametrize("dtype", ["float32", "complex128", "bfloat16", "<U3"])
@pytest.mark.parametrize(
    "view",
    [
        lambda a: a.T,
        lambda a: a[::2],
        lambda a: a[:, ::-1],
        lambda a: np.broadcast_to(a[0], (3, 4)),
        np.asfortranarray,
    ],
    ids=["transposed", "strided", "reversed", "broadcast", "columns first"],
)
def test_a_view_comes_back_as_what_it_shows(dtype: str, view: Any) -> None:
    """The bytes of a view lie otherwise than its elements."""
    array = np.arange(12).reshape(3, 4).astype(getattr(ml_dtypes, dtype, dtype))
    seen = view(array)
    back = there_and_back({"a": seen})["a"]

    assert back.shape == seen.shape
    assert back.tolist() == seen.tolist()


def test_names_keep_their_arrays() -> None:
    arrays = {
        "outputs/b": np.array([1.0]),
        "outputs/a": np.array([2, 3]),
        "referee/a/ü \n": np.array(["x"]),
    }
    back = there_and_back(arrays)

    assert set(back) == set(arrays)
    for name, array in arrays.items():
        assert_same(back[name], array)


def test_no_arrays_come_back_as_none() -> None:
    assert there_and_back({}) == {}


@pytest.mark.parametrize(
    "array",
    [np.array([None]), np.array([{}, []], dtype=object)],
    ids=["None", "objects"],
)
def test_python_objects_are_refused(array: Array) -> None:
    """Only a pickle could hold them."""
    with pytest.raises(RecordError, match="in 'a/b', received Python objects"):
        _ = pack({"a/b": array})


DATA, KINDS = pack({"a": np.arange(6.0).reshape(2, 3), "b": np.array(["x", "yz"])})


@pytest.mark.parametrize("length", range(0, len(DATA), 7))
def test_bytes_cut_short_are_refused(length: int) -> None:
    with pytest.raises(RecordError, match=r"damaged bytes .* Record again"):
        _ = unpack(DATA[:length], KINDS, "here")


@STEADY
@given(
    st.lists(
        st.tuples(st.integers(0, len(DATA) - 1), st.integers(0, 255)),
        min_size=1,
        max_size=4,
    )
)
def test_damaged_bytes_are_refused_or_read_with_the_dtypes_they_were_of(
    damage: list[tuple[int, int]],
) -> None:
    """A damaged number cannot be told here: the digest beside tells it."""
    bent = bytearray(DATA)
    for place, value in damage:
        bent[place] = value
    try:
        found = unpack(bytes(bent), KINDS, "here")
    except RecordError:
        return
    assert {name: str(array.dtype) for name, array in found.items()} == KINDS


@pytest.mark.parametrize(
    "dtypes",
    [{"a": "float64"}, KINDS | {"c": "bool"}, {"a": "float64", "c": "<U2"}],
    ids=["one more in the file", "one missing", "another name"],
)
def test_other_arrays_than_described_are_refused(dtypes: dict[str, str]) -> None:
    with pytest.raises(RecordError, match="Expected the arrays"):
        _ = unpack(DATA, dtypes, "here")


@pytest.mark.parametrize(
    "dtype",
    [
        "float32",
        "int64",
        "bfloat16",
        "<U2",
        "object",
        "O",
        "nothing",
        "__name__",
        "finfo",
        "i4,f4",
    ],
)
def test_another_dtype_than_the_bytes_have_is_refused(dtype: str) -> None:
    with pytest.raises(RecordError, match=r"Record again|Update multibackend"):
        _ = unpack(DATA, KINDS | {"a": dtype}, "here")


@pytest.mark.parametrize("dtype", ["V0", "<U0", "(-1,)f4", "\ud800"])
def test_a_dtype_that_numpy_chokes_on_is_refused(dtype: str) -> None:
    data, _ = pack({"a": np.zeros((2, 0), "uint8")})

    with pytest.raises(RecordError, match=r"Record again|Update multibackend"):
        _ = unpack(data, {"a": dtype}, "here")
