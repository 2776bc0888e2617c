"""Seeded weights: close to what an initializer meant, the same on every backend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from multibackend.inputs import Working, working
from multibackend.weights import initial_value, plain, seed_weights

RNG = np.random.default_rng(0)


@dataclass
class Weight:
    """As much of a Keras variable as seeding uses."""

    path: str
    value: npt.NDArray[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def dtype(self) -> str:
        return str(self.value.dtype)

    def numpy(self) -> npt.NDArray[Any]:
        return self.value

    def assign(self, value: npt.NDArray[Any]) -> None:
        self.value = value


@dataclass
class Layer:
    """As much of a Keras layer as seeding uses."""

    weights: list[Weight]
    built: bool = True
    name: str = "dense"


def drawn(*shape: int) -> npt.NDArray[Any]:
    return RNG.normal(size=shape).astype(np.float32)


def test_two_backends_with_other_draws_start_from_the_same_weights() -> None:
    one, other = (
        Layer([Weight("dense/kernel", drawn(3, 4))]),
        Layer([Weight("dense/kernel", drawn(3, 4))]),
    )
    seed_weights(one)
    seed_weights(other)

    assert one.weights[0].value.tolist() == other.weights[0].value.tolist()


def test_the_counter_of_keras_names_does_not_change_the_start() -> None:
    """The second `Dense` of a process is `dense_1`: its place decides, not its name."""
    one = Layer([Weight("dense/kernel", drawn(3, 4))])
    other = Layer([Weight("dense_7/kernel", drawn(3, 4))])
    seed_weights(one)
    seed_weights(other)

    assert one.weights[0].value.tolist() == other.weights[0].value.tolist()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("dense_3/kernel", "dense/kernel"),
        ("sequential_1/dense_12/bias", "sequential/dense/bias"),
        ("kernel_2", "kernel"),
        ("conv2d/kernel", "conv2d/kernel"),
        ("block_a/kernel", "block_a/kernel"),
    ],
)
def test_a_plain_path_loses_the_counters_only(path: str, expected: str) -> None:
    assert plain(path) == expected


def test_two_weights_of_one_name_and_shape_differ() -> None:
    layer = Layer([Weight("dense/kernel", drawn(3, 4)) for _ in range(2)])
    seed_weights(layer)

    assert layer.weights[0].value.tolist() != layer.weights[1].value.tolist()


def test_another_seed_gives_another_start() -> None:
    one, other = Layer([Weight("k", drawn(3, 4))]), Layer([Weight("k", drawn(3, 4))])
    seed_weights(one, seed=1)
    seed_weights(other, seed=2)

    assert one.weights[0].value.tolist() != other.weights[0].value.tolist()


def test_the_referee_starts_from_the_very_same_weights() -> None:
    narrow, wide = Layer([Weight("k", drawn(3, 4))]), Layer([Weight("k", drawn(3, 4))])
    seed_weights(narrow)
    with working(Working("float64")):
        seed_weights(wide)

    assert wide.weights[0].value.dtype == np.float64
    assert narrow.weights[0].value.tolist() == wide.weights[0].value.tolist()


def test_a_counter_is_left_alone() -> None:
    """A seed generator's state or an optimizer's step is no float weight."""
    layer = Layer([Weight("seed_generator_state", np.asarray([7, 0], np.uint32))])
    seed_weights(layer)

    assert layer.weights[0].value.tolist() == [7, 0]


def test_a_layer_that_is_not_built_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected a built layer, received 'dense'"):
        seed_weights(Layer([], built=False))


def test_a_bias_is_never_silently_zero() -> None:
    start = initial_value(np.zeros(8, np.float32), salt="b")

    assert np.all(start != 0)
    assert np.abs(start).max() < 0.5
    assert len(set(start.tolist())) == 8


@pytest.mark.parametrize("constant", [1.0, 0.5, 0.02])
def test_a_positive_constant_stays_positive_and_near(constant: float) -> None:
    """A moving variance below zero makes every output NaN."""
    start = initial_value(np.full((4, 5), constant, np.float32), salt="v")

    assert start.min() >= np.float32(0.9 * constant)
    assert start.max() <= np.float32(1.1 * constant)


def test_weights_that_were_drawn_positive_stay_positive() -> None:
    start = initial_value(np.abs(drawn(8, 8)), salt="p")

    assert np.all(start > 0)


def test_a_kernel_has_the_spread_of_glorot() -> None:
    """Expected: sqrt(2 / (200 + 300)) = 0.0632; 60,000 draws tell 1 %."""
    start = initial_value(drawn(200, 300), salt="k")

    assert float(start.std()) == pytest.approx(0.0632, rel=0.01)
    assert float(start.mean()) == pytest.approx(0.0, abs=0.001)


def test_the_receptive_field_counts_for_a_convolution() -> None:
    """Expected: sqrt(2 / (3 * 3 * (16 + 32))) = 0.0680."""
    start = initial_value(drawn(3, 3, 16, 32), salt="c")

    assert float(start.std()) == pytest.approx(0.0680, rel=0.05)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1,), (5,), (2, 3), (2, 2, 2, 2)])
def test_any_shape_gets_finite_float32_of_the_same_shape(
    shape: tuple[int, ...],
) -> None:
    start = initial_value(np.asarray(RNG.normal(size=shape)), salt="s")

    assert start.shape == shape
    assert start.dtype == np.float32
    assert np.isfinite(start).all()
