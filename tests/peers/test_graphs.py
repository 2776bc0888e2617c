"""`GraphConvolution` and `MessagePassing` against PyTorch Geometric."""

import importlib
import warnings

import keras
import numpy as np
import pytest
import torch

from multibackend.autodiff import grad
from multibackend.inputs import integers, normal, uniform
from multibackend.layers import GraphConvolution, MessagePassing
from multibackend.weights import seed_weights

with warnings.catch_warnings():
    # It scripts classes of its own, which PyTorch warns of.
    warnings.simplefilter("ignore", DeprecationWarning)
    peers = importlib.import_module("torch_geometric.nn")

NODES, WIDTH, UNITS = 12, 5, 4
X = normal(NODES, WIDTH, seed=1)
# Unsorted pairs, some of them twice, none from a node to itself.
SENDERS = integers(40, high=NODES, seed=2)
RECEIVERS = (SENDERS + integers(40, low=1, high=NODES - 2, seed=3)) % (NODES - 1)
APART = SENDERS != RECEIVERS
PAIRS = np.stack([SENDERS, RECEIVERS], axis=-1)[APART].astype("int32")
WEIGHTS = uniform(len(PAIRS), low=0.5, high=2.0, seed=4)


def rows(pairs):
    return torch.from_numpy(pairs.T.astype("int64").copy())


def same(ours, theirs):
    ours = keras.ops.convert_to_numpy(ours)
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape
    bound = 32 * np.finfo("float32").eps * max(1, np.abs(theirs).max())
    assert np.abs(ours - theirs).max() <= bound


def convolutions(pairs, **kwargs):
    """Our layer and theirs, with the same weights."""
    ours = GraphConvolution(UNITS, self_loops=kwargs.get("add_self_loops", True))
    ours.build([X.shape, pairs.shape])
    seed_weights(ours)
    theirs = peers.GCNConv(WIDTH, UNITS, **kwargs)
    with torch.no_grad():
        theirs.lin.weight.copy_(torch.from_numpy(ours.kernel.numpy().T))
        theirs.bias.copy_(torch.from_numpy(ours.get_weights()[1]))
    return ours, theirs


@pytest.mark.parametrize("loops", [True, False])
@pytest.mark.parametrize("weighed", [True, False])
def test_the_convolution_and_its_gradient_are_theirs(loops, weighed):
    ours, theirs = convolutions(PAIRS, add_self_loops=loops)
    mine = {"edge_weights": WEIGHTS} if weighed else {}
    weights = torch.from_numpy(WEIGHTS) if weighed else None
    x = torch.from_numpy(X).requires_grad_()
    outputs = theirs(x, rows(PAIRS), weights)
    same(ours([X, PAIRS], **mine), outputs)
    outputs.square().sum().backward()
    slopes = grad(lambda x: keras.ops.sum(ours([x, PAIRS], **mine) ** 2))(X)
    same(slopes, x.grad)


def test_an_edge_from_a_node_to_itself_counts_besides_the_loop():
    # Kipf and Welling add I to A. GCNConv adds a loop to nodes that have none yet, so
    # it gives to a loop of weight 2 what ours gives to one of weight 1.
    looped = np.concatenate([PAIRS, [[3, 3]]]).astype("int32")
    ours, theirs = convolutions(looped)
    one = torch.ones(len(looped))
    two = one.clone()
    two[-1] = 2
    same(ours([X, looped]), theirs(torch.from_numpy(X), rows(looped), two))
    other = theirs(torch.from_numpy(X), rows(looped), one)
    same(ours([X, PAIRS]), other)


@pytest.mark.parametrize("aggregation", ["sum", "mean", "max"])
def test_an_edge_network_is_their_nnconv(aggregation):
    features = normal(len(PAIRS), 3, seed=5)
    ours = MessagePassing(
        UNITS, UNITS, "edge_network", aggregation, message_activation=None
    )
    ours.build([X.shape, PAIRS.shape, features.shape])
    seed_weights(ours)
    ours.aggregate_kernel.assign(np.eye(UNITS))
    network = torch.nn.Linear(3, WIDTH * UNITS)
    theirs = peers.NNConv(WIDTH, UNITS, network, aggr=aggregation)
    # Their matrices are (input_dim, units), and ours the other way round.
    kernel = ours.edge_kernel.numpy().reshape(3, UNITS, WIDTH).transpose(2, 1, 0)
    bias = ours.edge_bias.numpy().reshape(UNITS, WIDTH).T
    with torch.no_grad():
        _ = network.weight.copy_(torch.from_numpy(kernel.reshape(-1, 3)))
        _ = network.bias.copy_(torch.from_numpy(bias.reshape(-1)))
        theirs.lin.weight.copy_(torch.from_numpy(ours.node_kernel.numpy().T))
        theirs.bias.copy_(torch.from_numpy(ours.bias.numpy()))
    x = torch.from_numpy(X).requires_grad_()
    outputs = theirs(x, rows(PAIRS), torch.from_numpy(features))
    same(ours([X, PAIRS, features]), outputs)
    outputs.square().sum().backward()
    slopes = grad(lambda x: keras.ops.sum(ours([x, PAIRS, features]) ** 2))(X)
    same(slopes, x.grad)
