"""`MatthewsCorrelation`: values by hand, degenerate tables, many samples, errors."""

import numpy as np
import pytest

from multibackend.inputs import integers
from multibackend.metrics import MatthewsCorrelation


def correlation(true, pred, *args, **kwargs):
    metric = MatthewsCorrelation(*args, **kwargs)
    metric.update_state(np.asarray(true), np.asarray(pred, "float32"))
    return float(metric.result())


def test_two_classes_have_the_coefficient_of_matthews():
    # TP 3, FN 1, FP 2, TN 4
    true = [1] * 4 + [0] * 6
    pred = [0.9, 0.8, 0.7, 0.2, 0.6, 0.9, 0.1, 0.2, 0.3, 0.4]
    expected = (3 * 4 - 2 * 1) / np.sqrt(5 * 4 * 6 * 5)
    assert correlation(true, pred) == pytest.approx(expected, rel=1e-6)
    both = np.stack([1 - np.array(pred), pred], axis=-1)
    assert correlation(true, both) == pytest.approx(expected, rel=1e-6)


def test_all_right_is_one_and_all_wrong_of_two_is_minus_one():
    true = integers(20, high=4, seed=1)
    assert correlation(true, np.eye(4)[true], 4) == pytest.approx(1, rel=1e-6)
    binary = true % 2
    assert correlation(binary, np.eye(2)[1 - binary]) == pytest.approx(-1, rel=1e-6)


@pytest.mark.parametrize(
    ("true", "pred"), [([1, 1], [0.9, 0.1]), ([1, 0], [0.9, 0.8]), ([1], [0.9])]
)
def test_one_class_alone_gives_zero(true, pred):
    assert correlation(true, pred) == 0


def test_a_score_on_the_threshold_is_class_zero_and_the_first_of_equals_is_predicted():
    assert correlation([0, 1], [0.25, 0.3], threshold=0.25) == pytest.approx(1)
    assert correlation([0, 1], [[0.5, 0.5], [0.2, 0.8]]) == pytest.approx(1)


def test_a_million_samples_of_unequal_classes_keep_their_digits():
    # TP 8, FN 2, FP 5, TN 1e6: shares of one would round the rare class away.
    metric = MatthewsCorrelation()
    metric.update_state([1, 1, 0, 0], [0.9, 0.1, 0.9, 0.1], [8.0, 2.0, 5.0, 1e6])
    expected = (8 * 1e6 - 5 * 2) / np.sqrt(13 * 10 * (1e6 + 5) * (1e6 + 2))
    assert float(metric.result()) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("pred", "classes", "told"),
    [
        (np.zeros((2, 3)), 4, "last axis of 4 scores, received 3"),
        (np.zeros(2), 3, "last axis of 3 scores, received 1"),
    ],
    ids=str,
)
def test_scores_of_other_classes_are_refused(pred, classes, told):
    with pytest.raises(ValueError, match=told):
        _ = correlation([0, 1], pred, classes)


@pytest.mark.parametrize("classes", [1, 0, 2.0])
def test_fewer_than_two_classes_are_refused(classes):
    with pytest.raises(ValueError, match="num_classes"):
        _ = MatthewsCorrelation(classes)
