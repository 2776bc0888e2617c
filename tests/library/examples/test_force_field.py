"""The force field: forces are slopes of the energy, turn with the molecule, and train."""

import keras
import numpy as np
import pytest

from multibackend import jit
from multibackend.examples import force_field as example
from multibackend.examples._molecules import ATOMS, molecules, morse, rotation


def numpy_of(tensors):
    return [keras.ops.convert_to_numpy(tensor) for tensor in tensors]


def along(function, at, line):
    """The slope of a float64 function along a line, by central differences.

    Its error is of the order of eps ** (2 / 3), as the step is of eps ** (1 / 3).
    """
    h = np.cbrt(np.finfo(np.float64).eps)
    ahead, behind = (
        function([a + s * d for a, d in zip(at, line, strict=True)]) for s in (h, -h)
    )
    return (ahead - behind) / (2 * h)


def bound(*sizes):
    return 1000 * np.finfo(np.float64).eps ** (2 / 3) * np.prod(sizes)


def asker(model):
    return jit(lambda positions: example.field(model, positions))


def test_the_simulated_forces_are_minus_the_slope_of_the_simulated_energy():
    positions = molecules(4, seed=3)[0].astype("float64")
    line = np.random.default_rng(0).normal(size=positions.shape)
    slope = along(lambda p: morse(p[0])[0], [positions], [line])
    forces = morse(positions)[1]
    expected = -np.sum(forces * line, axis=(1, 2))
    assert np.all(np.abs(slope - expected) <= bound(np.abs(forces).max(), 100))


@pytest.mark.usefixtures("float64")
def test_the_learned_forces_are_minus_the_slope_of_the_learned_energy():
    ask = asker(example.network(8))
    positions = molecules(4, seed=3)[0]
    line = np.random.default_rng(0).normal(size=positions.shape)
    slope = along(lambda p: numpy_of(ask(p[0]))[0], [positions], [line])
    forces = numpy_of(ask(positions))[1]
    expected = -np.sum(forces * line, axis=(1, 2))
    assert np.all(np.abs(slope - expected) <= bound(np.abs(forces).max(), 100))


@pytest.mark.usefixtures("float64")
def test_forces_turn_with_the_molecule_move_with_it_and_follow_the_names_of_atoms():
    ask = asker(example.network(8))
    positions = molecules(4, seed=3)[0]
    energy, forces = numpy_of(ask(positions))
    turn = rotation(seed=5)
    order = np.random.default_rng(6).permutation(ATOMS)
    changed = {
        "turned": (positions @ turn, forces @ turn),
        "moved": (positions + np.array([1.0, -2.0, 0.5]), forces),
        "renamed": (positions[:, order], forces[:, order]),
    }
    assert np.abs(positions @ turn - positions).max() > 0.1
    for name, (at, expected) in changed.items():
        energy_there, forces_there = numpy_of(ask(at))
        # `turn` is rounded to float32, so distances are kept up to that
        eps = np.finfo(np.float32).eps if name == "turned" else np.finfo(float).eps
        size = 256 * eps * np.abs(forces).max()
        assert np.abs(forces_there - expected).max() <= size, name
        assert np.abs(energy_there - energy).max() <= size, name


@pytest.mark.usefixtures("float64")
def test_the_compiled_step_descends_the_slope_of_energy_and_force_errors():
    model = example.network(8)
    weights = model.trainable_variables
    positions, energy, forces = molecules(8, seed=4)
    before = numpy_of(weights)
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(weights)
    step = example.learner(model, optimizer)
    loss = float(step(positions, energy, forces))
    slopes = [a - b for a, b in zip(before, numpy_of(weights), strict=True)]
    assert step.notes == []

    ask = asker(model)

    def loss_at(values):
        model.set_weights(values)
        guess, pulls = numpy_of(ask(positions))
        return np.mean((guess - energy) ** 2) / 6 + np.mean((pulls - forces) ** 2)

    # A step that took the forces for constants would miss most of this slope.
    line = [np.random.default_rng(0).normal(size=w.shape) for w in before]
    expected = sum(np.sum(s * d) for s, d in zip(slopes, line, strict=True))
    steepest = np.sqrt(sum(np.sum(s**2) for s in slopes))
    length = np.sqrt(sum(np.sum(d**2) for d in line))
    slope = along(loss_at, before, line)
    assert abs(slope - expected) <= bound(steepest, length, 10)
    assert abs(loss - loss_at(before)) <= 64 * np.finfo(np.float64).eps * loss


def test_training_lowers_the_loss_and_keeps_the_symmetry():
    numbers = example.main(epochs=4, samples=256)
    assert np.all(np.diff(numbers["loss"]) < 0)
    assert numbers["force_error"] < 1  # what forces of zero would have
    assert numbers["forces"].shape == (64, 6, 3)
    size = np.abs(numbers["forces"]).max()
    assert numbers["rotation_gap"] <= 256 * np.finfo(np.float32).eps * size


def test_the_loss_is_drawn():
    figure_module = pytest.importorskip(
        "matplotlib.figure", reason="Matplotlib is not installed"
    )
    figure = figure_module.Figure()
    example.plot({"loss": np.ones(3), "force_error": 0.1}, figure)
    assert [len(line.get_ydata()) for line in figure.axes[0].lines] == [3]
