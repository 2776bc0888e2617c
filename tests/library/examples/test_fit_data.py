"""The example about data: every source trains alike, and as NumPy does it."""

import keras
import numpy as np
import pytest

from multibackend.errors import EnvironmentUnfitError
from multibackend.examples import fit_data
from multibackend.weights import seed_weights

EPOCHS = 3


@pytest.fixture(scope="module")
def expected():
    """Loss and mean absolute error by epoch, in float64, from the formulas alone."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    seed_weights(model)
    kernel, bias = (np.asarray(w, dtype=np.float64) for w in model.get_weights())
    x, y = (np.asarray(a, dtype=np.float64) for a in fit_data.data())
    history = {"loss": [], "mean_absolute_error": []}
    for _ in range(EPOCHS):
        errors = []
        for first in range(0, len(x), 32):
            rows = slice(first, first + 32)
            error = x[rows] @ kernel + bias - y[rows]
            errors.append(error)
            slope = 2 * error / len(error)
            kernel = kernel - 0.1 * x[rows].T @ slope
            bias = bias - 0.1 * slope.sum(axis=0)
        # The last batch has 16 rows, not 32, and weighs as much less.
        every = np.concatenate(errors)
        history["loss"].append(np.mean(every**2))
        history["mean_absolute_error"].append(np.mean(np.abs(every)))
    return history


@pytest.mark.parametrize("source", fit_data.LIBRARIES)
def test_every_source_trains_as_the_formulas_say(source, expected):
    library = fit_data.LIBRARIES[source]
    if source not in fit_data.available():
        pytest.skip(f"{library} is not installed, which the source {source} needs")
    history = fit_data.train(source, EPOCHS)
    assert history.epoch == [0, 1, 2]
    assert set(history.history) == set(expected)
    for key, values in expected.items():
        assert history.history[key] == pytest.approx(values, rel=2e-6, abs=0), key


def test_the_numbers_do_not_depend_on_the_sources_compared():
    alone = fit_data.main(sources=[])
    assert set(alone) == {"epoch", "loss", "mean_absolute_error", "agree"}
    assert alone["agree"] == 1.0
    assert fit_data.main(sources=["PyDataset"]) == alone


def test_a_source_in_another_order_does_not_agree(monkeypatch):
    honest = fit_data.open_source

    def reversed_source(source, x, y):
        if source == "PyDataset":
            return honest(source, x[::-1], y[::-1])
        return honest(source, x, y)

    monkeypatch.setattr(fit_data, "open_source", reversed_source)
    assert fit_data.main(sources=["PyDataset"])["agree"] == 0.0


def test_all_sources_are_compared_by_default(monkeypatch):
    trained = []
    honest = fit_data.train

    def noted(source, epochs):
        trained.append(source)
        return honest("arrays", epochs)

    monkeypatch.setattr(fit_data, "train", noted)
    _ = fit_data.main(epochs=1)
    assert set(trained) == set(fit_data.available())


def test_batches_cover_all_rows_once_and_the_last_is_short():
    x, y = fit_data.data()
    batches = fit_data.Batches(x, y, 32)
    assert [len(batches[i][0]) for i in range(len(batches))] == [32, 32, 16]
    for position, whole in enumerate((x, y)):
        parts = [batches[i][position] for i in range(len(batches))]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_an_unknown_source_is_refused():
    with pytest.raises(ValueError, match=r"Expected `source` .*received 'csv'"):
        _ = fit_data.open_source("csv", *fit_data.data())


def test_a_source_without_its_library_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(fit_data, "available", lambda: ("arrays", "PyDataset"))
    with pytest.raises(EnvironmentUnfitError, match="pip install torch"):
        _ = fit_data.open_source("DataLoader", *fit_data.data())
