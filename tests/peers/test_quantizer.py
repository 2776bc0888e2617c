"""`VectorQuantizer` against `vector_quantize_pytorch.VectorQuantize`."""

import keras
import numpy as np
import pytest
import torch
from vector_quantize_pytorch import VectorQuantize

from multibackend.inputs import mask, normal
from multibackend.layers import VectorQuantizer

CODES, DIM = 7, 5


def peer(codes, **arguments):
    """Theirs, straight through, with these codes and sizes of one."""
    module = VectorQuantize(
        dim=DIM,
        codebook_size=len(codes),
        rotation_trick=False,
        commitment_weight=0.25,
        **arguments,
    )
    book = module._codebook
    with torch.no_grad():
        book.embed.copy_(torch.from_numpy(codes)[None])
        book.embed_avg.copy_(torch.from_numpy(codes)[None])
    return module.train()


def own(codes, **arguments):
    layer = VectorQuantizer(len(codes), **arguments)
    layer.build((None, DIM))
    (layer.code_sums if layer.moving_average else layer.codebook).assign(codes)
    return layer


def assert_close(ours, theirs):
    ours = keras.ops.convert_to_numpy(ours)
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 3e-6 * max(1.0, np.abs(theirs).max())


def test_three_steps_of_moving_averages_are_those_of_the_peer():
    codes = normal(CODES, DIM, seed=1)
    theirs = peer(codes, decay=0.8, eps=1e-3)
    ours = own(codes, moving_average=True, decay=0.8, smoothing=1e-3)
    for step in range(3):
        inputs = normal(4, 6, DIM, seed=10 + step)
        nearest = ours.encode(inputs)
        outputs = ours(inputs, training=True)
        found, indices, loss = theirs(torch.from_numpy(inputs))
        assert_close(outputs, found)
        assert np.array_equal(keras.ops.convert_to_numpy(nearest), indices.numpy())
        assert_close(ours.losses[0], loss)
        assert_close(ours.code_sizes, theirs._codebook.cluster_size[0])
        assert_close(ours.code_sums, theirs._codebook.embed_avg[0])
        assert_close(ours.codes(), theirs.codebook)


def test_masked_steps_count_as_little_as_with_the_peer():
    codes, keep = normal(CODES, DIM, seed=1), mask(4, 6, seed=2)
    theirs = peer(codes, decay=0.5)
    ours = own(codes, moving_average=True, decay=0.5)
    inputs = normal(4, 6, DIM, seed=3)
    outputs = keras.ops.convert_to_numpy(ours(inputs, mask=keep, training=True))
    found, _, loss = theirs(torch.from_numpy(inputs), mask=torch.from_numpy(keep))
    # Theirs sets masked steps to zero; ours leaves them to whoever reads the mask.
    assert_close(outputs * keep[..., None], found)
    assert_close(ours.losses[0], loss)
    assert_close(ours.codes(), theirs.codebook)


def test_the_slopes_of_outputs_and_loss_are_those_of_the_peer():
    codes, weights = normal(CODES, DIM, seed=1), normal(4, 6, DIM, seed=4)
    theirs = peer(codes, decay=0.9)
    ours = own(codes, moving_average=True, decay=0.9)
    inputs = normal(4, 6, DIM, seed=3)
    slopes = []
    for kind in (ours, theirs):
        leaf = torch.from_numpy(inputs).requires_grad_()
        if kind is ours:
            outputs = ours(leaf, training=True)
            loss = ours.losses[0]
        else:
            outputs, _, loss = theirs(leaf)
        total = (outputs * torch.from_numpy(weights)).sum() + loss.sum()
        slopes.extend(torch.autograd.grad(total, leaf))
    assert_close(*slopes)


@pytest.mark.parametrize("commitment", [0.25, 1.0])
def test_a_learned_codebook_has_the_loss_and_slope_of_the_peer(commitment):
    codes = normal(CODES, DIM, seed=1)
    theirs = VectorQuantize(
        dim=DIM,
        codebook_size=CODES,
        rotation_trick=False,
        learnable_codebook=True,
        ema_update=False,
    ).train()
    with torch.no_grad():
        theirs._codebook.embed.copy_(torch.from_numpy(codes)[None])
    ours = own(codes, commitment=commitment)
    inputs = normal(4, 6, DIM, seed=3)
    leaf = torch.from_numpy(inputs).requires_grad_()
    ours(leaf)
    mine = torch.autograd.grad(ours.losses[0], [leaf, ours.codebook.value])
    other = torch.from_numpy(inputs).requires_grad_()
    _, _, loss = theirs(other)
    yours = torch.autograd.grad(loss.sum(), [other, theirs._codebook.embed])
    # Theirs is one mean square whose slope reaches codes and inputs alike. Ours is two,
    # as in the paper, and the commitment weighs the one of the inputs alone.
    assert_close(ours.losses[0] / (1 + commitment), loss.sum())
    assert_close(mine[0] / commitment, yours[0])
    assert_close(mine[1], yours[1][0])
