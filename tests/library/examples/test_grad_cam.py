"""Grad-CAM: heat maps are those of the definition, and lie on the strokes."""

import keras
import numpy as np
import pytest

from multibackend.examples import grad_cam
from multibackend.examples.digits import load

_ = pytest.importorskip(
    "sklearn.datasets", reason="scikit-learn is not installed, which brings the digits"
)


@pytest.mark.usefixtures("float64")
def test_heat_is_the_sum_of_channels_by_the_mean_slope_of_the_score(close):
    inputs = keras.Input((4, 5, 1))
    first = keras.layers.Conv2D(3, 1, activation="silu")
    flat = keras.layers.Flatten()
    last = keras.layers.Dense(10)
    model = keras.Sequential([inputs, first, flat, last])
    draw = np.random.default_rng(3).normal
    model.set_weights([draw(size=weight.shape) for weight in model.weights])
    images = draw(size=(2, 4, 5, 1))
    asked = [3, 7]
    explain = grad_cam.explainer(model)
    heat = keras.ops.convert_to_numpy(explain(images, np.eye(10)[asked]))
    assert explain.notes == []

    features = keras.ops.convert_to_numpy(first(images))  # (2, 4, 5, 3)
    # a score is linear in the map, so its slope is a column of the kernel
    kernel = keras.ops.convert_to_numpy(last.kernel).reshape(4, 5, 3, 10)
    for place, digit in enumerate(asked):
        weights = kernel[..., digit].mean(axis=(0, 1))  # (3,)
        expected = np.maximum(features[place] @ weights, 0)
        assert expected.max() > 0
        close(heat[place], expected, dtype="float64")


def test_where_the_image_is_empty_there_is_no_heat():
    explain = grad_cam.explainer(grad_cam.network())
    image = np.zeros((1, 8, 8, 1), "float32")
    image[0, 5, 5] = 1
    heat = [
        keras.ops.convert_to_numpy(explain(image, row[None]))
        for row in np.eye(10, dtype="float32")
    ]
    warm = np.max(heat, axis=(0, 1))  # (8, 8)
    assert np.any(warm[4:7, 4:7] > 0)
    warm[4:7, 4:7] = 0  # as far as a kernel of 3 x 3 sees
    assert np.all(warm == 0)


def test_one_compiled_step_learns():
    x, y = load(64)
    step = grad_cam.learner(grad_cam.network())
    losses = [float(step(x, y)) for _ in range(4)]
    assert step.notes == []
    assert np.all(np.diff(losses) < 0)


def test_more_heat_lies_on_the_strokes_than_their_area_has():
    numbers = grad_cam.main(epochs=3, samples=480)
    assert numbers["loss"].shape == (3,)
    assert numbers["accuracy"] > 0.5
    assert numbers["heat"].shape == numbers["images"].shape == (96, 8, 8)
    assert numbers["heat"].min() >= 0
    strokes = numbers["images"] > 0.5
    assert numbers["share_of_area"] == np.mean(strokes)
    assert numbers["share_on_strokes"] > numbers["share_of_area"]


def test_ten_digits_and_their_heat_are_drawn():
    figure_module = pytest.importorskip(
        "matplotlib.figure", reason="Matplotlib is not installed"
    )
    figure = figure_module.Figure()
    grad_cam.plot({"images": np.ones((10, 8, 8)), "heat": np.ones((10, 8, 8))}, figure)
    assert len(figure.axes) == 20
