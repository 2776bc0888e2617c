"""The WGAN-GP example: the penalty is differentiated, and the generator follows."""

import keras
import numpy as np
import pytest

from multibackend.examples import wgan_gp
from multibackend.examples._frechet import frechet

_ = pytest.importorskip(
    "sklearn.datasets", reason="scikit-learn is not installed, which brings the digits"
)

RNG = np.random.default_rng(5)
NOISE = RNG.normal(size=(8, wgan_gp.LATENT)).astype("float32")
SHARE = RNG.uniform(size=(8, 1)).astype("float32")


def linear_critic(norm):
    """`w x + b`: its gradient is `w` everywhere."""
    critic = keras.Sequential([keras.Input((wgan_gp.PIXELS,)), keras.layers.Dense(1)])
    kernel = RNG.normal(size=(wgan_gp.PIXELS, 1))
    kernel *= norm / np.linalg.norm(kernel)
    critic.set_weights([kernel.astype("float32"), np.zeros(1, "float32")])
    return critic


@pytest.fixture(scope="module")
def generator():
    return wgan_gp.network(wgan_gp.LATENT, wgan_gp.PIXELS, "sigmoid", units=8)


@pytest.mark.parametrize("norm", [0.5, 2.0])
def test_the_penalty_of_a_linear_critic_is_that_of_its_norm_and_pulls_it_to_1(
    generator, norm
):
    critic = linear_critic(norm)
    step = wgan_gp.critic_stepper(critic, generator)
    # Real images that are the generated ones: only the penalty is left.
    real = keras.ops.convert_to_numpy(generator(NOISE))
    weights = generator.get_weights()
    norms, actual = [], norm
    for _ in range(5):
        loss, found = (float(value) for value in step(real, NOISE, SHARE))
        actual = np.linalg.norm(critic.get_weights()[0])
        norms.append(found)
        bound = 64 * np.finfo(np.float32).eps * (1 + norm) ** 2 * wgan_gp.PENALTY
        assert abs(loss - wgan_gp.PENALTY * (found - 1) ** 2) <= bound
    assert step.notes == []
    assert abs(norms[0] - norm) <= 8 * np.finfo(np.float32).eps * norm
    assert np.all(np.diff(np.abs(np.asarray(norms) - 1)) < 0)
    assert abs(actual - 1) < abs(norms[-1] - 1)
    for new, old in zip(generator.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(new, old)


def test_the_generator_climbs_the_critic_which_stays(generator):
    critic = linear_critic(1.0)
    before = critic.get_weights()
    step = wgan_gp.generator_stepper(generator, critic)
    scores = [-float(step(NOISE)) for _ in range(5)]
    assert step.notes == []
    assert np.all(np.diff(scores) > 0)
    for new, old in zip(critic.get_weights(), before, strict=True):
        np.testing.assert_array_equal(new, old)


def test_the_distance_of_gaussians_is_that_of_means_and_deviations():
    rows = RNG.normal(size=(500, 1))
    assert frechet(np.hstack([rows, rows]), np.hstack([rows, rows])) < 1e-6
    first, second = np.eye(3)[[0, 1, 2, 0]], np.eye(3)[[0, 1, 2, 0]] * 2 + 5
    # Twice the deviations: (2 - 1)^2 the variances, besides the means.
    variance = np.trace(np.cov(first, rowvar=False))
    means = np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2)
    assert frechet(first, second) == pytest.approx(variance + means)


def test_a_short_training_brings_the_images_closer():
    numbers = wgan_gp.main(epochs=25, samples=480)
    assert numbers["loss"].shape == numbers["norm"].shape == (25,)
    assert numbers["images"].shape == (1000, 64)
    assert numbers["distance"] < 0.8 * numbers["distance_before"]
