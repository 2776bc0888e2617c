"""The flow of digits: who asks, who reads, and what no memorised image would pass."""

import numpy as np
import pytest

from multibackend.examples import flow_digits
from multibackend.examples._discrepancy import discrepancy
from multibackend.examples.digits import load

_ = pytest.importorskip(
    "sklearn.datasets", reason="scikit-learn is not installed, which brings the digits"
)


def test_each_row_holds_as_many_images_of_its_digit_from_minus_one_to_one():
    images, labels = load(200)
    found = flow_digits.digits(200)
    assert found.shape == (10, np.bincount(labels).min(), 64)
    assert found.min() == -1
    assert found.max() == 1
    known = (2 * images - 1).reshape(200, 64)
    for digit, row in enumerate(found):
        of_digit = known[labels == digit][: len(row)]
        np.testing.assert_array_equal(row, of_digit)


def test_the_reader_takes_the_label_of_the_closest_image():
    rng = np.random.default_rng(0)
    images, known = rng.normal(size=(20, 64)), rng.normal(size=(30, 64))
    known *= rng.uniform(0.5, 2, size=(30, 1))  # of different lengths
    labels = rng.permutation(30)
    apart = np.linalg.norm(images[:, None] - known, axis=-1)
    expected = labels[apart.argmin(axis=1)]
    found = flow_digits.closest(images, known, labels)
    np.testing.assert_array_equal(found, expected)


def test_one_image_of_each_digit_would_be_read_but_is_no_variety():
    of_each = flow_digits.digits()
    held = of_each.shape[1] // 3
    unseen, others = (
        of_each[:, at : at + held].reshape(-1, 64) for at in (0, 2 * held)
    )
    digit = np.repeat(np.arange(10), held)
    # The most typical image of each digit that was not held out.
    typical = of_each[:, held:]
    apart = np.sum((typical - typical.mean(axis=1, keepdims=True)) ** 2, axis=-1)
    one = np.stack([row[k] for row, k in zip(typical, apart.argmin(1), strict=True)])
    one = np.repeat(one, held, axis=0)
    assert np.mean(flow_digits.closest(one, unseen, digit) == digit) > 0.9
    assert discrepancy(one, unseen, digit, flow_digits.WIDTHS) > 0.3
    assert discrepancy(others, unseen, digit, flow_digits.WIDTHS) < 0.01


def test_the_field_learns_from_labelled_digits_that_are_not_held_out(monkeypatch):
    given = {}

    def train(step, epochs, points, condition, **how):
        given.update(points=points, condition=condition)
        return np.zeros(epochs)

    monkeypatch.setattr(flow_digits, "train", train)
    _ = flow_digits.main(epochs=1, samples=300)
    of_each = flow_digits.digits(300)
    held = of_each.shape[1] // 3
    seen = of_each[:, held:]
    np.testing.assert_array_equal(given["points"], seen.reshape(-1, 64))
    np.testing.assert_array_equal(
        given["condition"], np.repeat(np.eye(10), seen.shape[1], axis=0)
    )


def test_new_digits_are_read_and_compared_in_the_order_they_were_asked(monkeypatch):
    """In place of the sampler: the held-out images of the digit that is asked for."""
    of_each = flow_digits.digits(300)
    held = of_each.shape[1] // 3

    def sampler(model):
        def sample(noise, condition):
            assert noise.shape == (10 * held, 64)
            which = condition.argmax(axis=1)
            np.testing.assert_array_equal(condition.sum(axis=1), 1)
            return of_each[which, np.arange(len(which)) % held]

        return sample

    monkeypatch.setattr(flow_digits, "sampler", sampler)
    numbers = flow_digits.main(epochs=1, samples=300)
    assert numbers["read"] == 1
    assert numbers["made"] < min(0, numbers["data"])  # the very same images
    assert numbers["noise"] > 0.1
    expected = of_each[:, :held].reshape(-1, 64)
    np.testing.assert_array_equal(numbers["images"], expected)
    others = of_each[:, held : 2 * held].reshape(-1, 64)
    digit = np.repeat(np.arange(10), held)
    data = discrepancy(others, expected, digit, flow_digits.WIDTHS)
    assert numbers["data"] == data


def test_a_short_training_makes_digits_that_are_read_as_asked():
    numbers = flow_digits.main(epochs=40, samples=600)
    assert numbers["loss"].shape == (40,)
    assert numbers["loss"][-1] < numbers["loss"][0] / 2
    assert numbers["read"] > 0.6  # by chance, 0.1
    assert numbers["read_data"] > 0.9
    assert numbers["made"] < numbers["noise"] / 3
    assert numbers["data"] < numbers["made"]
    assert numbers["images"].shape[1:] == (64,)


def test_each_column_of_the_drawing_shows_a_digit():
    figure_module = pytest.importorskip(
        "matplotlib.figure", reason="Matplotlib is not installed"
    )
    digit = np.repeat(np.arange(10) / 10, 6)
    figure = figure_module.Figure()
    flow_digits.plot({"images": np.tile(digit[:, None], 64)}, figure)
    (drawn,) = figure.axes[0].images
    middles = np.asarray(drawn.get_array())[5::9, 5::9]
    np.testing.assert_array_equal(middles, np.tile(np.arange(10) / 10, (4, 1)))
