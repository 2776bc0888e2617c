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


def test_the_loss_is_the_surprise_of_the_partners_at_a_tenth_of_the_similarity():
    x, y = load(60)
    model = contrastive.encoder(4)
    found = keras.ops.convert_to_numpy(model(x)).astype("float64")
    scores = found @ found.T / 0.1
    others = ~np.eye(60, dtype=bool)  # nobody is a partner of itself
    whole = np.sum(np.exp(scores), axis=1, where=others, keepdims=True)
    surprise = np.log(whole) - scores
    partners = (y[:, None] == y) & others
    assert np.all(partners.any(axis=1))
    expected = np.mean(
        [row[of].mean() for row, of in zip(surprise, partners, strict=True)]
    )
    loss = float(contrastive.contraster(model)(x, y))
    # A similarity is divided by 0.1, and so is its rounding.
    assert abs(loss - expected) <= 640 * np.finfo(np.float32).eps * expected


def test_held_out_digits_teach_nothing_and_are_what_is_read(monkeypatch):
    x, y = load(60)
    told = []

    def train(step, epochs, *data):
        told.append(data)
        return np.zeros(epochs)

    def probe():
        """Scores the digit that an embedding of one number tells."""
        return lambda found: np.eye(10)[found[:, 0].astype(int)]

    def encoder():
        """Tells the digit of each image, but of the first held-out one another."""
        digits = np.where(np.arange(60) == 0, (y + 1) % 10, y)
        return lambda images: digits[: len(images), None].astype("float32")

    monkeypatch.setattr(contrastive, "train", train)
    monkeypatch.setattr(contrastive, "encoder", encoder)
    monkeypatch.setattr(contrastive, "probe", probe)
    for name in ("prober", "contraster"):
        monkeypatch.setattr(contrastive, name, lambda model: model)
    numbers = contrastive.main(epochs=1, samples=60)
    probed, encoded, again = told
    np.testing.assert_array_equal(encoded[0], x[12:])
    for _, labels in told:
        np.testing.assert_array_equal(labels, y[12:])
    for found, _ in (probed, again):
        np.testing.assert_array_equal(found[:, 0], y[12:])
    assert numbers["accuracy"] == numbers["untrained_accuracy"] == 11 / 12


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
