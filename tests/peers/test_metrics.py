"""The metrics against torchmetrics, scikit-learn, SciPy and Rax, and where they differ."""

import importlib
import itertools

import keras
import numpy as np
import pytest
import torch

from multibackend.inputs import integers, normal, uniform
from multibackend.metrics import (
    ExpectedCalibrationError,
    MatthewsCorrelation,
    NormalizedDiscountedCumulativeGain,
    PearsonCorrelation,
    Perplexity,
    RetrievalRecall,
)

sklearn = importlib.import_module("sklearn.metrics")
stats = importlib.import_module("scipy.stats")
torchmetrics = importlib.import_module("torchmetrics")
text = importlib.import_module("torchmetrics.text")
rax = importlib.import_module("rax")

COUNT = 60
LABELS = integers(COUNT, high=4, seed=1)
LOGITS = normal(COUNT, 4, seed=2) + 2 * np.eye(4, dtype="float32")[LABELS]
WEIGHTS = uniform(COUNT, low=0.5, high=2.0, seed=3)
RELEVANCE = integers(COUNT, 9, high=4, seed=4)
SCORES = normal(COUNT, 9, seed=5)


def ours(metric, true, pred, weights=None, parts=3):
    """The result after a few batches."""
    for place in np.array_split(np.arange(len(true)), parts):
        part = None if weights is None else weights[place]
        metric.update_state(true[place], pred[place], part)
    return keras.ops.convert_to_numpy(metric.result())


def theirs(metric, true, pred, parts=3):
    for place in np.array_split(np.arange(len(true)), parts):
        metric.update(
            torch.from_numpy(pred[place]), torch.from_numpy(true[place]).long()
        )
    return metric.compute().numpy()


def near(expected):
    return pytest.approx(np.asarray(expected, "float64"), rel=2e-6, abs=2e-6)


def softmax(logits):
    powers = np.exp(logits.astype("float64"))
    return (powers / powers.sum(axis=-1, keepdims=True)).astype("float32")


@pytest.mark.parametrize("bins", [1, 5, 15])
def test_the_calibration_error_of_many_classes_is_that_of_torchmetrics(bins):
    peer = torchmetrics.classification.MulticlassCalibrationError(4, n_bins=bins)
    chances = softmax(LOGITS)
    expected = theirs(peer, LABELS, chances)
    assert ours(ExpectedCalibrationError(bins), LABELS, chances) == near(expected)
    logits = ExpectedCalibrationError(bins, from_logits=True)
    assert ours(logits, LABELS, LOGITS) == near(expected)


def test_two_classes_are_two_classes_and_not_one():
    # Of two classes torchmetrics takes the probability of class 1 for the confidence,
    # and its labels for what is right. Ours is the error of Guo's paper, which takes
    # the most probable class: theirs for the same numbers as two columns.
    labels, chances = LABELS % 2, uniform(COUNT, seed=6)
    columns = np.stack([1 - chances, chances], axis=-1)
    found = ours(ExpectedCalibrationError(10), labels, chances)
    many = torchmetrics.classification.MulticlassCalibrationError(2, n_bins=10)
    assert found == near(theirs(many, labels, columns))
    two = torchmetrics.classification.BinaryCalibrationError(n_bins=10)
    assert found != near(theirs(two, labels, chances))
    above = 0.5 + chances / 2
    two.reset()
    sure = ours(ExpectedCalibrationError(10), labels, above)
    assert sure == near(theirs(two, labels, above))


@pytest.mark.parametrize("weighed", [True, False])
@pytest.mark.parametrize("classes", [2, 4])
def test_the_correlation_of_matthews_is_that_of_scikit_learn(classes, weighed):
    labels, scores = LABELS % classes, LOGITS[:, :classes]
    weights = WEIGHTS if weighed else None
    expected = sklearn.matthews_corrcoef(
        labels, scores.argmax(axis=-1), sample_weight=weights
    )
    found = ours(MatthewsCorrelation(classes), labels, scores, weights)
    assert found == near(expected)


def test_one_class_alone_gives_zero_and_not_one():
    # torchmetrics gives 1 where everything is one class and right; scikit-learn and
    # ours give 0, as nothing varies that could correlate.
    true, pred = np.ones(5, "int32"), np.full(5, 0.9, "float32")
    peer = torchmetrics.classification.BinaryMatthewsCorrCoef()
    assert theirs(peer, true, pred) == 1
    with pytest.warns(UserWarning, match="A single label was found"):
        assert sklearn.matthews_corrcoef(true, true) == 0
    assert ours(MatthewsCorrelation(), true, pred) == 0


