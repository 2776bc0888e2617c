"""`FeatureModulation` against adaptive normalizations in PyTorch."""

import importlib
import warnings

import keras
import numpy as np
import pytest
import torch

from multibackend.inputs import normal
from multibackend.layers import FeatureModulation, GlobalResponseNormalization
from multibackend.weights import seed_weights

with warnings.catch_warnings():
    # It compiles a function by torch.jit while it is imported, which torch deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    x_transformers = importlib.import_module("x_transformers.x_transformers")


def assert_close(ours, theirs):
    ours = keras.ops.convert_to_numpy(ours)
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 16 * np.finfo("float32").eps * np.abs(
        theirs
    ).max(initial=1)


@pytest.mark.parametrize("every_step", [False, True])
def test_an_adaptive_normalization_is_a_layer_norm_scaled_and_shifted(every_step):
    steps = normal(4, 7, 5, seed=1)
    condition = normal(4, *((7,) if every_step else ()), 3, seed=2)
    layer = FeatureModulation(normalize=True)
    layer.build([steps.shape, condition.shape])
    seed_weights(layer)
    # As in the blocks of diffusion transformers: one linear map, cut into two.
    linear = torch.nn.Linear(3, 10)
    with torch.no_grad():
        _ = linear.weight.copy_(torch.from_numpy(layer.kernel.numpy().T))
        _ = linear.bias.copy_(torch.from_numpy(layer.bias.numpy()))
    said = linear(torch.from_numpy(condition))
    scale, shift = (said if every_step else said[:, None]).chunk(2, dim=-1)
    norm = torch.nn.LayerNorm(5, eps=1e-6, elementwise_affine=False)
    theirs = norm(torch.from_numpy(steps)) * (1 + scale) + shift
    assert_close(layer([steps, condition]), theirs)


def test_without_a_shift_it_is_the_adaptive_norm_of_x_transformers():
    steps, condition = normal(4, 7, 5, seed=1), normal(4, 3, seed=2)
    layer = FeatureModulation(normalize=True, epsilon=1e-5)
    layer.build([steps.shape, condition.shape])
    seed_weights(layer)
    # Theirs has a scale alone, and no bias.
    kernel = np.concatenate([layer.kernel.numpy()[:, :5], np.zeros((3, 5))], axis=1)
    layer.kernel.assign(kernel)
    layer.bias.assign(np.zeros(10))
    peer = x_transformers.AdaptiveLayerNorm(5, dim_condition=3)
    with torch.no_grad():
        _ = peer.to_gamma.weight.copy_(torch.from_numpy(layer.kernel.numpy()[:, :5].T))
    theirs = peer(torch.from_numpy(steps), condition=torch.from_numpy(condition))
    assert_close(layer([steps, condition]), theirs)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_response_is_that_of_the_norms_of_torch(data_format):
    first = data_format == "channels_first"
    images = normal(2, 6, 4, 5, seed=1) if first else normal(2, 4, 5, 6, seed=1)
    layer = GlobalResponseNormalization(data_format=data_format)
    layer.build(images.shape)
    seed_weights(layer)
    x = torch.from_numpy(images)
    x = x.movedim(1, -1) if first else x
    # The listing of the paper, channels last.
    gx = torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True)
    nx = gx / (gx.mean(dim=-1, keepdim=True) + 1e-6)
    gamma, beta = (torch.from_numpy(w.numpy()) for w in (layer.gamma, layer.beta))
    theirs = gamma * (x * nx) + beta + x
    assert_close(layer(images), theirs.movedim(-1, 1) if first else theirs)
