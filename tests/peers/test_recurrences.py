"""`SelectiveScan` against mambapy, `MinGRU` against minGRU-pytorch."""

import importlib

import keras
import numpy as np
import pytest
import torch

from multibackend.inputs import normal
from multibackend.layers import MinGRU, SelectiveScan
from multibackend.weights import seed_weights

mamba = importlib.import_module("mambapy.mamba")
mingru = importlib.import_module("minGRU_pytorch.minGRU")


def seeded(layer, shape):
    layer.build(shape)
    seed_weights(layer)
    return layer


def weight(variable):
    return torch.from_numpy(variable.numpy())


def assert_close(ours, theirs, roundings=64):
    ours = keras.ops.convert_to_numpy(ours)
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape
    scale = max(1.0, np.abs(theirs).max())
    assert np.abs(ours - theirs).max() <= roundings * np.finfo("float32").eps * scale


def block_of(ours, *, pscan):
    """A block of Mamba whose state space has our weights."""
    dim, size = ours.decay.shape
    config = mamba.MambaConfig(
        d_model=dim // 2, n_layers=1, d_state=size, dt_rank=2, pscan=pscan
    )
    block = mamba.MambaBlock(config)
    with torch.no_grad():
        block.x_proj.weight.copy_(weight(ours.projection).T)
        block.dt_proj.weight.copy_(weight(ours.delta_kernel).T)
        block.dt_proj.bias.copy_(weight(ours.delta_bias))
        block.A_log.copy_(weight(ours.decay))
        block.D.copy_(weight(ours.skip))
    return block


@pytest.mark.parametrize("pscan", [True, False])
@pytest.mark.parametrize("method", ["associative", "scan"])
def test_the_state_space_is_that_of_mambapy(method, pscan):
    x = normal(2, 9, 6, seed=1)
    ours = seeded(SelectiveScan(4, 2, method=method), x.shape)
    assert_close(ours(x), block_of(ours, pscan=pscan).ssm(torch.from_numpy(x), None))


def test_the_gradient_of_the_state_space_is_that_of_mambapy():
    x = torch.from_numpy(normal(2, 9, 6, seed=1))
    ours = seeded(SelectiveScan(4, 2), tuple(x.shape))
    block = block_of(ours, pscan=False)
    slopes = []
    for function in (ours, lambda x: block.ssm(x, None)):
        inputs = x.clone().requires_grad_()
        function(inputs).square().sum().backward()
        slopes.append(inputs.grad)
    assert_close(*slopes, roundings=256)


def unit_of(ours, dim):
    """The unit of the peer with our weights: its candidate comes first, and no bias."""
    unit = mingru.minGRU(dim)
    gate, candidate = np.split(ours.kernel.numpy(), 2, axis=1)
    both = np.concatenate([candidate, gate], axis=1).T
    with torch.no_grad():
        unit.to_hidden_and_gate.weight.copy_(torch.from_numpy(both))
    return unit


def without_bias(layer, shape):
    seeded(layer, shape)
    layer.bias.assign(np.zeros(layer.bias.shape))
    return layer


@pytest.mark.parametrize("steps", [1, 9, 200])
def test_the_minimal_unit_is_that_of_the_peer_in_log_space(steps):
    x = normal(2, steps, 4, seed=1)
    ours = without_bias(MinGRU(4, return_sequences=True), x.shape)
    # Its sums of logarithms grow with the steps, and lose digits: ours do not.
    roundings = 64 + 8 * steps
    assert_close(ours(x), unit_of(ours, 4)(torch.from_numpy(x)), roundings)


def test_the_minimal_unit_goes_on_from_a_state_as_that_of_the_peer():
    x, state = normal(2, 9, 4, seed=1), np.abs(normal(2, 4, seed=2))
    ours = without_bias(MinGRU(4, return_sequences=True), x.shape)
    theirs = unit_of(ours, 4)(torch.from_numpy(x), torch.from_numpy(state)[:, None])
    assert_close(ours(x, initial_state=state), theirs, 256)
