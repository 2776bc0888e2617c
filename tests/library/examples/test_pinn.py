"""The PINN: its residual, the solution it is compared with, and a step that learns."""

import keras
import numpy as np
import pytest

from multibackend.examples import pinn
from multibackend.examples._adam import adam
from multibackend.examples._burgers import NU, TIMES, finite_differences


def exact(x, t):
    """The Cole-Hopf solution, by Gauss-Hermite quadrature of its two integrals."""
    nodes, weights = np.polynomial.hermite.hermgauss(80)
    origin = x[:, None] - np.sqrt(4 * NU * t) * nodes  # (points, nodes)
    share = weights * np.exp(-np.cos(np.pi * origin) / (2 * np.pi * NU))
    return -np.sum(share * np.sin(np.pi * origin), axis=1) / share.sum(axis=1)


def gap(cells):
    """How far the grid's solution is from the exact one, relative, at t = 0.5."""
    x, found = finite_differences(cells)
    expected = exact(x, TIMES[5])
    return np.linalg.norm(found[5] - expected) / np.linalg.norm(expected)


def points(count, seed=0):
    rng = np.random.default_rng(seed)
    drawn = rng.uniform(-1, 1, (count, 1)), rng.uniform(0, 1, (count, 1))
    return tuple(a.astype("float32") for a in drawn)


def test_the_finite_differences_converge_to_the_exact_solution_at_second_order():
    coarse, fine = gap(128), gap(256)
    assert fine < 0.002
    assert 3.5 < coarse / fine < 4.5


def test_the_residual_of_a_polynomial_is_the_one_worked_out_by_hand(monkeypatch, close):
    monkeypatch.setattr(pinn, "solution", lambda model, x, t: t * x**3)
    x, t = points(20)
    # u_t = x^3, u_x = 3 t x^2, u_xx = 6 t x
    wide_x, wide_t = x.astype("float64"), t.astype("float64")
    by_hand = wide_x**3 + 3 * wide_t**2 * wide_x**5 - NU * 6 * wide_t * wide_x
    close(pinn.residual(None, *map(keras.ops.convert_to_tensor, (x, t))), by_hand)


def test_start_and_ends_hold_whatever_the_weights_are():
    model = pinn.network(8)
    x, t = points(20)
    at_start = keras.ops.convert_to_numpy(pinn.solution(model, x, 0 * t))
    at_end = keras.ops.convert_to_numpy(pinn.solution(model, np.sign(x), t))
    eps = np.finfo(np.float32).eps
    assert np.abs(at_start + np.sin(np.pi * x)).max() <= 4 * eps
    assert np.abs(at_end).max() <= 4 * eps


def test_one_compiled_step_returns_the_mean_square_of_the_residual_and_moves_weights():
    model = pinn.network(8)
    x, t = points(32)
    tensors = [keras.ops.convert_to_tensor(values) for values in (x, t)]
    left = keras.ops.convert_to_numpy(pinn.residual(model, *tensors))
    expected = np.mean(left.astype("float64") ** 2)
    before = [w.copy() for w in model.get_weights()]
    step = pinn.stepper(model, adam(0.001, model.trainable_variables))
    loss = float(step(x, t))
    assert step.notes == []
    assert abs(loss - expected) <= 64 * np.finfo(np.float32).eps * expected
    moved = [np.any(a != b) for a, b in zip(model.get_weights(), before, strict=True)]
    # the last bias, too: it multiplies t (1 - x^2)
    assert all(moved)
    assert float(step(x, t)) < loss


def test_training_brings_the_network_closer_to_the_finite_differences():
    numbers = pinn.main(epochs=8, steps=40, points=64, cells=64)
    assert numbers["loss"].shape == (8,)
    assert numbers["loss"][-1] < numbers["loss"][0]
    assert numbers["found"].shape == numbers["expected"].shape == (11, 64)
    # what an untrained network is: the initial wave, unchanged
    still = np.broadcast_to(numbers["expected"][0], (10, 64)) - numbers["expected"][1:]
    untrained = np.linalg.norm(still) / np.linalg.norm(numbers["expected"][1:])
    assert numbers["error"] < 0.8 * untrained


def test_four_times_are_drawn():
    figure_module = pytest.importorskip(
        "matplotlib.figure", reason="Matplotlib is not installed"
    )
    figure = figure_module.Figure()
    pinn.plot({"found": np.ones((11, 8)), "expected": np.zeros((11, 8))}, figure)
    assert len(figure.axes[0].lines) == 8
