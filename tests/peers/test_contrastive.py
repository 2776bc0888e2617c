"""Contrastive losses against pytorch-metric-learning and Optax."""

import keras
import numpy as np
import optax
import pytest
import torch
from pytorch_metric_learning import distances, miners, reducers
from pytorch_metric_learning import losses as peers

from multibackend.autodiff import grad
from multibackend.inputs import normal
from multibackend.losses import InfoNCE, SemiHardTriplet, SupervisedContrastive

LABELS = np.array([0, 0, 1, 1, 2, 0, 1, 2])


def theirs(loss, x, *rest):
    """The value of a peer and its gradient with respect to the embeddings."""
    x = torch.tensor(x, requires_grad=True)
    value = loss(x, *map(torch.tensor, rest))
    value.backward()
    return value.detach().numpy(), x.grad.numpy()


def assert_near(actual, expected, bound=2e-5):
    got = np.asarray(keras.ops.convert_to_numpy(actual), "float64")
    want = np.asarray(expected, "float64")
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= bound * max(1, np.abs(want).max())


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_two_views_are_pairs_of_ntxent(temperature):
    first, second = normal(6, 5, seed=1), normal(6, 5, seed=2)
    both, labels = np.concatenate([first, second]), np.tile(np.arange(6), 2)
    value, slopes = theirs(peers.NTXentLoss(temperature), both, labels)
    loss = InfoNCE(temperature)
    assert_near(loss(first, second), value)
    assert_near(grad(loss, 0)(first, second), slopes[:6])
    assert_near(grad(loss, 1)(first, second), slopes[6:])


def test_two_views_are_pairs_of_optax():
    first, second = normal(6, 5, seed=1), normal(6, 5, seed=2)
    both, labels = np.concatenate([first, second]), np.tile(np.arange(6), 2)
    assert_near(InfoNCE(0.3)(first, second), optax.losses.ntxent(both, labels, 0.3))


def test_other_views_are_the_cross_entropy_of_both_directions():
    first, second = normal(6, 5, seed=1), normal(6, 5, seed=2)
    x, y = (torch.nn.functional.normalize(torch.tensor(v)) for v in (first, second))
    logits, places = x @ y.T / 0.2, torch.arange(6)
    entropy = torch.nn.functional.cross_entropy
    expected = (entropy(logits, places) + entropy(logits.T, places)) / 2
    assert_near(InfoNCE(0.2, negatives="other")(first, second), expected.numpy())


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_labels_contrast_as_they_do_in_supcon(temperature):
    x = normal(8, 5, seed=1)
    value, slopes = theirs(peers.SupConLoss(temperature), x, LABELS)
    loss = SupervisedContrastive(temperature)
    assert_near(loss(LABELS, x), value)
    assert_near(grad(loss, 1)(LABELS, x), slopes)


def test_an_anchor_without_positives_counts_in_the_mean():
    # The peer's mean is over anchors whose loss is above zero, Keras' over the batch.
    x, labels = normal(4, 5, seed=1), np.array([0, 0, 1, 2])
    value, _ = theirs(peers.SupConLoss(0.5), x, labels)
    assert_near(SupervisedContrastive(0.5)(labels, x), value * 2 / 4)


@pytest.mark.parametrize(
    ("name", "power", "normalize"),
    [("euclidean", 1, False), ("squared", 2, False), ("cosine", 2, True)],
)
def test_the_loss_of_the_chosen_triplets_is_the_margin_loss(name, power, normalize):
    # The peer's own semi-hard miner keeps every negative within the margin, and no pair
    # that has none; FaceNet and TensorFlow Addons choose one negative for each pair. So
    # the triplets are chosen here, from the peer's distances, and its loss is taken.
    x, margin = normal(8, 5, seed=1), 1.0
    metric = distances.LpDistance(normalize_embeddings=normalize, power=power)
    far = metric(torch.tensor(x)).numpy()
    chosen = []
    for a, p in np.argwhere((LABELS[:, None] == LABELS) & ~np.eye(8, dtype=bool)):
        negatives = np.flatnonzero(LABELS[a] != LABELS)
        farther = negatives[far[a, negatives] > far[a, p]]
        least = farther[np.argmin(far[a, farther])] if len(farther) else None
        most = negatives[np.argmax(far[a, negatives])]
        chosen.append((a, p, most if least is None else least))
    triplets = tuple(torch.tensor(column) for column in zip(*chosen, strict=True))
    # |u - v|^2 = 2 - 2 cos for normalized embeddings: twice the distance and margin.
    twice = 2 if normalize else 1
    loss = peers.TripletMarginLoss(
        margin=twice * margin, distance=metric, reducer=reducers.MeanReducer()
    )
    y = torch.tensor(x, requires_grad=True)
    value = loss(y, torch.tensor(LABELS), triplets) / twice
    value.backward()
    ours = SemiHardTriplet(margin, distance=name)
    assert_near(ours(LABELS, x), value.detach().numpy())
    assert_near(grad(ours, 1)(LABELS, x), y.grad.numpy())


def test_every_pair_with_one_negative_in_reach_has_the_triplet_that_is_mined():
    # Two labels of which one has a single sample: the miner can choose no other
    # negative, and keeps the pairs where it is farther than the positive.
    x = np.array([[0.0, 0.0], [0.3, 0.1], [0.1, 0.4], [0.9, 0.6]], "float32")
    labels = np.array([0, 0, 0, 1])
    metric = distances.LpDistance(normalize_embeddings=False)
    miner = miners.TripletMarginMiner(2.0, "semihard", distance=metric)
    mined = miner(torch.tensor(x), torch.tensor(labels))
    assert len(mined[0]) == 6  # every positive pair
    loss = peers.TripletMarginLoss(
        margin=2.0, distance=metric, reducer=reducers.MeanReducer()
    )
    expected = loss(torch.tensor(x), torch.tensor(labels), mined)
    assert_near(SemiHardTriplet(2.0)(labels, x), expected.numpy())
