"""Attention against PyTorch's own, and its rotation against rotary-embedding-torch."""

import keras
import numpy as np
import pytest
import torch
from rotary_embedding_torch import RotaryEmbedding as Rotary

from multibackend.autodiff import grad
from multibackend.inputs import normal
from multibackend.layers import AttentionPooling, RotaryAttention
from multibackend.layers._attend import attend
from multibackend.weights import seed_weights

fused = torch.nn.functional.scaled_dot_product_attention

MASK = np.array([[True] * 5, [True, True, False, False, False]])


def seeded(layer, shape):
    layer.build(shape)
    seed_weights(layer)
    return layer


def weight(variable):
    return torch.from_numpy(variable.numpy())


def assert_close(ours, theirs, *, roundings=32):
    ours = keras.ops.convert_to_numpy(ours)
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    scale = max(1.0, np.abs(theirs).max())
    assert np.abs(ours - theirs).max() <= roundings * np.finfo("float32").eps * scale


def peer(layer, x, *, mask=None):
    """The layer by PyTorch's fused attention and another rotation of neighbours."""
    heads, groups = layer.num_heads, layer.num_key_value_heads
    rotary = Rotary(x.shape[-1] // heads)

    def cut(name, count):
        flat = x @ weight(getattr(layer, f"{name}_kernel"))
        flat = flat + weight(getattr(layer, f"{name}_bias"))
        return flat.reshape(*x.shape[:2], count, -1).transpose(1, 2)

    query = rotary.rotate_queries_or_keys(cut("query", heads))
    key = rotary.rotate_queries_or_keys(cut("key", groups))
    shown = None
    if mask is not None:
        shown = torch.from_numpy(mask)[:, None, None, :]
    causal = layer.causal
    if causal and shown is not None:  # it takes one of both
        steps = x.shape[1]
        shown, causal = shown & torch.ones(steps, steps, dtype=torch.bool).tril(), False
    outputs = fused(
        query,
        key,
        cut("value", groups),
        attn_mask=shown,
        is_causal=causal,
        enable_gqa=groups != heads,
    )
    joined = outputs.transpose(1, 2).reshape(*x.shape[:2], -1)
    return joined @ weight(layer.output_kernel) + weight(layer.output_bias)


@pytest.mark.parametrize("groups", [4, 2, 1])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "padded"])
def test_rotary_attention_is_fused_attention_of_turned_heads(groups, causal, mask):
    x = normal(2, 5, 16, seed=1)
    layer = RotaryAttention(
        4, num_key_value_heads=groups, causal=causal, interleaved=True
    )
    _ = seeded(layer, x.shape)
    assert_close(layer(x, mask=mask), peer(layer, torch.from_numpy(x), mask=mask))


def test_the_gradients_are_those_of_fused_attention():
    x = normal(2, 5, 16, seed=1)
    layer = RotaryAttention(4, num_key_value_heads=2, causal=True, interleaved=True)
    _ = seeded(layer, x.shape)
    theirs = torch.from_numpy(x).requires_grad_()
    (slope,) = torch.autograd.grad((peer(layer, theirs) ** 2).sum(), theirs)
    ours = grad(lambda x: keras.ops.sum(layer(x) ** 2))(x)
    assert_close(ours, slope, roundings=64)


def test_without_a_rotation_it_is_the_multihead_attention_of_torch():
    x = normal(2, 5, 16, seed=1)
    theirs = torch.nn.MultiheadAttention(16, 4, bias=False, batch_first=True)
    query, key, value = (
        (torch.from_numpy(x) @ kernel.T).reshape(2, 5, 4, 4)
        for kernel in theirs.in_proj_weight.detach().split(16)
    )
    allowed = torch.from_numpy(MASK)[:, None]
    scaled = (query / 2).reshape(2, 5, 4, 1, 4)
    outputs = attend(scaled, key, value, allowed, some=False).reshape(2, 5, 16)
    ours = outputs @ theirs.out_proj.weight.detach().T
    steps = torch.from_numpy(x)
    expected, _ = theirs(steps, steps, steps, key_padding_mask=~torch.from_numpy(MASK))
    assert_close(ours, expected)


def test_a_query_that_sees_nothing_gets_zeros_as_in_fused_attention():
    # nn.MultiheadAttention gives NaN there, scaled_dot_product_attention zeros.
    x = normal(2, 5, 16, seed=1)
    mask = MASK.copy()
    mask[1] = False
    layer = RotaryAttention(4, interleaved=True)
    _ = seeded(layer, x.shape)
    assert_close(layer(x, mask=mask), peer(layer, torch.from_numpy(x), mask=mask))
    theirs = torch.nn.MultiheadAttention(16, 4, batch_first=True)
    steps = torch.from_numpy(x)
    outputs, _ = theirs(steps, steps, steps, key_padding_mask=~torch.from_numpy(mask))
    assert torch.isnan(outputs[1]).all()


@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "padded"])
def test_pooling_is_multihead_attention_of_its_queries(mask):
    x = normal(2, 5, 16, seed=1)
    layer = seeded(AttentionPooling(3, 4), x.shape)
    theirs = torch.nn.MultiheadAttention(16, 4, batch_first=True)
    kernels = [torch.eye(16), weight(layer.key_kernel).T, weight(layer.value_kernel).T]
    # The bias of the keys is cancelled by the softmax: any will do.
    biases = [torch.zeros(16), torch.ones(16), weight(layer.value_bias)]
    with torch.no_grad():
        _ = theirs.in_proj_weight.copy_(torch.cat(kernels))
        _ = theirs.in_proj_bias.copy_(torch.cat(biases))
        _ = theirs.out_proj.weight.copy_(weight(layer.output_kernel).T)
        _ = theirs.out_proj.bias.copy_(weight(layer.output_bias))
    queries = weight(layer.queries).reshape(1, 3, 16).expand(2, 3, 16)
    steps = torch.from_numpy(x)
    padding = None if mask is None else ~torch.from_numpy(mask)
    expected, _ = theirs(queries, steps, steps, key_padding_mask=padding)
    assert_close(layer(x, mask=mask), expected)
