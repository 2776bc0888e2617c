"""What every loss of the library does: reductions, weights, masks, dtypes, training."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest

from multibackend import losses
from multibackend.autodiff import grad
from multibackend.inputs import integers, normal, uniform
from multibackend.layers import LinearChainCRF
from multibackend.parity.checks.neighbours import handed

ROWS = 4


@dataclass(frozen=True)
class Entry:
    """How a loss is made and called.

    Attributes:
        inputs: Draws targets and predictions of four samples.
        options: Arguments of the constructor, some not the default.
        masked: Whether a mask of the predictions reaches the loss; otherwise the
            predictions hold it as numbers.
    """

    inputs: Callable[[], tuple[Any, Any]]
    options: dict[str, Any]
    masked: bool = True


def views():
    return normal(ROWS, 3, seed=1), normal(ROWS, 3, seed=2)


def labelled():
    return np.array([0, 1, 0, 1], "int32"), normal(ROWS, 3, seed=2)


def evidence():
    parts = [normal(ROWS, 1, seed=2), uniform(ROWS, 3, low=1.1, high=3.0, seed=3)]
    return normal(ROWS, 1, seed=1), np.concatenate(parts, axis=-1)


def chains():
    packed = LinearChainCRF(3)(normal(ROWS, 5, 3, seed=2))
    return integers(ROWS, 5, high=3, seed=1), keras.ops.convert_to_numpy(packed)


def documents():
    return uniform(ROWS, 5, high=3.0, seed=1), normal(ROWS, 5, 1, seed=2)


def images():
    return integers(ROWS, 6, high=3, seed=1), normal(ROWS, 6, 3, seed=2)


ENTRIES = {
    "BarlowTwins": Entry(views, {"redundancy": 0.1}),
    "CRFNegativeLogLikelihood": Entry(chains, {}, masked=False),
    "Distillation": Entry(views, {"temperature": 3.0}),
    "Evidential": Entry(evidence, {"regularization": 0.1}),
    "GaussianNLL": Entry(
        lambda: (normal(ROWS, 2, seed=1), normal(ROWS, 4, seed=2)), {"full": True}
    ),
    "InfoNCE": Entry(views, {"temperature": 0.5}),
    "LambdaRank": Entry(documents, {"k": 3}),
    "ListNet": Entry(documents, {}),
    "LovaszHinge": Entry(
        lambda: (integers(ROWS, 6, 1, high=2, seed=1), normal(ROWS, 6, 1, seed=2)),
        {"ignore_index": 7},
    ),
    "LovaszSoftmax": Entry(images, {"from_logits": True, "classes": "all"}),
    "MaximumMeanDiscrepancy": Entry(views, {"bandwidths": (1.0, 2.0)}),
    "Pinball": Entry(
        lambda: (normal(ROWS, 1, seed=1), normal(ROWS, 2, seed=2)),
        {"quantiles": [0.2, 0.7]},
    ),
    "SemiHardTriplet": Entry(labelled, {"margin": 0.5}),
    "SinkhornDivergence": Entry(views, {"iterations": 20}),
    "SquareLoss": Entry(views, {}),
    "SupervisedContrastive": Entry(labelled, {"temperature": 0.5}),
    "VICReg": Entry(views, {"variance": 2.0}),
}
EVERY = pytest.mark.parametrize("name", sorted(ENTRIES))


def made(which, **kwargs):
    return getattr(losses, which)(**ENTRIES[which].options, **kwargs)


def number(tensor):
    return np.asarray(keras.ops.convert_to_numpy(tensor)).astype("float64")


def near(actual, expected, bound=1e-5):
    assert np.shape(actual) == np.shape(expected)
    assert np.abs(actual - expected).max() <= bound * max(1, np.abs(expected).max())


def test_every_loss_has_an_entry():
    assert sorted(ENTRIES) == sorted(losses.__all__)


@EVERY
def test_the_reductions_are_sum_and_mean_of_one_loss_a_sample(name):
    true, pred = ENTRIES[name].inputs()
    each = number(made(name, reduction=None)(true, pred))
    assert each.shape == (ROWS,)
    near(number(made(name, reduction="sum")(true, pred)), each.sum())
    for mean in ("sum_over_batch_size", "mean", "mean_with_sample_weight"):
        near(number(made(name, reduction=mean)(true, pred)), each.mean())


@EVERY
def test_equal_weights_multiply_the_sum_and_not_the_mean_of_weights(name):
    true, pred = ENTRIES[name].inputs()
    weights = np.full(ROWS, 2.0, "float32")
    total = number(made(name, reduction="sum")(true, pred))
    near(number(made(name, reduction="sum")(true, pred, weights)), 2 * total)
    mean = made(name, reduction="mean_with_sample_weight")(true, pred, weights)
    near(number(mean), total / ROWS)


@EVERY
def test_a_sample_of_weight_zero_adds_nothing_to_the_sum(name):
    true, pred = ENTRIES[name].inputs()
    weights, kept = np.array([1, 0, 1, 1], "float32"), np.array([0, 2, 3])
    loss = made(name, reduction="sum")
    alone = number(loss(true[kept], pred[kept]))
    near(number(loss(true, pred, weights)), alone)
    slopes = number(grad(lambda p: loss(true, p, weights))(pred))
    assert np.all(np.isfinite(slopes))
    assert not np.any(slopes[1])


@pytest.mark.parametrize("name", [n for n, e in sorted(ENTRIES.items()) if e.masked])
def test_a_masked_sample_adds_nothing_to_the_sum(name):
    true, pred = ENTRIES[name].inputs()
    mask = np.ones(pred.shape[:-1], "bool")
    mask[1] = False
    kept = np.array([0, 2, 3])
    loss = made(name, reduction="sum")
    alone = number(loss(true[kept], pred[kept]))
    masked = handed(
        keras.ops.convert_to_tensor(pred), keras.ops.convert_to_tensor(mask)
    )
    near(number(loss(true, masked)), alone)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@EVERY
def test_in_half_precision_value_and_gradient_are_finite(name, dtype):
    true, pred = ENTRIES[name].inputs()
    loss = made(name, dtype=dtype)
    value = loss(true, pred)
    assert keras.backend.standardize_dtype(value.dtype) == dtype
    value = number(keras.ops.cast(value, "float32"))
    wide = number(made(name)(true, pred))
    eps = {"float16": 2.0**-10, "bfloat16": 2.0**-7}[dtype]
    assert abs(value - wide) <= 16 * eps * max(1, abs(wide))
    slopes = grad(lambda p: keras.ops.cast(loss(true, p), "float32"))(pred)
    assert np.all(np.isfinite(number(slopes)))


@EVERY
def test_the_configuration_round_trip_gives_the_same_loss(name):
    true, pred = ENTRIES[name].inputs()
    loss = made(name, reduction="sum", name="mine")
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(copy) is type(loss)
    assert copy.get_config() == loss.get_config()
    assert ENTRIES[name].options.keys() <= copy.get_config().keys()
    near(number(copy(true, pred)), number(loss(true, pred)), bound=0)


@EVERY
def test_a_model_of_unknown_batch_trains_for_a_step(name):
    true, pred = ENTRIES[name].inputs()
    if name == "CRFNegativeLogLikelihood":
        pred = normal(ROWS, 5, 3, seed=2)
        last = LinearChainCRF(3)
    else:
        last = keras.layers.Dense(pred.shape[-1], kernel_initializer="identity")
    model = keras.Sequential([keras.Input(pred.shape[1:]), last])
    assert model.output_shape[0] is None
    loss = made(name)
    expected = number(loss(true, model(pred)))
    before = [np.array(weight.numpy()) for weight in model.trainable_weights]
    model.compile(keras.optimizers.SGD(0.1), loss=loss)
    history = model.fit(pred, true, batch_size=ROWS, shuffle=False, verbose=0)
    near(np.asarray(history.history["loss"]), expected[None], bound=1e-4)
    after = [weight.numpy() for weight in model.trainable_weights]
    assert all(np.all(np.isfinite(weight)) for weight in after)
    assert any(np.any(a != b) for a, b in zip(after, before, strict=True))
