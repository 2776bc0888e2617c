"""The compiling example: names and objects mean the same, and mean what they say."""

import keras
import numpy as np
import pytest

from multibackend.examples import compiling
from multibackend.weights import seed_weights

EPOCHS = 2
NOTES_OPTIMIZERS = {"SGD", "RMSprop", "Adam", "Adagrad"}
NOTES_LOSSES = {
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "BinaryCrossentropy",
    "MeanSquaredError",
    "KLDivergence",
    "CosineSimilarity",
}
NOTES_METRICS = {
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "BinaryAccuracy",
    "AUC",
    "Precision",
    "Recall",
}


@pytest.fixture(scope="module")
def numbers():
    return compiling.main(epochs=EPOCHS)


def test_every_optimizer_loss_and_metric_of_the_notes_is_trained():
    recipes = compiling.RECIPES.values()
    optimizers = {compiling.OPTIMIZERS[r.optimizer].__name__ for r in recipes}
    losses = {compiling.LOSSES[r.loss].__name__ for r in recipes}
    metrics = {compiling.METRICS[m].__name__ for r in recipes for m in r.metrics}
    assert optimizers == NOTES_OPTIMIZERS
    assert losses == NOTES_LOSSES
    assert metrics == NOTES_METRICS


@pytest.mark.parametrize("name", compiling.RECIPES)
def test_the_history_has_a_row_an_epoch_and_a_column_a_metric(numbers, name):
    history = numbers[f"{name}, by object"]
    assert history.shape == (EPOCHS, 1 + len(compiling.RECIPES[name].metrics))
    assert history.dtype == np.float64
    assert np.isfinite(history).all()


@pytest.mark.parametrize(
    "name", [n for n, recipe in compiling.RECIPES.items() if not recipe.settings]
)
def test_a_name_and_an_object_give_the_same_numbers(numbers, name):
    by_name, by_object = numbers[f"{name}, by name"], numbers[f"{name}, by object"]
    assert by_name.shape == by_object.shape
    np.testing.assert_array_equal(by_name, by_object)


@pytest.mark.parametrize("name", compiling.RECIPES)
def test_training_lowers_every_loss(numbers, name):
    losses = numbers[f"{name}, by object"][:, 0]
    assert losses[-1] < losses[0]


def test_momentum_has_no_name_and_goes_faster(numbers):
    assert "regression with momentum, by name" not in numbers
    plain = numbers["regression, by object"][-1, 0]
    assert numbers["regression with momentum, by object"][-1, 0] < 0.95 * plain


def start(units):
    """The weights that the example starts from, in float64."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units)])
    seed_weights(model)
    return [np.asarray(w, dtype=np.float64) for w in model.get_weights()]


def batches(form):
    x, y = (np.asarray(a, dtype=np.float64) for a in compiling.data(form))
    return [(x[i : i + 32], y[i : i + 32]) for i in range(0, len(x), 32)]


@pytest.mark.parametrize(
    ("name", "momentum"), [("regression", 0.0), ("regression with momentum", 0.9)]
)
def test_sgd_is_the_formula_v_times_momentum_minus_rate_times_gradient(
    numbers, name, momentum
):
    kernel, bias = start(3)
    velocities = [np.zeros_like(kernel), np.zeros_like(bias)]
    expected = []
    for _ in range(EPOCHS):
        losses = []
        for x, y in batches("numbers"):
            error = x @ kernel + bias - y
            losses.append(np.mean(error**2))
            slope = 2 * error / error.size
            gradients = [x.T @ slope, slope.sum(axis=0)]
            velocities = [
                momentum * v - 0.01 * g
                for v, g in zip(velocities, gradients, strict=True)
            ]
            kernel, bias = kernel + velocities[0], bias + velocities[1]
        expected.append(np.mean(losses))
    losses = numbers[f"{name}, by object"][:, 0]
    np.testing.assert_array_almost_equal_nulp(
        losses.astype("float32"), np.asarray(expected, dtype="float32"), nulp=16
    )


def area_under_curve(y, p):
    """Trapezoids under the ROC curve through Keras' 200 thresholds."""
    thresholds = np.concatenate([[-1e-7], np.arange(1, 199) / 199, [1 + 1e-7]])
    above = p[:, None] > thresholds  # (samples, thresholds)
    hits = (above & (y == 1)[:, None]).sum(axis=0) / (y == 1).sum()
    alarms = (above & (y == 0)[:, None]).sum(axis=0) / (y == 0).sum()
    return np.sum((alarms[:-1] - alarms[1:]) * (hits[:-1] + hits[1:]) / 2)


def test_rmsprop_and_the_binary_metrics_are_their_formulas(numbers):
    kernel, bias = start(1)
    squares = [np.zeros_like(kernel), np.zeros_like(bias)]
    expected = []
    for _ in range(EPOCHS):
        seen = []
        for x, y in batches("zeros and ones"):
            p = 1 / (1 + np.exp(-(x @ kernel + bias)))
            seen.append((y[:, 0], p[:, 0]))
            slope = (p - y) / len(x)
            gradients = [x.T @ slope, slope.sum(axis=0)]
            squares = [
                0.9 * s + 0.1 * g**2 for s, g in zip(squares, gradients, strict=True)
            ]
            steps = [
                0.001 * g / np.sqrt(s + 1e-7)
                for g, s in zip(gradients, squares, strict=True)
            ]
            kernel, bias = kernel - steps[0], bias - steps[1]
        y, p = (np.concatenate(column) for column in zip(*seen, strict=True))
        positive = p > 0.5
        expected.append(
            [
                -np.mean(y * np.log(p) + (1 - y) * np.log1p(-p)),
                np.mean(positive == y),
                area_under_curve(y, p),
                (positive & (y == 1)).sum() / positive.sum(),
                (positive & (y == 1)).sum() / (y == 1).sum(),
            ]
        )
    history = numbers["two classes, by object"]
    np.testing.assert_array_almost_equal_nulp(
        history.astype("float32"), np.asarray(expected, dtype="float32"), nulp=32
    )
