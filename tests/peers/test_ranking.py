"""`ListNet` and `LambdaRank` beside Rax."""

import functools

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
import rax

from multibackend.autodiff import grad
from multibackend.inputs import integers, normal
from multibackend.losses import LambdaRank, ListNet

LENGTHS = np.array([7, 5, 2, 1, 4])


def numpy(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def near(actual, expected, bound=2e-6):
    got, want = np.asarray(actual, "float64"), np.asarray(expected, "float64")
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= bound * max(1, np.abs(want).max())


def lists():
    """Grades, scores and which places are filled, `(5, 7)`."""
    filled = np.arange(7)[None] < LENGTHS[:, None]
    grades = integers(5, 7, high=4, seed=1).astype("float32")
    grades[4] = 0  # no relevant document
    return np.where(filled, grades, -1).astype("float32"), normal(5, 7, seed=2), filled


def softmax_of(labels, where):
    return jax.nn.softmax(jnp.where(where, labels, -jnp.inf), axis=-1)


def rax_listnet(scores, labels, where):
    return rax.softmax_loss(
        scores, labels, where=where, label_fn=softmax_of, reduce_fn=None
    )


def rax_lambdarank(scores, labels, where, topn):
    weights = functools.partial(
        rax.dcg_lambdaweight,
        normalize=True,
        topn=topn,
        gain_fn=lambda grade: 2.0**grade - 1,
    )
    pairs = rax.pairwise_logistic_loss(
        scores, labels, where=where, lambdaweight_fn=weights, reduce_fn=None
    )
    # Rax multiplies the weights by the length of the row, padding included.
    return pairs.reshape(len(scores), -1).sum(axis=-1) / scores.shape[-1]


def test_listnet_is_the_softmax_loss_of_softmax_labels():
    grades, scores, filled = lists()
    near(
        numpy(ListNet(reduction=None)(grades, scores)),
        rax_listnet(scores, grades, filled),
    )
    slopes = numpy(grad(ListNet(reduction="sum"), 1)(grades, scores))
    theirs = jax.grad(lambda s: rax_listnet(s, grades, filled).sum())(scores)
    near(slopes, theirs)


def test_a_list_without_documents_is_zero_in_both_and_counts_in_our_mean():
    grades, scores, filled = lists()
    grades[1], filled[1] = -1, False
    theirs = np.array(rax_listnet(scores, np.maximum(grades, 0), filled))
    assert theirs[1] == 0
    mean = rax.softmax_loss(
        scores, np.maximum(grades, 0), where=filled, label_fn=softmax_of
    )
    # Rax leaves the list out; here it is a sample, as one of weight 0 is for Keras.
    near(numpy(ListNet()(grades, scores)) * 5, np.array(mean) * 4)


@pytest.mark.parametrize("k", [None, 1, 3])
def test_lambdarank_is_the_logistic_loss_with_ndcg_weights(k):
    grades, scores, filled = lists()
    labels = np.maximum(grades, 0)
    loss = LambdaRank(k=k, reduction=None)
    near(numpy(loss(grades, scores)), rax_lambdarank(scores, labels, filled, k))
    slopes = numpy(grad(LambdaRank(k=k, reduction="sum"), 1)(grades, scores))
    theirs = jax.grad(lambda s: rax_lambdarank(s, labels, filled, k).sum())(scores)
    near(slopes, theirs)


def test_ties_are_broken_by_place_in_both():
    grades, _, filled = lists()
    scores = integers(5, 7, high=2, seed=3).astype("float32")
    near(
        numpy(LambdaRank(reduction=None)(grades, scores)),
        rax_lambdarank(scores, np.maximum(grades, 0), filled, None),
    )
