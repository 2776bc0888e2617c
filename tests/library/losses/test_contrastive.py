"""Losses of views and labels: values by hand, who is absent, and degenerate batches."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, normal
from multibackend.losses import InfoNCE, SemiHardTriplet, SupervisedContrastive

LABELS = np.array([0, 0, 1, 1, 2, 0], "int32")
LOSSES = {
    "both views": InfoNCE,
    "other view": lambda **kwargs: InfoNCE(negatives="other", **kwargs),
    "labels": SupervisedContrastive,
    "triplets": SemiHardTriplet,
    "squared": lambda **kwargs: SemiHardTriplet(distance="squared", **kwargs),
    "cosine": lambda **kwargs: SemiHardTriplet(distance="cosine", **kwargs),
}
every_loss = pytest.mark.parametrize("name", LOSSES)
of_anchors = pytest.mark.parametrize("name", ["both views", "other view", "labels"])


def targets(name, size):
    """Views for a loss of views, labels for a loss of labels."""
    return normal(size, 4, seed=1) if "view" in name else LABELS[:size]


def finite(*tensors):
    return all(np.isfinite(keras.ops.convert_to_numpy(t)).all() for t in tensors)


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_equal_views_at_right_angles_leave_the_negatives_alone(temperature, close):
    views = array([[2.0, 0.0], [0.0, 3.0]])
    both = np.log(1 + 2 * np.exp(-1 / temperature))  # two views of the other sample
    close(InfoNCE(temperature)(views, views), both)
    other = np.log(1 + np.exp(-1 / temperature))
    close(InfoNCE(temperature, negatives="other")(views, views), other)


@pytest.mark.parametrize("negatives", ["both", "other"])
def test_views_may_be_swapped_and_scaled(negatives, close):
    first, second = normal(5, 4, seed=1), normal(5, 4, seed=2)
    loss = InfoNCE(0.5, negatives=negatives, reduction=None)
    expected = keras.ops.convert_to_numpy(loss(first, second))
    close(loss(3 * second, first / 8), expected)


def test_two_views_are_two_samples_of_one_label(close):
    first, second = normal(5, 4, seed=1), normal(5, 4, seed=2)
    both, labels = np.concatenate([first, second]), np.tile(np.arange(5), 2)
    expected = float(InfoNCE(0.5)(first, second))
    close(SupervisedContrastive(0.5)(labels, both), expected)


def test_an_anchor_without_positives_has_no_loss_and_is_a_negative():
    loss = SupervisedContrastive(0.5, reduction=None)
    x = normal(4, 3, seed=1)
    found = keras.ops.convert_to_numpy(loss(np.array([0, 0, 1, 1]), x))
    lonely = keras.ops.convert_to_numpy(loss(np.array([0, 0, 1, 2]), x))
    assert lonely[2] == lonely[3] == 0
    np.testing.assert_array_equal(lonely[:2], found[:2])


def test_the_negative_is_the_nearest_of_the_farther_ones(close):
    # From 0 the positive is at 1, and negatives are at 0.5, 1.5 and 3: 1.5 is taken.
    # From 1 the positive is at 1, and negatives at 1.5, 0.5 and 2: 1.5 is taken.
    x = array([[0.0], [1.0], [-0.5], [1.5], [3.0]])
    labels = np.array([0, 0, 1, 2, 3])
    close(SemiHardTriplet(2.0)(labels, x), ((2 + 1 - 1.5) + (2 + 1 - 1.5)) / 2)


def test_where_all_negatives_are_nearer_the_farthest_is_taken(close):
    x = array([[0.0], [4.0], [1.0], [2.5]])
    labels = np.array([0, 0, 1, 2])  # from 0 to 2.5, and from 4 to 1
    close(SemiHardTriplet(0.5)(labels, x), ((0.5 + 4 - 2.5) + (0.5 + 4 - 3)) / 2)


@of_anchors
def test_who_weighs_nothing_is_as_if_absent(name, close):
    x, y, there = normal(6, 4, seed=2), targets(name, 6), [0, 1, 3, 5]
    loss = LOSSES[name](reduction=None)
    alone = keras.ops.convert_to_numpy(loss(y[there], x[there]))
    weights = array([1.0, 2.0, 0.0, 0.5, 0.0, 1.0])
    x[[2, 4]] = np.nan  # whatever stands there
    expected = np.zeros(6)
    expected[there] = alone * weights[there]
    close(loss(y, x, weights), expected, roundings=64)
    close(loss(y, x, weights[:, None]), expected[:, None], roundings=64)


@of_anchors
def test_who_is_masked_is_as_if_absent(name, close):
    x, y, there = normal(6, 4, seed=2), targets(name, 6), [0, 1, 3, 5]
    alone = LOSSES[name]()(y[there], x[there])
    x[[2, 4]] = 0
    masked = keras.layers.Masking()(x)
    close(LOSSES[name]()(y, masked), float(alone), roundings=64)


@pytest.mark.parametrize("distance", ["euclidean", "squared", "cosine"])
def test_triplets_of_who_weighs_nothing_are_left_out(distance, close):
    x, there = normal(6, 4, seed=2), [0, 1, 3, 4, 5]
    loss = SemiHardTriplet(distance=distance)
    alone = float(loss(LABELS[there], x[there]))
    x[2] = np.nan
    close(loss(LABELS, x, array([1.0, 1, 0, 1, 1, 1])), alone, roundings=64)
    x[2] = 0
    close(loss(LABELS, keras.layers.Masking()(x)), alone, roundings=64)


@every_loss
@pytest.mark.parametrize(
    "batch",
    [
        np.ones((1, 4)),
        np.zeros((6, 4)),
        np.ones((6, 4)),
        np.eye(6, 4),
        np.zeros((1, 4)),
    ],
    ids=["one", "zeros", "equal", "some zeros", "one zero"],
)
def test_degenerate_batches_have_finite_losses_and_gradients(name, batch):
    loss, x = LOSSES[name](), batch.astype("float32")
    y = targets(name, len(x))
    for against in (y, x) if "view" in name else (y, 0 * y):
        assert finite(loss(against, x), grad(loss, 1)(against, x))


@every_loss
def test_nobody_present_is_no_loss(name, close):
    loss, x = LOSSES[name](), normal(6, 4, seed=2)
    y, nothing = targets(name, 6), np.zeros(6, "float32")
    close(loss(y, x, nothing), 0.0)
    close(grad(loss, 1)(y, x, nothing), np.zeros((6, 4)))


@every_loss
@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e4), ("float16", 1e3)])
def test_extreme_logits_stay_finite(name, dtype, size):
    kwargs = (
        {} if name in ("triplets", "squared", "cosine") else {"temperature": 1 / size}
    )
    loss, x = LOSSES[name](dtype=dtype, **kwargs), normal(6, 4, seed=2)
    y = targets(name, 6)
    scale = 1.0 if name == "squared" and dtype == "float16" else size  # within float16
    found = loss(y, (scale * x).astype(dtype))
    assert keras.backend.standardize_dtype(found.dtype) == dtype
    assert finite(found, grad(loss, 1)(y, (scale * x).astype(dtype)))


@pytest.mark.parametrize("name", ["labels", "triplets"])
def test_labels_are_told_apart_in_half_precision(name):
    x = normal(4, 3, seed=1).astype("float16")
    losses = [
        float(LOSSES[name](dtype="float16")(np.array(labels), x))
        for labels in ([0, 0, 1, 1], [2048, 2048, 2049, 2049])
    ]
    assert losses[0] == losses[1]


def test_rows_that_agree_pull_at_nobody(close):
    x = array([[1.0, 2.0], [1.0, 2.0], [5.0, 5.0]])
    labels = np.array([0, 0, 1])
    loss = SemiHardTriplet(10.0)  # 10 + 0 - d for both positive pairs
    away = (x[0] - x[2]) / np.linalg.norm(x[0] - x[2])
    close(grad(loss, 1)(labels, x), [-away / 2, -away / 2, away])


@every_loss
def test_a_model_trains_on_it_and_reports_it(name, close):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4)])
    model.compile("sgd", loss=LOSSES[name]())
    x, y = normal(6, 4, seed=2), targets(name, 6)
    expected = [keras.ops.convert_to_numpy(LOSSES[name]()(y, model(x)))]
    history = model.fit(x, y, batch_size=6, verbose=0).history["loss"]
    close(array(history), expected, roundings=64)


@pytest.mark.parametrize(
    "loss",
    [
        InfoNCE(0.3, negatives="other", reduction="sum", name="mine"),
        SupervisedContrastive(0.3, reduction=None, name="mine"),
        SemiHardTriplet(0.3, distance="cosine", reduction="sum", name="mine"),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_each_survives_its_configuration(loss):
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(copy) is type(loss)
    assert copy.get_config() == loss.get_config()
    assert copy.get_config()["name"] == "mine"


@pytest.mark.parametrize(
    ("loss", "true", "pred", "told"),
    [
        (InfoNCE, (4, 3), (5, 3), "of one shape"),
        (
            InfoNCE,
            (4, 1, 3),
            (4, 1, 3),
            r"shape \(batch_size, dim\), received \(4, 1, 3\)",
        ),
        (SupervisedContrastive, (3,), (4, 2), r"`y_true` of shape \(4,\) or \(4, 1\)"),
        (SupervisedContrastive, (4, 2), (4, 2), "one label for each embedding"),
        (SemiHardTriplet, (3,), (4, 2), r"`y_true` of shape \(4,\) or \(4, 1\)"),
        (SemiHardTriplet, (4,), (4,), r"shape \(batch_size, dim\), received \(4,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(loss, true, pred, told):
    with pytest.raises(ValueError, match=told):
        loss()(normal(*true), normal(*pred))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: InfoNCE(0), "`temperature` to be a number above 0, received 0"),
        (lambda: InfoNCE(negatives="none"), "`negatives` to be one of 'both', 'other'"),
        (lambda: SupervisedContrastive(-1.0), "`temperature` to be a number above 0"),
        (lambda: SemiHardTriplet(0.0), "`margin` to be a number above 0, received 0"),
        (lambda: SemiHardTriplet(distance="l1"), "'euclidean', 'squared', 'cosine'"),
    ],
)
def test_arguments_out_of_range_are_refused(make, told):
    with pytest.raises(ValueError, match=told):
        make()
