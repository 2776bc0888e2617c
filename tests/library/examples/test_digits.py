"""The digits example: real images, read correctly on every backend."""

import importlib.util

import keras
import numpy as np
import pytest

from multibackend.errors import EnvironmentUnfitError
from multibackend.examples import digits

sklearn_datasets = pytest.importorskip(
    "sklearn.datasets", reason="scikit-learn is not installed, which brings the digits"
)


@pytest.fixture(scope="module")
def numbers():
    return digits.main()


def test_more_than_95_percent_of_the_held_out_digits_are_read(numbers):
    assert type(numbers["accuracy"]) is float
    assert 0.95 <= numbers["accuracy"] <= 1


def test_the_history_has_both_losses_by_epoch_and_both_fall(numbers):
    assert set(numbers) == {"loss", "val_loss", "accuracy"}
    for key in ("loss", "val_loss"):
        assert len(numbers[key]) == 6
        assert numbers[key][-1] < numbers[key][0]


def test_every_digit_is_there_once_with_its_own_label():
    x, y = digits.load()
    assert x.shape == (1797, 8, 8, 1)
    assert x.dtype == keras.config.floatx()
    assert y.shape == (1797,)
    assert y.dtype == np.int32
    given = sklearn_datasets.load_digits()
    pairs = {(im.tobytes(), int(t)) for im, t in zip(x[..., 0], y, strict=True)}
    wanted = (given.images / 16).astype(x.dtype)
    assert pairs == {
        (im.tobytes(), int(t)) for im, t in zip(wanted, given.target, strict=True)
    }


def test_fewer_samples_are_the_first_of_the_same_order_and_hold_all_digits():
    x, y = digits.load(320)
    every_x, every_y = digits.load()
    np.testing.assert_array_equal(x, every_x[:320])
    np.testing.assert_array_equal(y, every_y[:320])
    assert set(y.tolist()) == set(range(10))


def test_the_order_is_shuffled():
    _, y = digits.load()
    assert not np.array_equal(y, sklearn_datasets.load_digits().target)


def test_a_short_run_takes_the_epochs_and_samples_asked_for():
    numbers = digits.main(epochs=1, samples=100)
    assert len(numbers["loss"]) == len(numbers["val_loss"]) == 1
    assert (numbers["accuracy"] * 20) == pytest.approx(round(numbers["accuracy"] * 20))


def test_two_networks_start_alike_and_have_one_score_a_digit():
    first, second = digits.network(), digits.network()
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert first.output_shape == (None, 10)


def test_without_scikit_learn_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(EnvironmentUnfitError, match=r"keras-multibackend\[data\]"):
        _ = digits.load()
