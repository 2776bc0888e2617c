"""`GatedLinearUnit`, `LoRADense` and `LayerScale` against PyTorch and its extensions."""

import importlib
import warnings

import keras
import numpy as np
import pytest
import torch

from multibackend.inputs import normal
from multibackend.layers import GatedLinearUnit, LayerScale, LoRADense
from multibackend.weights import seed_weights

with warnings.catch_warnings():
    # It compiles a function by torch.jit while it is imported, which torch deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    x_transformers = importlib.import_module("x_transformers.x_transformers")


def seeded(layer, shape):
    layer.build(shape)
    seed_weights(layer)
    return layer


def weight(variable):
    return torch.from_numpy(variable.numpy())


def assert_close(ours, theirs):
    ours = keras.ops.convert_to_numpy(ours)
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    scale = max(1.0, np.abs(theirs).max())
    assert np.abs(ours - theirs).max() <= 16 * np.finfo("float32").eps * scale


def test_the_unit_of_a_sigmoid_is_that_of_torch():
    inputs = normal(4, 7, 5, seed=1)
    layer = seeded(GatedLinearUnit(3), inputs.shape)
    linear = torch.from_numpy(inputs) @ weight(layer.kernel) + weight(layer.bias)
    assert_close(layer(inputs), torch.nn.functional.glu(linear))


@pytest.mark.parametrize(
    ("activation", "module"),
    [
        ("sigmoid", torch.nn.Sigmoid()),
        ("gelu", torch.nn.GELU()),
        ("silu", torch.nn.SiLU()),
        ("relu", torch.nn.ReLU()),
    ],
)
def test_every_unit_is_that_of_x_transformers(activation, module):
    inputs = normal(4, 7, 5, seed=1)
    layer = seeded(GatedLinearUnit(3, activation), inputs.shape)
    peer = x_transformers.GLU(5, 3, module)
    with torch.no_grad():
        _ = peer.proj.weight.copy_(weight(layer.kernel).T)
        _ = peer.proj.bias.copy_(weight(layer.bias))
    assert_close(layer(inputs), peer(torch.from_numpy(inputs)))


def test_an_adapter_is_that_of_keras_dense():
    inputs = normal(4, 7, 5, seed=1)
    layer = seeded(LoRADense(3, 2, 8.0), inputs.shape)
    peer = keras.layers.Dense(3)
    peer.build(inputs.shape)
    peer.set_weights([layer.kernel, layer.bias])
    peer.enable_lora(2, lora_alpha=8.0)
    peer.lora_kernel_a.assign(layer.lora_a)
    peer.lora_kernel_b.assign(layer.lora_b)
    assert_close(layer(inputs), peer(inputs))
    assert_close(layer.merge(), torch.as_tensor(peer.kernel))
    assert {w.name for w in layer.trainable_weights} == {"lora_a", "lora_b"}
    # Keras leaves the bias to be trained; here it is frozen with the kernel.
    assert {w.name for w in peer.trainable_weights} == {
        "bias",
        "lora_kernel_a",
        "lora_kernel_b",
    }


def test_a_scale_is_that_of_x_transformers():
    inputs = normal(4, 7, 5, seed=1)
    layer = seeded(LayerScale(0.5), inputs.shape)
    peer = x_transformers.LayerScale(torch.nn.Identity(), 5)
    with torch.no_grad():
        _ = peer.gamma.copy_(weight(layer.gamma))
    assert_close(layer(inputs), peer(torch.from_numpy(inputs)))
