"""The VAE example: the bound is its formula, and the draw has a gradient."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.examples import vae
from multibackend.examples.digits import load
from multibackend.weights import seed_weights

_ = pytest.importorskip(
    "sklearn.datasets", reason="scikit-learn is not installed, which brings the digits"
)

RNG = np.random.default_rng(4)
IMAGES = RNG.uniform(size=(6, vae.PIXELS)).astype("float32")
NOISE = RNG.normal(size=(6, vae.LATENT)).astype("float32")


@pytest.fixture
def model():
    built = vae.Autoencoder(units=8)
    _ = built(IMAGES, NOISE)
    seed_weights(built)
    return built


def test_the_bound_is_cross_entropy_plus_divergence(model):
    encoded = keras.ops.convert_to_numpy(model.encoder(IMAGES)).astype("float64")
    mean, deviation = encoded[:, : vae.LATENT], np.exp(encoded[:, vae.LATENT :] / 2)
    code = (mean + deviation * NOISE).astype("float32")
    decoded = keras.ops.convert_to_numpy(model.decoder(code)).astype("float64")
    p = 1 / (1 + np.exp(-decoded))
    cross = -np.sum(IMAGES * np.log(p) + (1 - IMAGES) * np.log1p(-p), axis=1)
    apart = (mean**2 + deviation**2 - 1) / 2 - np.log(deviation)
    apart = np.mean(np.sum(apart, axis=1))
    expected = np.mean(cross) + apart
    found = [
        float(keras.ops.convert_to_numpy(value))
        for value in vae.bound(model, IMAGES, NOISE)
    ]
    eps = 64 * np.finfo(np.float32).eps
    assert abs(found[0] - expected) <= eps * expected
    assert abs(found[1] - apart) <= eps * max(1, apart)


def test_the_gradient_of_the_pixels_reaches_the_encoder_through_the_draw(model):
    def of_pixels():
        whole, divergence = vae.bound(model, IMAGES, NOISE)
        return whole - divergence

    for slope in grad(of_pixels, variables=model.encoder.trainable_variables)():
        assert np.all(keras.ops.convert_to_numpy(slope) != 0)


def test_compiled_steps_lower_the_bound_of_the_same_images_and_noise(model):
    step = vae.stepper(model)
    losses = [float(step(IMAGES, NOISE)[0]) for _ in range(5)]
    assert step.notes == []
    assert np.all(np.diff(losses) < 0)


def test_held_out_images_are_measured_and_never_trained_on(monkeypatch):
    images = load(320)[0].reshape(320, vae.PIXELS)
    trained, measured = [], []

    def stepper(model):
        def step(x, noise):
            trained.append((x, noise))
            return 3.0, 1.0

        return step

    def bound(model, x, noise):
        measured.append((x, noise))
        return np.asarray(2.0), np.asarray(1.0)

    monkeypatch.setattr(vae, "stepper", stepper)
    monkeypatch.setattr(vae, "bound", bound)
    numbers = vae.main(epochs=2, samples=320)
    ((test, test_noise),) = measured
    np.testing.assert_array_equal(test, images[:64])
    # Four batches of 64: all that are not held out, in each of both epochs.
    for epoch in (trained[:4], trained[4:]):
        seen = np.concatenate([x for x, _ in epoch])
        np.testing.assert_array_equal(
            np.unique(seen, axis=0), np.unique(images[64:], axis=0)
        )
    noise = np.concatenate([each for _, each in trained] + [test_noise])
    assert noise.shape == (2 * 256 + 64, vae.LATENT)
    assert abs(noise.mean()) < 0.1
    assert abs(noise.std() - 1) < 0.1
    assert len(np.unique(noise)) > 0.99 * noise.size  # no draw is used twice
    # A constant image knows what was trained on only.
    p = images[64:].mean(axis=0, dtype="float64").clip(1e-3, 1 - 1e-3)
    constant = -images[:64] * np.log(p) - (1 - images[:64]) * np.log1p(-p)
    assert numbers["constant"] == pytest.approx(constant.sum(axis=1).mean(), rel=1e-5)
    assert numbers["held_out"] == 2
    np.testing.assert_array_equal(numbers["loss"], [3, 3])
    np.testing.assert_array_equal(numbers["divergence"], [1, 1])


def test_a_short_training_beats_a_constant_image():
    numbers = vae.main(epochs=30, samples=640)
    assert numbers["loss"].shape == numbers["divergence"].shape == (30,)
    assert numbers["loss"][-1] < numbers["loss"][0]
    assert np.all(numbers["divergence"] > 0)
    assert numbers["held_out"] < numbers["constant"]
    assert numbers["images"].shape == (32, vae.PIXELS)
    assert numbers["images"].min() > 0
    assert numbers["images"].max() < 1
    # What is drawn are images of digits: dark in the middle, light at the edges.
    drawn = numbers["images"].mean(axis=0).reshape(8, 8)
    assert drawn[2:6, 2:6].mean() > 2 * drawn[:, [0, -1]].mean()
