"""Distances between samples against POT and scikit-learn's kernels."""

import keras
import numpy as np
import ot
import pytest
from sklearn.metrics import pairwise

from multibackend.inputs import array, normal
from multibackend.losses import MaximumMeanDiscrepancy, SinkhornDivergence

EPSILON = 0.5


def samples():
    return normal(7, 3, seed=1), normal(7, 3, seed=2) + np.float32(0.5)


def assert_near(actual, expected, bound=2e-5):
    got = np.asarray(keras.ops.convert_to_numpy(actual), "float64")
    want = np.asarray(expected, "float64")
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= bound * max(1, np.abs(want).max())


def regularized(x, y, a):
    """The cost of POT's plan with the entropy relative to its margins.

    POT's regularizer is `sum P log P`, which differs from the divergence of `P` from
    `a b^T` by the entropies of the margins, constants: the plan is the same one. What
    its functions return is the cost of the plan alone, without any entropy.
    """
    costs = ot.dist(x, y, metric="sqeuclidean") / 2
    plan = ot.sinkhorn(
        a, a, costs, EPSILON, method="sinkhorn_log", numItermax=10000, stopThr=1e-14
    )
    entropy = np.sum(plan * np.log(plan / np.outer(a, a)))
    return np.sum(plan * costs), entropy


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5, 1.0, 3.0, 1.0, 0.25]])
def test_the_transport_and_its_entropy_are_those_of_pots_plan(weights):
    x, y = (given.astype("float64") for given in samples())
    a = np.ones(7) if weights is None else np.array(weights)
    a = a / a.sum()
    own = [sum_of(*regularized(s, t, a)) for s, t in ((x, y), (x, x), (y, y))]
    given = None if weights is None else array(weights)
    loss = SinkhornDivergence(EPSILON, iterations=300, debias=False)
    assert_near(loss(*samples(), given), own[0])
    loss = SinkhornDivergence(EPSILON, iterations=300)
    assert_near(loss(*samples(), given), own[0] - (own[1] + own[2]) / 2)


def sum_of(cost, entropy):
    return cost + EPSILON * entropy


def test_pots_divergence_leaves_the_entropies_out():
    # Its note says so: ours is theirs plus the debiased entropies. Its cost is the
    # square of the distance, so that its regularization is twice ours.
    x, y = (given.astype("float64") for given in samples())
    a = np.full(7, 1 / 7)
    theirs = ot.bregman.empirical_sinkhorn_divergence(
        x, y, 2 * EPSILON, numIterMax=10000, stopThr=1e-12
    )
    entropies = [regularized(s, t, a)[1] for s, t in ((x, y), (x, x), (y, y))]
    missing = EPSILON * (entropies[0] - (entropies[1] + entropies[2]) / 2)
    loss = SinkhornDivergence(EPSILON, iterations=300)
    assert_near(loss(*samples()), float(theirs) / 2 + missing)


def test_without_entropy_it_is_the_exact_transport():
    x, y = samples()
    costs = ot.dist(x.astype("float64"), y.astype("float64")) / 2
    exact = ot.emd2(np.full(7, 1 / 7), np.full(7, 1 / 7), costs)
    found = float(SinkhornDivergence(0.01, iterations=500)(x, y))
    assert abs(found - exact) < 2e-2 * exact


@pytest.mark.parametrize("unbiased", [False, True])
def test_the_discrepancy_is_that_of_scikit_learns_kernels(unbiased):
    x, y = samples()

    def kernel(s, t):
        s, t = s.astype("float64"), t.astype("float64")
        kernels = [pairwise.rbf_kernel(s, t, 0.5 / b**2) for b in (1.0, 3.0)]
        return np.mean(kernels, axis=0)

    def mean(s):
        k = kernel(s, s)
        return (k.sum() - np.trace(k)) / (7 * 6) if unbiased else k.mean()

    expected = mean(x) + mean(y) - 2 * kernel(x, y).mean()
    assert_near(MaximumMeanDiscrepancy([1.0, 3.0], unbiased=unbiased)(x, y), expected)
