"""`PearsonCorrelation`: large means, constants, lines, errors."""

import keras
import numpy as np
import pytest

from multibackend.inputs import array, normal
from multibackend.metrics import PearsonCorrelation


def values(batches, outputs=1):
    metric = PearsonCorrelation(outputs, average=False)
    for batch in batches:
        metric.update_state(*batch)
    return keras.ops.convert_to_numpy(metric.result())


def halves(*samples):
    return [[x[:8] for x in samples], [x[8:] for x in samples]]


def test_a_line_has_correlation_one_whatever_its_slope_and_place():
    x = normal(16, 1, seed=1)
    both = np.concatenate([2 * x + 3, -0.1 * x], axis=-1)
    twice = np.concatenate([x, x], axis=-1)
    assert values(halves(twice, both), 2) == pytest.approx([1, -1], rel=1e-6)


def test_large_means_cost_no_digits():
    true, pred = normal(400, seed=1) + 4096, normal(400, seed=2) - 4096
    pred = pred + true / 2
    expected = np.corrcoef(true.astype("float64"), pred.astype("float64"))[0, 1]
    batches = [(true[i : i + 40], pred[i : i + 40]) for i in range(0, 400, 40)]
    assert values(batches) == pytest.approx([expected], abs=1e-5)


@pytest.mark.parametrize("constant", [0.0, 0.1, -1e6 / 3, 1e30])
def test_a_constant_has_correlation_zero(constant):
    x = normal(16, seed=1)
    same = np.full(16, constant, "float32")
    weights = np.abs(normal(16, seed=2))
    assert values(halves(x, same)) == 0
    assert values(halves(same, x, weights)) == 0
    assert values(halves(same, same, weights)) == 0


def test_one_sample_has_correlation_zero():
    assert values([(array([1.5]), array([2.5]))]) == 0


def test_the_average_is_the_mean_over_outputs():
    true, pred = normal(16, 3, seed=1), normal(16, 3, seed=2)
    metric = PearsonCorrelation(3)
    metric.update_state(true, pred)
    expected = values([(true, pred)], 3).mean()
    assert float(metric.result()) == pytest.approx(expected, rel=1e-6)


def test_rows_and_columns_of_one_output_are_the_same():
    true, pred = normal(16, seed=1), normal(16, seed=2)
    expected = values([(true, pred)])
    assert np.array_equal(values([(true[:, None], pred)]), expected)
    assert np.array_equal(values([(true, pred[:, None])]), expected)


@pytest.mark.parametrize(
    ("true", "pred", "told"),
    [
        ((4, 2), (4, 2), r"\(batch_size, ..., 1\), received \(4, 2\)"),
        ((4,), (5,), r"received \(4, 1\) and \(5, 1\)"),
        ((4, 1, 1), (4, 1), r"received \(4, 1, 1\) and \(4, 1\)"),
    ],
    ids=str,
)
def test_shapes_that_do_not_fit_are_refused(true, pred, told):
    with pytest.raises(ValueError, match=told):
        values([(normal(*true), normal(*pred))])
