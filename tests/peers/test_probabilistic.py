"""`GaussianNLL`, `Pinball` and `Evidential` beside PyTorch, scikit-learn and SciPy."""

import keras
import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import mean_pinball_loss

from multibackend.autodiff import grad
from multibackend.inputs import normal, uniform
from multibackend.losses import Evidential, GaussianNLL, Pinball


def numpy(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def near(actual, expected, bound=1e-6):
    got, want = numpy(actual).astype("float64"), np.asarray(expected, "float64")
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= bound * max(1, np.abs(want).max())


def torch_gaussian(true, mean, variance, **kwargs):
    """The loss and its gradients with respect to means and variances."""
    means, variances = (
        torch.tensor(given).requires_grad_() for given in (mean, variance)
    )
    loss = torch.nn.GaussianNLLLoss(**kwargs)(means, torch.tensor(true), variances)
    of_means, of_variances = torch.autograd.grad(loss, [means, variances])
    return loss.item(), of_means.numpy(), of_variances.numpy()


@pytest.mark.parametrize("full", [False, True])
def test_gaussian_nll_is_that_of_torch(full):
    true, mean = normal(6, 3, seed=1), normal(6, 3, seed=2)
    variance = uniform(6, 3, low=0.2, high=4.0, seed=3)
    value, of_mean, of_variance = torch_gaussian(true, mean, variance, full=full)
    loss = GaussianNLL(log_variance=False, full=full)
    pred = np.concatenate([mean, variance], axis=-1)
    near(loss(true, pred), value)
    near(grad(loss, 1)(true, pred), np.concatenate([of_mean, of_variance], axis=-1))
    # The logarithm: the floor is added here, and torch's is a bound.
    logs = np.concatenate([mean, np.log(variance)], axis=-1)
    near(GaussianNLL(full=full)(true, logs), value, bound=2e-5)


def test_below_the_floor_torch_hands_out_a_gradient_that_is_not_the_losss():
    true, mean = normal(6, 3, seed=1), normal(6, 3, seed=2)
    variance = uniform(6, 3, low=0.2, high=4.0, seed=3)
    low = variance < 1.0
    value, of_mean, of_variance = torch_gaussian(true, mean, variance, eps=1.0)
    loss = GaussianNLL(log_variance=False, floor=1.0)
    pred = np.concatenate([mean, variance], axis=-1)
    near(loss(true, pred), value)
    slopes = numpy(grad(loss, 1)(true, pred))
    near(slopes[:, :3], of_mean)
    near(slopes[:, 3:][~low], of_variance[~low])
    # Its clamp is hidden from autograd; the value does not move there, as we say.
    assert not np.any(slopes[:, 3:][low])
    assert np.any(of_variance[low] != 0)


@pytest.mark.parametrize("q", [0.1, 0.5, 0.95])
def test_pinball_is_that_of_scikit_learn(q):
    true, pred = normal(20, 1, seed=1), normal(20, 1, seed=2)
    weights = uniform(20, low=0.5, high=2.0, seed=3)
    near(Pinball(q)(true, pred), mean_pinball_loss(true, pred, alpha=q))
    weighed = Pinball(q, reduction="mean_with_sample_weight")(true, pred, weights)
    near(weighed, mean_pinball_loss(true, pred, alpha=q, sample_weight=weights))


def test_several_quantiles_are_the_mean_of_those_of_scikit_learn():
    true, pred = normal(20, 1, seed=1), normal(20, 3, seed=2)
    each = [
        mean_pinball_loss(true, pred[:, [place]], alpha=q)
        for place, q in enumerate((0.1, 0.5, 0.9))
    ]
    near(Pinball([0.1, 0.5, 0.9])(true, pred), np.mean(each))


@pytest.mark.parametrize("size", [0.5, 3.0, 50.0])
def test_evidential_is_student_s_t_of_scipy(size):
    true, gamma = normal(8, 2, seed=1), normal(8, 2, seed=2)
    nu, beta = (uniform(8, 2, low=0.2, high=size, seed=s) for s in (3, 4))
    alpha = 1 + uniform(8, 2, low=0.1, high=size, seed=5)
    pred = np.concatenate([gamma, nu, alpha, beta], axis=-1)
    scale = np.sqrt(beta.astype("float64") * (1 + nu) / (nu * alpha))
    density = stats.t.logpdf(true, 2 * alpha.astype("float64"), gamma, scale)
    loss = Evidential(regularization=0.0, reduction=None)
    near(loss(true, pred), -density.mean(axis=-1), bound=2e-6)
