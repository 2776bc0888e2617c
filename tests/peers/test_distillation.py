"""`Distillation` against PyTorch's divergence and Optax'."""

import jax
import keras
import numpy as np
import optax
import pytest
import torch

from multibackend.autodiff import grad
from multibackend.inputs import normal
from multibackend.losses import Distillation


def assert_near(actual, expected, bound=2e-5):
    got = np.asarray(keras.ops.convert_to_numpy(actual), "float64")
    want = np.asarray(expected, "float64")
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= bound * max(1, np.abs(want).max())


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_it_is_the_divergence_of_torch_times_the_square(temperature):
    teacher, student = normal(6, 5, seed=1), normal(6, 5, seed=2)
    logits = torch.tensor(student, requires_grad=True)
    # `batchmean` divides by the samples alone, `mean` by the classes too.
    divergence = torch.nn.functional.kl_div(
        torch.log_softmax(logits / temperature, dim=-1),
        torch.log_softmax(torch.tensor(teacher) / temperature, dim=-1),
        log_target=True,
        reduction="batchmean",
    )
    expected = temperature**2 * divergence
    expected.backward()
    loss = Distillation(temperature)
    assert_near(loss(teacher, student), expected.detach().numpy())
    assert_near(grad(loss, 1)(teacher, student), logits.grad.numpy())


def test_it_is_the_divergence_of_optax():
    teacher, student = normal(6, 5, seed=1), normal(6, 5, seed=2)
    expected = optax.losses.kl_divergence(
        jax.nn.log_softmax(student), jax.nn.softmax(teacher)
    )
    assert_near(Distillation(1.0, reduction=None)(teacher, student), expected)


def test_it_is_keras_own_divergence_of_the_probabilities():
    teacher, student = normal(6, 5, seed=1), normal(6, 5, seed=2)
    expected = keras.losses.KLDivergence()(
        keras.ops.softmax(teacher / 2), keras.ops.softmax(student / 2)
    )
    assert_near(Distillation(2.0)(teacher, student), 4 * float(expected))
