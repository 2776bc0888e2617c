"""`LovaszHinge` and `LovaszSoftmax` beside Kornia, and beside all orders of the pixels.

Kornia knows neither void pixels nor the mean over present classes; those are held
against the definition. The Jaccard loss is submodular, so its extension is the largest
sum over all orders in which pixels can turn wrong (Edmonds' greedy algorithm finds it).
"""

import itertools

import keras
import numpy as np
import pytest
import torch
from kornia.losses import lovasz_hinge_loss, lovasz_softmax_loss

from multibackend.autodiff import grad
from multibackend.inputs import array, integers, normal
from multibackend.losses import LovaszHinge, LovaszSoftmax


def numpy(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def near(actual, expected, bound=2e-6):
    got, want = np.asarray(actual, "float64"), np.asarray(expected, "float64")
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= bound * max(1, np.abs(want).max())


def with_gradient(loss, pred, *rest):
    pred = torch.tensor(pred).requires_grad_()
    value = loss(pred, *rest)
    return value.item(), torch.autograd.grad(value, pred)[0].numpy()


def test_softmax_over_all_classes_is_that_of_kornia():
    labels, logits = integers(3, 4, 5, high=4, seed=1), normal(3, 4, 5, 6, seed=2)
    loss = LovaszSoftmax(classes="all", from_logits=True)  # classes 4 and 5 are absent
    value, slopes = with_gradient(
        lovasz_softmax_loss, np.moveaxis(logits, -1, 1).copy(), torch.tensor(labels)
    )
    near(numpy(loss(labels, logits)), value)
    near(numpy(grad(loss, 1)(array(labels), logits)), np.moveaxis(slopes, 1, -1))


def test_hinge_is_that_of_kornia():
    labels, logits = integers(3, 4, 5, high=2, seed=1), normal(3, 4, 5, seed=2)
    labels[2] = 0
    value, slopes = with_gradient(
        lovasz_hinge_loss, logits[:, None], torch.tensor(labels)
    )
    near(numpy(LovaszHinge()(labels, logits)), value)
    near(numpy(grad(LovaszHinge(), 1)(array(labels), logits)), slopes[:, 0])


def jaccard(wrong, members):
    union = members | wrong
    return 1 - len(members - wrong) / len(union) if union else 0.0


def largest(errors, members):
    """The largest sum over all orders of the pixels."""
    found = []
    for order in itertools.permutations(range(len(errors))):
        sets = [set(order[:count]) for count in range(len(order) + 1)]
        growth = np.diff([jaccard(wrong, members) for wrong in sets])
        found.append(np.sum(errors[list(order)] * growth))
    return max(found)


@pytest.mark.parametrize("seed", range(4))
def test_hinge_is_the_largest_sum_over_all_orders(seed):
    labels, logits = integers(1, 6, high=2, seed=seed), normal(1, 6, seed=10 + seed)
    labels[0, seed] = 255
    kept = labels[0] != 255
    signs = 2.0 * labels[0][kept] - 1
    errors = np.maximum(1 - signs * logits[0][kept], 0)
    members = set(np.flatnonzero(labels[0][kept] == 1))
    loss = LovaszHinge(ignore_index=255)
    near(numpy(loss(labels, logits)), largest(errors, members))


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("classes", ["present", "all"])
def test_softmax_is_the_largest_sum_over_all_orders(classes, ties):
    labels = array([[0, 1, 255, 1, 0, 0]])
    logits = normal(1, 6, 3, seed=1)
    chances = numpy(keras.ops.softmax(np.round(logits) if ties else logits))
    kept = labels[0] != 255
    each = []
    for label in range(3):
        wanted = (labels[0][kept] == label).astype("float64")
        if wanted.any() or classes == "all":
            errors = np.abs(wanted - chances[0][kept, label])
            each.append(largest(errors, set(np.flatnonzero(wanted))))
    loss = LovaszSoftmax(classes=classes, ignore_index=255)
    near(numpy(loss(labels, chances)), np.mean(each))
