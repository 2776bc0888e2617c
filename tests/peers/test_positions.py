"""Layers of positions against rotary-embedding-torch and x-transformers."""

import importlib
import warnings

import keras
import numpy as np
import pytest
import torch
from rotary_embedding_torch import RotaryEmbedding as Rotary

from multibackend.inputs import normal
from multibackend.layers import ALiBi, RotaryEmbedding, SinusoidalEncoding

with warnings.catch_warnings():
    # It compiles a function by torch.jit while it is imported, which torch deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    x_transformers = importlib.import_module("x_transformers.x_transformers")


def assert_close(ours, theirs, *, roundings=16):
    ours = keras.ops.convert_to_numpy(ours)
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    scale = max(1.0, np.abs(theirs).max())
    assert np.abs(ours - theirs).max() <= roundings * np.finfo("float32").eps * scale


@pytest.mark.parametrize("offset", [0, 7])
@pytest.mark.parametrize("theta", [10000.0, 50.0])
def test_neighbours_are_turned_as_in_rotary_embedding_torch(offset, theta):
    x = normal(2, 3, 9, 8, seed=1)  # (batch, heads, steps, size)
    peer = Rotary(8, theta=theta)
    theirs = peer.rotate_queries_or_keys(torch.from_numpy(x), offset=offset)
    ours = RotaryEmbedding(theta, interleaved=True, axis=2)(x, offset=offset)
    assert_close(ours, theirs, roundings=32)


def test_neighbours_are_turned_as_in_x_transformers():
    x = normal(2, 3, 9, 8, seed=1)
    freqs, scale = x_transformers.RotaryEmbedding(8).forward_from_seq_len(9)
    theirs = x_transformers.apply_rotary_pos_emb(torch.from_numpy(x), freqs, scale)
    assert_close(RotaryEmbedding(interleaved=True, axis=2)(x), theirs, roundings=32)


def test_halves_are_turned_as_the_neighbours_of_the_peers_in_another_order():
    # Both peers know neighbours only: (0, 4), (1, 5), ... are their (0, 1), (2, 3), ...
    x = normal(2, 3, 9, 8, seed=1)
    order = np.array([0, 4, 1, 5, 2, 6, 3, 7])
    theirs = Rotary(8).rotate_queries_or_keys(torch.from_numpy(x[..., order]))
    ours = keras.ops.convert_to_numpy(RotaryEmbedding(axis=2)(x))
    assert_close(ours[..., order], theirs, roundings=32)


@pytest.mark.parametrize("offset", [0, 5])
def test_sines_in_halves_are_those_of_x_transformers_without_their_scale(offset):
    peer = x_transformers.ScaledSinusoidalEmbedding(8)
    peer.scale.data.fill_(1.0)  # theirs is trained, and starts from 1 / sqrt(width)
    x = np.zeros((1, 6, 8), "float32")
    ours = SinusoidalEncoding(interleaved=False)(x, offset=offset)
    assert_close(ours[0], peer(torch.from_numpy(x), offset=offset), roundings=32)


@pytest.mark.parametrize("heads", [1, 2, 3, 6, 8, 12])
@pytest.mark.parametrize("steps", [(5, 5), (2, 5), (1, 7)])
def test_the_biases_are_those_of_x_transformers(heads, steps):
    scores = normal(2, heads, *steps, seed=1)
    biases = x_transformers.AlibiPositionalBias(heads)(*steps)
    assert_close(ALiBi()(scores), torch.from_numpy(scores) + biases)
