"""The example about validation: an honest split, and held-out numbers one can redo."""

import keras
import numpy as np
import pytest

from multibackend.examples import validation
from multibackend.weights import seed_weights

EPOCHS = 3
SAMPLES = 110


@pytest.fixture(scope="module")
def numbers():
    return validation.main(epochs=EPOCHS, samples=SAMPLES)


def test_the_split_holds_out_thirty_percent_and_loses_no_pair():
    x = np.arange(10)[:, None]
    (kept_x, kept_y), (held_x, held_y) = validation.hold_out(x, 2 * x)
    assert kept_x.shape == kept_y.shape == (7, 1)
    assert held_x.shape == held_y.shape == (3, 1)
    np.testing.assert_array_equal(kept_y, 2 * kept_x)
    np.testing.assert_array_equal(held_y, 2 * held_x)
    together = np.concatenate([kept_x, held_x])
    np.testing.assert_array_equal(np.sort(together, axis=0), x)


def test_the_split_shuffles_first_so_that_both_classes_are_held_out():
    (_, kept), (_, held) = validation.hold_out(*validation.clouds(SAMPLES))
    assert 0.3 < held.mean() < 0.7
    assert 0.3 < kept.mean() < 0.7


def test_the_order_follows_the_seed():
    x = np.arange(50)
    (first, _), _ = validation.hold_out(x, x, seed=1)
    (again, _), _ = validation.hold_out(x, x, seed=1)
    (other, _), _ = validation.hold_out(x, x, seed=2)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("share", [0.0, 0.05, 1.0, 1.5, -0.3])
def test_a_share_that_leaves_a_part_empty_is_refused(share):
    x = np.arange(10)
    with pytest.raises(ValueError, match=rf"Expected `share` .*share={share} of 10"):
        _ = validation.hold_out(x, x, share=share)


def test_inputs_and_targets_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="received 9 targets for 10 inputs"):
        _ = validation.hold_out(np.arange(10), np.arange(9))


def scores_and_loss(x, y, kernel, bias):
    scores = x @ kernel + bias
    return scores, np.logaddexp(0, scores) - y * scores


def test_training_and_validation_are_the_formulas(numbers):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    seed_weights(model)
    kernel, bias = (np.asarray(w, dtype=np.float64) for w in model.get_weights())
    squares = [np.zeros_like(kernel), np.zeros_like(bias)]
    parts = validation.hold_out(*validation.clouds(SAMPLES))
    (x, y), (held_x, held_y) = [
        [np.asarray(a, dtype=np.float64) for a in part] for part in parts
    ]
    expected = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for _ in range(EPOCHS):
        losses, right = [], []
        for first in range(0, len(x), 16):
            now, then = x[first : first + 16], y[first : first + 16]
            scores, loss = scores_and_loss(now, then, kernel, bias)
            losses.append(loss)
            right.append((scores > 0) == then)
            slope = (1 / (1 + np.exp(-scores)) - then) / len(now)
            gradients = [now.T @ slope, slope.sum(axis=0)]
            squares = [
                0.9 * s + 0.1 * g**2 for s, g in zip(squares, gradients, strict=True)
            ]
            kernel, bias = (
                w - 0.05 * g / np.sqrt(s + 1e-7)
                for w, g, s in zip((kernel, bias), gradients, squares, strict=True)
            )
        scores, held = scores_and_loss(held_x, held_y, kernel, bias)
        expected["loss"].append(np.concatenate(losses).mean())
        expected["accuracy"].append(np.concatenate(right).mean())
        expected["val_loss"].append(held.mean())
        expected["val_accuracy"].append(((scores > 0) == held_y).mean())
    for key, values in expected.items():
        assert numbers[key] == pytest.approx(values, rel=1e-5, abs=0), key


def test_evaluate_repeats_the_last_validation(numbers):
    assert set(numbers) == {
        "loss",
        "val_loss",
        "accuracy",
        "val_accuracy",
        "evaluated loss",
        "evaluated accuracy",
    }
    for what in ("loss", "accuracy"):
        again = numbers[f"evaluated {what}"]
        assert type(again) is float
        assert again == pytest.approx(numbers[f"val_{what}"][-1], rel=1e-6, abs=0)


def test_the_clouds_are_told_apart_by_default():
    assert validation.main()["evaluated accuracy"] > 0.95
