"""`LovaszHinge` and `LovaszSoftmax`: what their cases cannot say."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, integers, normal
from multibackend.losses import LovaszHinge, LovaszSoftmax


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def jaccard_loss(predicted, labels, label):
    union = np.sum((predicted == label) | (labels == label))
    both = np.sum((predicted == label) & (labels == label))
    return 1 - both / union if union else 0.0


def test_at_hard_predictions_softmax_is_the_mean_jaccard_loss(close):
    labels = integers(3, 4, 5, high=3, seed=1)
    predicted = integers(3, 4, 5, high=3, seed=2)
    chances = np.eye(3, dtype="float32")[predicted]
    each = [
        np.mean([jaccard_loss(p, t, c) for c in range(3)])
        for p, t in zip(predicted, labels, strict=True)
    ]
    loss = LovaszSoftmax(classes="all", reduction=None)
    close(loss(labels, chances), each)


def test_at_hard_predictions_hinge_is_twice_the_jaccard_loss(close):
    labels, predicted = integers(3, 9, high=2, seed=1), integers(3, 9, high=2, seed=2)
    each = [2 * jaccard_loss(p, t, 1) for p, t in zip(predicted, labels, strict=True)]
    logits = 2.0 * predicted - 1
    close(LovaszHinge(reduction=None)(labels, logits.astype("float32")), each)


def test_the_order_of_the_pixels_does_not_matter_at_ties(close):
    labels = integers(1, 40, high=2, seed=1)
    logits = array(integers(1, 40, low=-2, high=3, seed=2) / 2)  # five values only
    value = numpy(LovaszHinge()(labels, logits))
    chances = np.stack([1 - logits / 4 - 0.5, logits / 4 + 0.5], axis=-1)
    soft = numpy(LovaszSoftmax()(labels, chances))
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(40)
        close(LovaszHinge()(labels[:, order], logits[:, order]), value, roundings=4)
        close(LovaszSoftmax()(labels[:, order], chances[:, order]), soft, roundings=4)


def test_at_ties_the_first_pixel_takes_the_first_share(close):
    labels, logits = array([[1.0, 1.0, 0.0]]), array([[0.0, 0.0, 0.0]])
    # Growth of 1 - intersection / union, pixel by pixel: 1/2, 1/2, 0.
    close(grad(LovaszHinge(), 1)(labels, logits), [[-0.5, -0.5, 0.0]])
    labels = array([[0.0, 1.0, 1.0]])
    close(grad(LovaszHinge(), 1)(labels, logits), [[1 / 3, -1 / 3, -1 / 3]])


def test_without_the_class_the_worst_pixel_costs_everything(close):
    labels, logits = array([[0.0, 0.0, 0.0]]), array([[-3.0, 0.5, -0.5]])
    close(LovaszHinge()(labels, logits), 1.5)
    close(grad(LovaszHinge(), 1)(labels, logits), [[0.0, 1.0, 0.0]])


def test_an_absent_class_counts_among_all_and_not_among_present(close):
    labels = array([[0.0, 1.0]])
    chances = array([[[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]]])
    first, second, third = 0.5, 0.125, 0.25
    close(LovaszSoftmax()(labels, chances), (first + second) / 2)
    every = LovaszSoftmax(classes="all")
    close(every(labels, chances), (first + second + third) / 3)


@pytest.mark.parametrize("void", [255, -1])
def test_void_pixels_change_neither_value_nor_gradient(void, close):
    labels, logits = integers(2, 6, high=2, seed=1), normal(2, 6, seed=2)
    more = np.concatenate([[[void], [void]], labels, [[void], [void]]], axis=1)
    wide = np.concatenate([[[1e4], [-1e4]], logits, [[1e4], [1.0]]], axis=1)
    wide = wide.astype("float32")
    for loss, other, pixels in [
        (LovaszHinge(), LovaszHinge(ignore_index=void), (logits, wide)),
        (
            LovaszSoftmax(from_logits=True),
            LovaszSoftmax(from_logits=True, ignore_index=void),
            tuple(np.stack([x, -x], axis=-1) for x in (logits, wide)),
        ),
    ]:
        short, long = pixels
        close(other(more, long), numpy(loss(labels, short)), roundings=4)
        slopes = numpy(grad(other, 1)(array(more), long))
        close(slopes[:, 1:-1], numpy(grad(loss, 1)(array(labels), short)), roundings=4)
        assert not np.any(slopes[:, [0, -1]])


def test_an_image_of_void_pixels_costs_nothing_and_counts_in_the_mean(close):
    labels, logits = array([[255.0, 255.0], [1.0, 0.0]]), normal(2, 2, 3, seed=1)
    for classes in ("present", "all"):
        loss = LovaszSoftmax(classes=classes, from_logits=True, ignore_index=255)
        alone = LovaszSoftmax(classes=classes, from_logits=True)
        close(loss(labels, logits), float(alone(labels[1:], logits[1:])) / 2)
        assert not np.any(numpy(grad(loss, 1)(labels, logits))[0])


def test_a_mask_of_the_predictions_hides_pixels(close):
    labels, logits = integers(2, 5, high=3, seed=1), normal(2, 5, 3, seed=2)
    logits[0, 3:] = 0
    masked = keras.layers.Masking()(keras.ops.convert_to_tensor(logits))
    void = labels.copy()
    void[0, 3:] = 7
    loss = LovaszSoftmax(from_logits=True, ignore_index=7)
    close(loss(labels, masked), numpy(loss(void, logits)), roundings=0)
    # A label that is hidden need not be one.
    close(loss(np.where(void == 7, 99, labels), masked), numpy(loss(void, logits)))
    steps = normal(2, 5, 1, seed=3)
    steps[1, 2:] = 0
    masked = keras.layers.Masking()(keras.ops.convert_to_tensor(steps))
    ones = (labels[..., None] > 0).astype("float32")
    hidden = np.where(steps == 0, 9, ones)
    hinge = LovaszHinge(ignore_index=9)
    close(hinge(ones, masked), numpy(hinge(hidden, steps)), roundings=0)


@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e4), ("float16", 1e3)])
def test_extreme_logits_stay_finite_with_their_gradient(dtype, size):
    labels = array([[0.0, 1.0, 1.0, 0.0]])
    logits = array([[size, -size, size, 0.0]])
    for loss, pred in [
        (LovaszHinge(dtype=dtype), logits),
        (
            LovaszSoftmax(from_logits=True, dtype=dtype),
            np.stack([logits, -logits], axis=-1),
        ),
    ]:
        assert np.isfinite(numpy(keras.ops.cast(loss(labels, pred), "float32")))
        assert np.all(np.isfinite(numpy(grad(loss, 1)(labels, pred))))


def test_growth_is_exact_where_many_pixels_would_cancel(close):
    pixels = 20_000
    labels = np.zeros((1, pixels), "int32")
    labels[0, :100] = 1
    logits = np.zeros((1, pixels), "float32")  # every error is 1
    close(LovaszHinge()(labels, logits), 1.0)
    slopes = numpy(grad(LovaszHinge(), 1)(array(labels), logits))
    # The last background pixel: from 100 to none of 20000.
    union = np.arange(101, pixels + 1)
    assert np.abs(slopes[0, :100] + 1 / 100).max() < 1e-8
    assert np.abs(slopes[0, 100:]).max() == 0
    behind = np.concatenate([labels[:, 100:], labels[:, :100]], axis=1)
    slopes = numpy(grad(LovaszHinge(), 1)(array(behind), logits))[0]
    expected = 100 / (union * (union - 1.0))
    assert np.abs(slopes[: pixels - 100] / expected - 1).max() < 1e-6


@pytest.mark.parametrize("label", [2, -1])
def test_labels_out_of_range_are_refused(label):
    labels = array([[0.0, float(label)]])
    with pytest.raises(ValueError, match=f"`y_true` from 0 to 1, received {label}"):
        LovaszHinge()(labels, normal(1, 2))
    with pytest.raises(ValueError, match=f"`y_true` from 0 to 1, received {label}"):
        LovaszSoftmax()(labels, normal(1, 2, 2))


def test_labels_that_are_no_whole_numbers_are_refused():
    with pytest.raises(ValueError, match=r"hold whole numbers, received 0\.5"):
        LovaszHinge()([[0.5, 1.0]], normal(1, 2))


def test_labels_that_the_dtype_would_round_are_refused():
    with pytest.raises(ValueError, match="at most 256 in bfloat16, received 1000"):
        _ = LovaszHinge(ignore_index=1000, dtype="bfloat16")
    with pytest.raises(ValueError, match="at most 256 in bfloat16, received 299"):
        LovaszSoftmax(dtype="bfloat16")([[0]], normal(1, 1, 300))


@pytest.mark.parametrize(
    ("true", "pred"), [((2, 5), (2, 6, 3)), ((2, 5, 3), (2, 5, 3)), ((3, 5), (2, 5, 3))]
)
def test_labels_of_other_shapes_are_refused(true, pred):
    with pytest.raises(ValueError, match=r"There must be one\s+label for each pixel"):
        LovaszSoftmax()(np.zeros(true), normal(*pred))


def test_predictions_without_pixels_are_refused():
    with pytest.raises(ValueError, match=r"received \(4, 3\)\. It must have 3 axes"):
        LovaszSoftmax()(np.zeros(4), normal(4, 3))
    with pytest.raises(ValueError, match=r"received \(4,\)\. It must have 2 axes"):
        LovaszHinge()(np.zeros(4), normal(4))
    with pytest.raises(ValueError, match=r"of one shape .* \(2, 3\) and \(2, 4\)"):
        LovaszHinge()(np.zeros((2, 3)), normal(2, 4))


@pytest.mark.parametrize(
    "loss",
    [
        LovaszHinge(ignore_index=255, reduction="sum"),
        LovaszSoftmax(classes="all", from_logits=True, ignore_index=-1, name="mine"),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_the_configuration_round_trip_keeps_every_argument(loss):
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(copy) is type(loss)
    assert copy.get_config() == loss.get_config()
