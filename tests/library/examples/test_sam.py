"""SAM: the applied gradient is the one at the top of the climb, and minima get flatter."""

import keras
import numpy as np
import pytest

from multibackend import jit
from multibackend.autodiff import value_and_grad
from multibackend.examples import sam
from multibackend.examples.digits import load

_ = pytest.importorskip(
    "sklearn.datasets", reason="scikit-learn is not installed, which brings the digits"
)


def numpy_of(tensors):
    return [keras.ops.convert_to_numpy(tensor) for tensor in tensors]


def asker(model):
    """Gives the loss and its slopes for weights handed in, and leaves them there."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    weights = model.trainable_variables
    both = jit(value_and_grad(lambda x, y: loss(y, model(x)), variables=weights))

    def ask(values, x, y):
        model.set_weights(values)
        value, slopes = both(x, y)
        return float(value), numpy_of(slopes)

    return ask


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("radius", [0.0, 0.3])
def test_the_step_applies_the_gradient_found_at_the_end_of_the_climb(radius, close):
    model = sam.network(8)
    x, y = load(32)
    before = numpy_of(model.trainable_variables)
    optimizer = keras.optimizers.SGD(1.0)
    optimizer.build(model.trainable_variables)
    step = sam.learner(model, optimizer, radius)
    loss, rise = numpy_of(step(x, y))
    after = numpy_of(model.trainable_variables)
    assert step.notes == []

    ask = asker(model)
    here, slopes = ask(before, x, y)
    # one length over all weights, not one for each
    length = np.sqrt(sum(np.sum(s**2) for s in slopes))
    top = [w + radius * s / length for w, s in zip(before, slopes, strict=True)]
    there, slopes = ask(top, x, y)
    for new, old, slope in zip(after, before, slopes, strict=True):
        close(new, old - slope, dtype="float64", roundings=256)
    close(loss, here, dtype="float64")
    close(rise, there - here, dtype="float64", roundings=64)
    assert bool(rise > 0) is bool(radius > 0)


@pytest.mark.usefixtures("float64")
def test_looking_around_leaves_the_weights_where_they_were(close):
    model = sam.network(8)
    x, y = load(32)
    before = numpy_of(model.trainable_variables)
    look = sam.learner(model, sam.descent(model, 0.0), sam.RADIUS)
    assert float(look(x, y)[1]) > 0
    for new, old in zip(numpy_of(model.trainable_variables), before, strict=True):
        close(new, old, dtype="float64", roundings=4)


def test_a_fifth_of_the_labels_is_wrong_and_none_by_chance_right():
    labels = load(200)[1]
    changed = sam.mislabel(labels)
    assert np.sum(changed != labels) == 40
    assert changed.dtype == labels.dtype
    assert changed.min() >= 0
    assert changed.max() <= 9


def test_sam_ends_in_a_flatter_place_than_plain_descent():
    numbers = sam.main(epochs=8, samples=400)
    for name in ("plain", "sam"):
        assert len(numbers[f"{name}_loss"]) == 8
        assert numbers[f"{name}_loss"][-1] < numbers[f"{name}_loss"][0]
        assert 0 < numbers[f"{name}_accuracy"] <= 1
    assert 0 < numbers["sam_sharpness"] < numbers["plain_sharpness"]


def test_both_losses_are_drawn():
    figure_module = pytest.importorskip(
        "matplotlib.figure", reason="Matplotlib is not installed"
    )
    figure = figure_module.Figure()
    losses = {"plain_loss": np.ones(2), "sam_loss": np.ones(3)}
    sam.plot({**losses, "plain_accuracy": 0.9, "sam_accuracy": 1.0}, figure)
    assert [len(line.get_ydata()) for line in figure.axes[0].lines] == [2, 3]
