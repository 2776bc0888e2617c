"""Whatever the shapes, dtypes and nesting: honest runs agree, a planted fault is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from multibackend.parity.compare.verdict import Verdict
from multibackend.parity.record.observation import Observation, flatten

Make = Callable[..., Observation]
Judge = Callable[..., Verdict]

BACKENDS = ("torch", "jax", "tensorflow")
SEEDED = settings(
    derandomize=True,
    max_examples=60,
    deadline=None,
    # The fixtures only hand out functions.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
full_shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=4)


def floats(of: Any = shapes) -> st.SearchStrategy[Any]:
    """Float64 arrays of ordinary size, or with a NaN or an infinity here and there."""
    ordinary = st.floats(-1e3, 1e3).map(lambda v: float(np.float32(v)))
    strange = st.sampled_from([np.nan, np.inf, -np.inf])
    return hnp.arrays(np.float64, of, elements=ordinary | strange)


def anything() -> st.SearchStrategy[Any]:
    """Arrays of every kind that a check may yield."""
    return st.one_of(
        floats(),
        hnp.arrays(np.int32, shapes),
        hnp.arrays(np.bool_, shapes),
        hnp.arrays(np.dtype("U4"), shapes, elements=st.text("ab", max_size=4)),
        floats().map(lambda a: a + 1j * np.nan_to_num(a)),
    )


nested = st.recursive(
    anything(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3)
    ),
    max_leaves=4,
)


@SEEDED
@given(nested)
def test_honest_runs_agree_whatever_they_yield(
    observed: Make, judged: Judge, answer: Any
) -> None:
    structure, arrays = flatten(answer)
    with np.errstate(over="ignore", invalid="ignore"):
        honest = observed(arrays, structure=structure)

    assert judged(**dict.fromkeys(BACKENDS, honest)).verdict == "agree"


@SEEDED
@given(
    truth=hnp.arrays(
        np.float64,
        full_shapes,
        elements=st.floats(0.5, 2.0) | st.floats(-2.0, -0.5),
    ),
    victim=st.sampled_from(BACKENDS),
    size=st.sampled_from([1e-2, 1e-4, 3e-5]),
    data=st.data(),
)
def test_one_wrong_element_is_found_and_its_backend_and_place_named(
    observed: Make, judged: Judge, truth: Any, victim: str, size: float, data: Any
) -> None:
    index = tuple(data.draw(st.integers(0, side - 1)) for side in truth.shape)
    wrong = truth.astype("float32")
    wrong[index] *= 1 + size
    found = {label: observed(truth) for label in BACKENDS}
    found[victim] = replace(found[victim], outputs={"output": wrong})

    verdict = judged(**found)

    assert (verdict.verdict, verdict.blame) == ("differ", (victim,))
    assert verdict.differences[0].index == index
    assert verdict.differences[0].kind == "value"


@SEEDED
@given(
    truth=floats(full_shapes),
    victim=st.sampled_from(BACKENDS),
    odd=st.sampled_from([np.nan, np.inf, -np.inf]),
    data=st.data(),
)
def test_a_nan_or_infinity_in_another_place_is_found(
    observed: Make, judged: Judge, truth: Any, victim: str, odd: float, data: Any
) -> None:
    index = tuple(data.draw(st.integers(0, side - 1)) for side in truth.shape)
    _ = assume(np.isfinite(truth[index]))
    wrong = truth.astype("float32")
    wrong[index] = odd
    found = {label: observed(truth) for label in BACKENDS}
    found[victim] = replace(found[victim], outputs={"output": wrong})

    verdict = judged(**found)

    assert (verdict.verdict, verdict.blame) == ("differ", (victim,))
    assert verdict.differences[0].kind == "nonfinite"
    assert verdict.differences[0].index == index


@SEEDED
@given(answer=nested, victim=st.sampled_from(BACKENDS), data=st.data())
def test_an_output_that_is_dropped_renamed_reshaped_or_cast_is_found(
    observed: Make, judged: Judge, answer: Any, victim: str, data: Any
) -> None:
    structure, arrays = flatten(answer)
    name = data.draw(st.sampled_from(sorted(arrays)))
    with np.errstate(over="ignore", invalid="ignore"):
        honest = observed(arrays, structure=structure)
    changed = dict(honest.outputs)
    kind = data.draw(st.sampled_from(["structure", "shape", "dtype"]))
    if kind == "structure":
        changed[f"{name} renamed"] = changed.pop(name)
    elif kind == "shape":
        changed[name] = changed[name][None]
    else:
        _ = assume(changed[name].dtype.kind not in "U")
        other = "int64" if changed[name].dtype.kind == "b" else "complex128"
        with np.errstate(invalid="ignore"):
            changed[name] = changed[name].astype(other)
    found = dict.fromkeys(BACKENDS, honest) | {victim: replace(honest, outputs=changed)}

    verdict = judged(**found)

    assert (verdict.verdict, verdict.blame) == ("differ", (victim,))
    assert verdict.differences[0].kind == kind


@SEEDED
@given(truth=floats(), order=st.permutations(BACKENDS), size=st.floats(1e-9, 1.0))
def test_the_order_of_the_records_changes_no_verdict(
    observed: Make, judged: Judge, truth: Any, order: Any, size: float
) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        off = observed(
            truth, outputs={"output": (truth * (1 + size)).astype("float32")}
        )
        found = {label: observed(truth) for label in BACKENDS} | {"jax": off}

    one = judged(**found)
    other = judged(**{label: found[label] for label in order})

    assert (one.verdict, one.ratio, set(one.blame)) == (
        other.verdict,
        other.ratio,
        set(other.blame),
    )
