"""Shuffled batches: each row once an epoch, and the rows of all arrays together."""

import numpy as np

from multibackend.examples._batches import batches, train


def test_each_row_comes_at_most_once_and_only_whole_batches_do():
    rng = np.random.default_rng(0)
    first, second = batches(rng, 11, 4), batches(rng, 11, 4)
    for rows in (first, second):
        assert rows.shape == (2, 4)
        assert len(set(rows.flat)) == 8
        assert set(rows.flat) <= set(range(11))
    assert np.any(first != second)
    # As many as fit exactly are all taken.
    assert set(batches(rng, 12, 4).flat) == set(range(12))


def test_a_step_sees_the_same_rows_of_each_array_and_losses_are_means_of_epochs():
    x = np.arange(9)
    seen = []

    def step(x, y):
        seen.append(x)
        np.testing.assert_array_equal(y, 2 * x)
        return float(len(seen))

    losses = train(step, 3, x, 2 * x, size=4)
    assert len(seen) == 6
    np.testing.assert_array_equal(losses, [1.5, 3.5, 5.5])
    assert np.any(seen[0] != seen[2])


def test_the_order_follows_the_generator_that_is_given():
    def orders(**how):
        seen = []
        _ = train(lambda x: seen.append(x) or 0.0, 2, np.arange(8), size=8, **how)
        return np.stack(seen)

    default = orders()
    np.testing.assert_array_equal(orders(rng=np.random.default_rng(0)), default)
    assert np.any(orders(rng=np.random.default_rng(1)) != default)
