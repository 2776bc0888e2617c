"""Layers of images against PyTorch's own and Kornia's."""

import keras
import kornia
import numpy as np
import pytest
import torch

from multibackend.inputs import normal, uniform
from multibackend.layers import (
    BlurPool,
    GeneralizedMeanPooling,
    PatchEmbedding,
    PixelShuffle,
    PixelUnshuffle,
    SqueezeExcitation,
)
from multibackend.weights import seed_weights

EPS = np.finfo("float32").eps


def assert_close(actual, expected, roundings=16):
    got, want = keras.ops.convert_to_numpy(actual), expected.detach().cpu().numpy()
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= roundings * EPS * max(1, np.abs(want).max())


def tensor(x):
    return torch.from_numpy(np.ascontiguousarray(x))


@pytest.mark.parametrize("factor", [1, 2, 3])
@pytest.mark.parametrize("layout", ["channels_first", "channels_last"])
def test_pixels_move_as_in_torch(factor, layout):
    last = layout == "channels_last"
    x = normal(2, 2 * factor**2, 3, 5, seed=1)
    given = x.transpose(0, 2, 3, 1) if last else x
    expected = torch.nn.PixelShuffle(factor)(tensor(x))
    expected = expected.permute(0, 2, 3, 1) if last else expected
    assert_close(PixelShuffle(factor, data_format=layout)(given), expected, 0)

    x = normal(2, 2, 3 * factor, 5 * factor, seed=1)
    given = x.transpose(0, 2, 3, 1) if last else x
    expected = torch.nn.PixelUnshuffle(factor)(tensor(x))
    expected = expected.permute(0, 2, 3, 1) if last else expected
    assert_close(PixelUnshuffle(factor, data_format=layout)(given), expected, 0)


def test_patches_are_those_of_a_convolution_of_torch():
    x = normal(2, 3, 8, 12, seed=1)
    layer = PatchEmbedding((4, 3), 5, data_format="channels_first")
    layer.build(x.shape)
    seed_weights(layer)
    twin = torch.nn.Conv2d(3, 5, (4, 3), stride=(4, 3))
    kernel, bias = (keras.ops.convert_to_numpy(w) for w in layer.weights)
    with torch.no_grad():
        _ = twin.weight.copy_(tensor(kernel.transpose(3, 2, 0, 1)))
        _ = twin.bias.copy_(tensor(bias))
    expected = twin(tensor(x)).flatten(2).transpose(1, 2)
    assert_close(layer(x), expected)


def test_a_gate_is_that_of_two_linear_layers_of_torch():
    x = normal(2, 8, 3, 4, seed=1)
    layer = SqueezeExcitation(2, data_format="channels_first")
    layer.build(x.shape)
    seed_weights(layer)
    values = [tensor(keras.ops.convert_to_numpy(w)) for w in layer.weights]
    first, second = torch.nn.Linear(8, 4), torch.nn.Linear(4, 8)
    with torch.no_grad():
        for twin, kernel, bias in ((first, *values[:2]), (second, *values[2:])):
            _ = twin.weight.copy_(kernel.T)
            _ = twin.bias.copy_(bias)
    gate = torch.nn.Sequential(
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        first,
        torch.nn.ReLU(),
        second,
        torch.nn.Sigmoid(),
    )
    given = tensor(x)
    assert_close(layer(x), given * gate(given)[:, :, None, None])


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("strides", [1, 2, 3])
def test_blurred_images_are_those_of_kornia(kernel_size, strides):
    x = normal(2, 3, 10, 13, seed=1)
    layer = BlurPool(
        kernel_size, strides=strides, padding="zeros", data_format="channels_first"
    )
    got = keras.ops.convert_to_numpy(layer(x))
    twin = kornia.filters.BlurPool2D(kernel_size, stride=strides)
    want = twin(tensor(x)).numpy()
    # Kornia puts `(kernel_size - 1) // 2` zeros on both sides. An even kernel takes one
    # more, which stands behind the last place here, so that no place is lost: Kornia
    # has a row less where the last one starts there.
    assert got.shape[2:] == tuple(-(-size // strides) for size in (10, 13))
    high, broad = want.shape[2:]
    if kernel_size % 2:
        assert got.shape == want.shape
    assert np.abs(got[:, :, :high, :broad] - want).max() <= 8 * EPS * np.abs(want).max()


@pytest.mark.parametrize(("kernel_size", "strides"), [(3, 2), (4, 2), (5, 3)])
def test_mirrored_edges_are_those_of_the_authors(kernel_size, strides):
    # As in https://github.com/adobe/antialiased-cnns: `(k - 1) // 2` places before and
    # the rest behind, mirrored, then a convolution of each channel.
    x = normal(2, 3, 10, 13, seed=1)
    row = torch.tensor([1.0])
    for _ in range(kernel_size - 1):
        row = torch.conv1d(row[None, None], torch.ones(1, 1, 2) / 2, padding=1)[0, 0]
    before, after = (kernel_size - 1) // 2, kernel_size // 2
    padded = torch.nn.functional.pad(
        tensor(x), (before, after, before, after), mode="reflect"
    )
    kernel = (row[:, None] * row[None]).expand(3, 1, -1, -1)
    expected = torch.conv2d(padded, kernel, stride=strides, groups=3)
    layer = BlurPool(kernel_size, strides=strides, data_format="channels_first")
    assert_close(layer(x), expected)


@pytest.mark.parametrize("p", [1.0, 2.5, 6.0])
def test_generalized_means_are_norm_pools_of_torch(p):
    x = uniform(2, 3, 5, 7, low=0.1, high=2.0, seed=1)
    layer = GeneralizedMeanPooling(p=p, data_format="channels_first")
    # The norm pool of torch is the root of the sum, not of the mean.
    total = torch.nn.LPPool2d(p, (5, 7))(tensor(x)).flatten(1)
    assert_close(layer(x), total / 35 ** (1 / p))
