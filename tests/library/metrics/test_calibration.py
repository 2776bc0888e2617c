"""`ExpectedCalibrationError`: values by hand, edges of bins, errors."""

import keras
import numpy as np
import pytest

from multibackend.metrics import ExpectedCalibrationError


def error(true, pred, *args, **kwargs):
    metric = ExpectedCalibrationError(*args, **kwargs)
    metric.update_state(np.asarray(true), np.asarray(pred, "float32"))
    return float(metric.result())


def test_who_is_sure_and_right_has_no_error_and_who_is_wrong_has_all():
    assert error([0, 1], [[1, 0], [0, 1]]) == 0
    assert error([1, 0], [[1, 0], [0, 1]]) == 1


def test_half_sure_and_half_right_is_calibrated():
    assert error([0, 1, 0, 1], [[0.5, 0.5]] * 4) == 0


def test_one_number_a_sample_is_the_probability_of_class_one():
    pred = np.array([0.1, 0.8, 0.3, 0.6], "float32")
    expected = error([0, 1, 1, 0], np.stack([1 - pred, pred], axis=-1))
    assert error([0, 1, 1, 0], pred) == expected
    assert error([0, 1, 1, 0], pred[:, None]) == expected
    assert error([[0], [1], [1], [0]], pred[:, None]) == expected


def test_a_confidence_on_an_edge_belongs_to_the_bin_below():
    # 0.5 and 0.75 are exact edges of 4 bins: the first bin in use is (0.25, 0.5].
    metric = ExpectedCalibrationError(4)
    metric.update_state([0, 0, 0], [[0.5, 0.5], [0.75, 0.25], [1.0, 0.0]])
    sums = keras.ops.convert_to_numpy(metric.variables[0])
    assert sums[:, 0].tolist() == [0, 1, 1, 1]


def test_bins_keep_errors_of_two_signs_apart():
    # One bin: 0.75 right and 0.75 sure. Two would need the samples to be apart.
    pred = [[0.9, 0.1], [0.6, 0.4]]
    assert error([0, 1], pred, 1) == pytest.approx(0.25)
    assert error([0, 1], pred, 10) == pytest.approx((0.1 + 0.6) / 2)


def test_extreme_logits_are_certainties():
    logits = np.array([[1e4, -1e4], [-1e4, 1e4]], "float32")
    assert error([0, 0], logits, from_logits=True) == 0.5
    assert error([0, 0], [-1e4, 1e4], from_logits=True) == 0.5


@pytest.mark.parametrize(
    ("true", "pred", "told"),
    [
        ([2], [[0.5, 0.5]], "`y_true` from 0 to 1, received 2"),
        ([-1], [0.5], "`y_true` from 0 to 1, received -1"),
        ([[1, 0]], [[0.5, 0.5]], r"received \(1, 2\) and \(1, 2\)"),
    ],
    ids=str,
)
def test_labels_that_do_not_fit_are_refused(true, pred, told):
    with pytest.raises(ValueError, match=told):
        _ = error(true, pred)


@pytest.mark.parametrize("bins", [0, -1, 2.5, True])
def test_bins_that_are_no_positive_integer_are_refused(bins):
    with pytest.raises(ValueError, match=f"positive integer, received {bins!r}"):
        _ = ExpectedCalibrationError(bins)
