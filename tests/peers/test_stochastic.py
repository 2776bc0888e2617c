"""`DropPath`, `GaussianSampling` and `GumbelSoftmax` against PyTorch's own."""

import keras
import numpy as np
import pytest
import torch
from scipy import stats

from multibackend.autodiff import grad
from multibackend.inputs import normal
from multibackend.layers import DropPath, GaussianSampling, GumbelSoftmax

ROWS = 20_000


def numbers(tensor):
    return keras.ops.convert_to_numpy(tensor)


def assert_one_distribution(ours, theirs):
    """Kolmogorov and Smirnov's test; one run in a million fails by chance."""
    assert stats.ks_2samp(ours, theirs).pvalue > 1e-6


@pytest.mark.parametrize("temperature", [0.3, 1.0, 3.0])
def test_relaxed_draws_are_distributed_as_those_of_torch(temperature):
    logits = np.broadcast_to(normal(4, seed=1), (ROWS, 4)).copy()
    ours = numbers(GumbelSoftmax(temperature, seed=1)(logits, training=True))
    _ = torch.manual_seed(1)
    theirs = torch.nn.functional.gumbel_softmax(torch.from_numpy(logits), temperature)
    for place in range(4):
        assert_one_distribution(ours[:, place], theirs[:, place].numpy())


def test_hard_draws_are_distributed_as_those_of_torch():
    logits = np.broadcast_to(normal(4, seed=1), (ROWS, 4)).copy()
    ours = numbers(GumbelSoftmax(0.5, hard=True, seed=1)(logits, training=True))
    _ = torch.manual_seed(1)
    theirs = torch.nn.functional.gumbel_softmax(
        torch.from_numpy(logits), 0.5, hard=True
    )
    table = np.stack([ours.sum(axis=0), theirs.numpy().sum(axis=0)])
    assert stats.chi2_contingency(table).pvalue > 1e-6
    # Theirs are one-hot up to a rounding, as it adds and takes away the relaxed draw.
    assert set(np.unique(ours)) == {0.0, 1.0}


def test_the_slope_of_a_hard_draw_is_that_of_torch_for_the_same_noise():
    logits, weights = normal(6, 4, seed=1), normal(6, 4, seed=2)
    layer = GumbelSoftmax(0.7, hard=True, seed=5)
    relaxed = numbers(GumbelSoftmax(0.7, seed=5)(logits, training=True))
    ours = grad(
        lambda x: keras.ops.sum(layer(x, training=True) * keras.ops.array(weights))
    )(logits)
    # The noise that was drawn, up to a constant a row, which softmax does not see.
    noise = torch.from_numpy(0.7 * np.log(relaxed) - logits)
    leaf = torch.from_numpy(logits).requires_grad_()
    soft = torch.softmax((leaf + noise) / 0.7, dim=-1)
    hard = torch.nn.functional.one_hot(soft.argmax(dim=-1), 4)
    theirs = hard - soft.detach() + soft
    (slope,) = torch.autograd.grad((theirs * torch.from_numpy(weights)).sum(), leaf)
    assert np.abs(numbers(ours) - slope.numpy()).max() < 1e-5


def test_the_divergence_is_that_of_torch():
    mean, spread = normal(5, 3, 2, seed=1), normal(5, 3, 2, std=2.0, seed=2)
    ours = numbers(GaussianSampling().divergence(mean, spread))
    normals = torch.distributions.Normal(
        torch.from_numpy(mean), torch.exp(torch.from_numpy(spread) / 2)
    )
    standard = torch.distributions.Normal(0.0, 1.0)
    theirs = torch.distributions.kl_divergence(normals, standard).sum(dim=(1, 2))
    assert np.allclose(ours, theirs.numpy(), rtol=1e-5)


def test_gaussian_draws_are_distributed_as_those_of_torch():
    mean, spread = np.array([1.0, -2.0], "float32"), np.array([-1.0, 2.0], "float32")
    inputs = [np.broadcast_to(x, (ROWS, 2)).copy() for x in (mean, spread)]
    ours = numbers(GaussianSampling(seed=1)(inputs, training=True))
    _ = torch.manual_seed(1)
    normals = torch.distributions.Normal(
        torch.from_numpy(inputs[0]), torch.exp(torch.from_numpy(inputs[1]) / 2)
    )
    theirs = normals.rsample().numpy()
    for place in range(2):
        assert_one_distribution(ours[:, place], theirs[:, place])


def test_dropped_samples_are_as_those_of_keras_dropout_with_one_draw_a_sample():
    inputs = np.ones((ROWS, 3), "float32")
    ours = numbers(DropPath(0.3, seed=1)(inputs, training=True))
    peer = keras.layers.Dropout(0.3, noise_shape=(None, 1), seed=2)
    theirs = numbers(peer(inputs, training=True))
    assert np.allclose(np.unique(ours), np.unique(theirs))
    counts = [int((y[:, 0] == 0).sum()) for y in (ours, theirs)]
    table = np.array([counts, [ROWS - count for count in counts]])
    assert stats.chi2_contingency(table).pvalue > 1e-6
