"""`LinearChainCRF` and its loss against pytorch-crf."""

import importlib

import keras
import numpy as np
import pytest
import torch

from multibackend.inputs import normal
from multibackend.layers import LinearChainCRF
from multibackend.losses import CRFNegativeLogLikelihood
from multibackend.weights import seed_weights

torchcrf = importlib.import_module("torchcrf")

LENGTHS = np.array([7, 1, 4])
MASK = np.arange(7) < LENGTHS[:, None]


@pytest.fixture
def pair():
    """Our layer and theirs, with the same weights."""
    ours = LinearChainCRF(5)
    ours.build((None, None, 5))
    seed_weights(ours)
    theirs = torchcrf.CRF(5, batch_first=True)
    with torch.no_grad():
        theirs.transitions.copy_(torch.from_numpy(ours.transitions.numpy()))
        theirs.start_transitions.copy_(torch.from_numpy(ours.start.numpy()))
        theirs.end_transitions.copy_(torch.from_numpy(ours.end.numpy()))
    return ours, theirs


def close(ours, theirs):
    ours = keras.ops.convert_to_numpy(ours)
    theirs = np.asarray(theirs.detach())
    assert ours.shape == theirs.shape
    scale = max(1.0, np.abs(theirs).max())
    return np.abs(ours - theirs).max() <= 32 * np.finfo("float32").eps * scale


def test_the_loss_of_each_sample_is_that_of_the_peer(pair):
    ours, theirs = pair
    x = normal(3, 7, 5, seed=1)
    tags = np.random.default_rng(0).integers(0, 5, (3, 7))
    loss = CRFNegativeLogLikelihood(reduction=None)(tags, ours(x, mask=MASK))
    given = torch.from_numpy(x), torch.from_numpy(tags)
    likelihood = theirs(*given, mask=torch.from_numpy(MASK), reduction="none")
    assert close(loss, -likelihood)


def test_the_best_path_is_that_of_the_peer(pair):
    ours, theirs = pair
    x = normal(3, 7, 5, std=2.0, seed=1)
    found = keras.ops.convert_to_numpy(ours(x, output="tags", mask=MASK))
    paths = theirs.decode(torch.from_numpy(x), torch.from_numpy(MASK))
    assert [row[:n].tolist() for row, n in zip(found, LENGTHS, strict=True)] == paths


def test_the_gradients_are_those_of_the_peer(pair):
    ours, theirs = pair
    x = normal(3, 7, 5, seed=1)
    tags = np.random.default_rng(0).integers(0, 5, (3, 7))
    mine, other = (torch.from_numpy(x.copy()).requires_grad_() for _ in range(2))
    CRFNegativeLogLikelihood("sum")(tags, ours(mine, mask=MASK)).backward()
    (-theirs(other, torch.from_numpy(tags), torch.from_numpy(MASK))).backward()
    assert close(mine.grad, other.grad)
    assert close(ours.transitions.value.grad, theirs.transitions.grad)
    assert close(ours.start.value.grad, theirs.start_transitions.grad)
    assert close(ours.end.value.grad, theirs.end_transitions.grad)


def test_the_partition_is_that_of_the_peer(pair):
    ours, theirs = pair
    x = normal(3, 7, 5, seed=1)
    steps = torch.from_numpy(x).transpose(0, 1)
    mask = torch.from_numpy(MASK).transpose(0, 1)
    expected = theirs._compute_normalizer(steps, mask)
    assert close(ours(x, output="log_partition", mask=MASK), expected)
