"""The contrastive example: digits of a kind come together, and the probe sees it."""

import keras
import numpy as np
import pytest

from multibackend.examples import contrastive
from multibackend.examples.digits import load

_ = pytest.importorskip(
    "sklearn.datasets", reason="scikit-learn is not installed, which brings the digits"
)


def closeness(embeddings, labels):
    """The mean cosine similarity within a digit, less that between digits."""
    similar = embeddings @ embeddings.T
    same = labels[:, None] == labels
    return similar[same].mean() - similar[~same].mean()


def test_compiled_steps_draw_the_same_digits_together():
    x, y = load(64)
    model = contrastive.encoder(4)
    step = contrastive.contraster(model)
    before = closeness(keras.ops.convert_to_numpy(model(x)), y)
    losses = [float(step(x, y)) for _ in range(8)]
    after = closeness(keras.ops.convert_to_numpy(model(x)), y)
    assert step.notes == []
    assert np.all(np.diff(losses) < 0)
    assert after > before


def test_digits_without_a_partner_teach_nothing():
    x, _ = load(8)
    model = contrastive.encoder(4)
    before = model.get_weights()
    assert float(contrastive.contraster(model)(x, np.arange(8))) == 0
    for new, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(new, old)


def test_the_probe_of_a_trained_encoder_beats_that_of_an_untrained_one():
    numbers = contrastive.main(epochs=8, samples=480)
    assert numbers["contrastive_loss"].shape == numbers["probe_loss"].shape == (8,)
    assert numbers["contrastive_loss"][-1] < numbers["contrastive_loss"][0]
    assert numbers["accuracy"] > numbers["untrained_accuracy"]
    lengths = np.linalg.norm(numbers["embeddings"], axis=1)
    assert np.all(np.abs(lengths - 1) <= 8 * np.finfo(lengths.dtype).eps)
    assert numbers["scores"].shape == (96, 10)
