"""The discrepancy: its formula, and that it compares kind by kind."""

import numpy as np

from multibackend.examples._discrepancy import discrepancy

RNG = np.random.default_rng(3)


def kernel(x, y, widths):
    """The mean of Gaussian kernels, pair by pair."""
    squares = np.sum((x[:, None] - y[None]) ** 2, axis=-1)
    return np.mean([np.exp(-squares / (2 * w**2)) for w in widths], axis=0)


def by_hand(x, y, widths):
    """The unbiased estimate, from all pairs of different rows."""
    different = ~np.eye(len(x), dtype=bool)
    within = sum(kernel(z, z, widths)[different].mean() for z in (x, y))
    return within - 2 * kernel(x, y, widths).mean()


def test_it_is_the_mean_of_the_unbiased_estimates_of_each_kind():
    made, unseen = RNG.normal(size=(2, 12, 3)).astype("float32")
    kinds = np.asarray([0, 7, 2] * 4)
    for widths in ((0.5,), (1.0, 3.0)):
        each = [
            by_hand(unseen[kinds == k], made[kinds == k], widths) for k in (0, 2, 7)
        ]
        found = discrepancy(made, unseen, kinds, widths)
        assert abs(found - np.mean(each)) <= 64 * np.finfo(np.float32).eps


def test_points_of_the_wrong_kind_are_told_though_all_together_are_right():
    places = np.asarray([[-1.0, 0.0], [1.0, 0.0]])[np.arange(40) % 2]
    first, second = places + 0.1 * RNG.normal(size=(2, 40, 2))
    kinds = np.arange(40) % 2
    assert discrepancy(first, second, kinds) < 0.02
    assert discrepancy(first[::-1], second, kinds) > 0.5
