"""The inference example: at once or in batches, the same probabilities."""

import keras
import numpy as np
import pytest

from multibackend.examples import inference


@pytest.fixture(scope="module")
def numbers():
    return inference.main()


@pytest.mark.parametrize("way", ["direct", "batched"])
def test_each_way_returns_a_numpy_array_of_probabilities(numbers, way):
    probabilities = numbers[way]
    assert type(probabilities) is np.ndarray
    assert probabilities.shape == (300, 3)
    assert probabilities.dtype == keras.config.floatx()
    assert probabilities.min() >= 0
    ulp = np.finfo(probabilities.dtype).eps
    assert np.abs(probabilities.sum(axis=1) - 1).max() <= 4 * ulp


def test_both_ways_agree_up_to_rounding(numbers):
    direct, batched = numbers["direct"], numbers["batched"]
    assert direct.shape == batched.shape
    assert direct.dtype == batched.dtype
    assert np.abs(direct - batched).max() <= 16 * np.finfo(direct.dtype).eps


def test_predict_really_goes_in_batches_of_128(monkeypatch):
    sizes = []
    honest = keras.Sequential.predict

    def noted(model, x, **settings):
        note = keras.callbacks.LambdaCallback()
        note.on_predict_batch_end = lambda _, logs: sizes.append(len(logs["outputs"]))
        return honest(model, x, callbacks=[note], **settings)

    monkeypatch.setattr(keras.Sequential, "predict", noted)
    _ = inference.main(epochs=1)
    assert sizes == [128, 128, 44]


def test_a_trained_model_computes_what_its_weights_say():
    model = inference.trained(epochs=1)
    x = inference.points(20, seed=99).astype(np.float64)
    first, first_bias, second, second_bias = (
        np.asarray(w, dtype=np.float64) for w in model.get_weights()
    )
    hidden = np.tanh(x @ first + first_bias)
    powers = np.exp(hidden @ second + second_bias)
    expected = powers / powers.sum(axis=1, keepdims=True)
    given = model.predict(x.astype(keras.config.floatx()), verbose=0)
    assert given.shape == expected.shape
    assert np.abs(given - expected).max() < 1e-6


def test_training_helps_on_points_never_seen(numbers):
    new = inference.points(300, seed=15)
    answer = new[:, :3].argmax(axis=1)
    right = np.mean(numbers["direct"].argmax(axis=1) == answer)
    assert right > 0.6  # guessing gives a third
