"""`RetrievalRecall` and `NormalizedDiscountedCumulativeGain`: ties, padding, by hand."""

import keras
import numpy as np
import pytest

from multibackend.inputs import integers, normal
from multibackend.metrics import NormalizedDiscountedCumulativeGain, RetrievalRecall

METRICS = {
    "recall": lambda: RetrievalRecall(2),
    "gain": lambda: NormalizedDiscountedCumulativeGain(3),
}


@pytest.fixture(params=METRICS)
def make(request):
    return METRICS[request.param]


def value(metric, true, pred):
    metric.update_state(np.asarray(true), np.asarray(pred))
    return float(metric.result())


def test_recall_by_hand():
    true = [[1, 0, 3, 0], [0, 1, 0, 0], [1, 1, 1, 0]]
    pred = [[0.1, 0.9, 0.8, 0.2], [0.4, 0.3, 0.2, 0.1], [0.9, 0.8, 0.7, 0.6]]
    expected = (1 / 2 + 1 + 2 / 3) / 3
    assert value(RetrievalRecall(2), true, pred) == pytest.approx(expected, rel=1e-6)
    assert value(RetrievalRecall(9), true, pred) == 1


@pytest.mark.parametrize("gains", ["exponential", "linear"])
def test_gain_by_hand(gains):
    metric = NormalizedDiscountedCumulativeGain(2, gains)
    three, two = {"exponential": (7, 3), "linear": (3, 2)}[gains]
    # In the order of the scores: 2, 0, 3.
    expected = two / (three + two / np.log2(3))
    found = value(metric, [[3, 2, 0]], [[0.1, 0.9, 0.5]])
    assert found == pytest.approx(expected, rel=1e-6)


def test_the_best_order_has_gain_one(make):
    true = integers(4, 6, high=4, seed=1)
    metric = NormalizedDiscountedCumulativeGain()
    assert value(metric, true, true) == pytest.approx(1, rel=1e-6)


def test_of_equal_scores_the_lower_index_comes_first():
    scores = np.zeros((1, 300), "float32")
    for place in (0, 1, 2, 150, 299):
        true = np.zeros((1, 300), "int32")
        true[0, place] = 1
        assert value(RetrievalRecall(2), true, scores) == (place < 2)
        found = value(NormalizedDiscountedCumulativeGain(), true, scores)
        assert found == pytest.approx(1 / np.log2(place + 2), rel=1e-6)


def test_negative_zero_is_zero():
    scores = np.array([[0.0, -0.0, 0.0]], "float32")
    for place, found in enumerate([1, 0, 0]):
        true = np.eye(3, dtype="int32")[[place]]
        assert value(RetrievalRecall(1), true, scores) == found
        assert value(RetrievalRecall(1), true, -scores) == found


def test_scores_that_float32_does_not_tell_apart_keep_their_order(float64):
    scores = 1 + np.array([[0, 1e-12]])
    metric = RetrievalRecall(1, dtype="float32")
    assert value(metric, [[0, 1]], scores) == 1


def test_padding_is_no_document_whatever_its_score(make, close):
    true, pred = integers(3, 5, high=3, seed=1), normal(3, 5, seed=2)
    expected = value(make(), true, pred)
    padding = np.array([[np.inf, 0.0, -np.inf]] * 3, "float32")
    wide = np.concatenate([padding, pred], axis=1)
    padded = np.concatenate([np.full((3, 3), -1), true], axis=1)
    assert value(make(), padded, wide) == pytest.approx(expected, rel=1e-6)


def test_a_keras_mask_hides_documents(make):
    true, pred = integers(3, 5, high=3, seed=1), normal(3, 5, seed=2)
    mask = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0]], "bool")
    expected = value(make(), np.where(mask, true, -1), pred)

    class Marked(keras.layers.Layer):
        def call(self, inputs):
            return inputs

        def compute_mask(self, inputs, previous_mask=None):
            return keras.ops.convert_to_tensor(mask)

    metric = make()
    metric.update_state(true, Marked()(keras.ops.convert_to_tensor(pred)))
    assert float(metric.result()) == pytest.approx(expected, rel=1e-6)


def test_a_query_without_relevant_documents_does_not_count(make):
    true, pred = integers(3, 5, high=3, seed=1), normal(3, 5, seed=2)
    expected = value(make(), true, pred)
    true = np.concatenate([true, np.zeros((1, 5), "int32"), np.full((1, 5), -1)])
    pred = np.concatenate([pred, pred[:2]])
    assert value(make(), true, pred) == pytest.approx(expected, rel=1e-6)


def test_shapes_that_differ_are_refused(make):
    with pytest.raises(ValueError, match=r"received \(3, 5\) and \(3, 4\)"):
        _ = value(make(), normal(3, 5), normal(3, 4))
    with pytest.raises(ValueError, match=r"of shape \(3,\) or of its first axes"):
        make().update_state(normal(3, 5), normal(3, 5), normal(3, 5))