def retrieval(peer, true, pred):
    """Theirs takes single documents, each with the number of its query."""
    queries = np.repeat(np.arange(len(true)), true.shape[1])
    return peer(
        torch.from_numpy(pred.ravel()),
        torch.from_numpy(true.ravel()).long(),
        indexes=torch.from_numpy(queries),
    ).numpy()


@pytest.mark.parametrize("k", [1, 3, 9])
def test_recall_is_that_of_torchmetrics_and_rax(k):
    relevant = (RELEVANCE > 2).astype("int32")
    peer = torchmetrics.retrieval.RetrievalRecall(top_k=k, empty_target_action="skip")
    found = ours(RetrievalRecall(k), relevant, SCORES)
    # torchmetrics takes no document of a score of 0 or less for retrieved, though a
    # shift of all scores keeps their order: shifted above zero, they agree.
    shifted = SCORES - SCORES.min() + 1
    assert found == near(retrieval(peer, relevant, shifted))
    assert ours(RetrievalRecall(k), relevant, shifted) == found
    some = relevant.any(axis=-1)
    assert not some.all()
    expected = rax.recall_metric(SCORES[some], relevant[some], topn=k)
    assert found == near(expected)


@pytest.mark.parametrize("k", [1, 3, 9])
def test_linear_gain_is_that_of_scikit_learn_and_torchmetrics(k):
    metric = NormalizedDiscountedCumulativeGain(k, "linear")
    expected = sklearn.ndcg_score(RELEVANCE, SCORES, k=k)
    assert ours(metric, RELEVANCE, SCORES) == near(expected)
    peer = torchmetrics.retrieval.RetrievalNormalizedDCG(top_k=k)
    assert expected == near(retrieval(peer, RELEVANCE, SCORES))
    metric.reset_state()
    weighed = sklearn.ndcg_score(RELEVANCE, SCORES, k=k, sample_weight=WEIGHTS)
    assert ours(metric, RELEVANCE, SCORES, WEIGHTS) == near(weighed)


@pytest.mark.parametrize("k", [1, 3, 9])
def test_exponential_gain_is_that_of_rax(k):
    metric = NormalizedDiscountedCumulativeGain(k)
    expected = rax.ndcg_metric(SCORES, RELEVANCE.astype("float32"), topn=k)
    assert ours(metric, RELEVANCE, SCORES) == near(expected)


def test_scikit_learn_averages_over_the_orders_of_equal_scores():
    # Ours keeps the order of the documents, as a list that is shown must have one.
    relevance, scores = np.array([[0, 3, 1]]), np.array([[1.0, 1.0, 1.0]])
    values = []
    for order in itertools.permutations(range(3)):
        metric = NormalizedDiscountedCumulativeGain(gains="linear")
        values.append(ours(metric, relevance[:, order], scores, parts=1))
    assert np.mean(values) == near(sklearn.ndcg_score(relevance, scores))
    assert values[0] != near(np.mean(values))


def test_a_query_without_gain_is_left_out_and_not_zero():
    # scikit-learn averages such a query as 0, and so does torchmetrics by default.
    relevance = np.concatenate([RELEVANCE[:3], np.zeros((1, 9), "int32")])
    scores = SCORES[:4]
    found = ours(
        NormalizedDiscountedCumulativeGain(gains="linear"), relevance, scores, parts=1
    )
    assert found * 3 / 4 == near(sklearn.ndcg_score(relevance, scores))


def test_perplexity_is_that_of_torchmetrics():
    peer = text.Perplexity(ignore_index=2)
    true, logits = LABELS.reshape(12, 5), LOGITS.reshape(12, 5, 4)
    expected = theirs(peer, true, logits)
    metric = Perplexity(from_logits=True, ignore_class=2)
    assert ours(metric, true, logits) == near(expected)
    metric = Perplexity(ignore_class=2)
    assert ours(metric, true, softmax(logits)) == near(expected)


def test_the_correlation_of_pearson_is_that_of_scipy_and_torchmetrics():
    true = normal(COUNT, 3, seed=7)
    pred = true + normal(COUNT, 3, mean=5.0, seed=8)
    expected = [stats.pearsonr(true[:, i], pred[:, i]).statistic for i in range(3)]
    found = ours(PearsonCorrelation(3, average=False), true, pred)
    assert found == near(expected)
    peer = torchmetrics.PearsonCorrCoef(num_outputs=3)
    for place in np.array_split(np.arange(COUNT), 3):
        peer.update(torch.from_numpy(pred[place]), torch.from_numpy(true[place]))
    assert found == near(peer.compute().numpy())


def test_a_constant_has_correlation_zero_and_not_nothing():
    constant = np.full(COUNT, 0.1, "float32")
    with pytest.warns(stats.ConstantInputWarning):
        assert np.isnan(stats.pearsonr(constant, WEIGHTS).statistic)
    assert ours(PearsonCorrelation(), constant, WEIGHTS) == 0
