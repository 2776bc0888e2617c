"""`ListNet` and `LambdaRank`: what their cases cannot say."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, normal
from multibackend.losses import LambdaRank, ListNet

LOSSES = [ListNet(reduction=None), LambdaRank(reduction=None), LambdaRank(k=2)]
GRADES = array([[2.0, 0.0, 1.0, 0.0], [0.0, 3.0, 1.0, 1.0]])


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def named(loss):
    return type(loss).__name__ + str(getattr(loss, "k", "") or "")


def masked(scores, mask):
    """The scores as the last layer of a model hands them on: `(batch, documents, 1)`."""
    inputs = np.where(mask, np.where(scores == 0, 1, scores), 0)[..., None]
    return keras.layers.Masking()(keras.ops.convert_to_tensor(inputs.astype("float32")))


@pytest.mark.parametrize("loss", LOSSES, ids=named)
def test_padding_changes_neither_value_nor_gradient(loss, close):
    scores = normal(2, 4, seed=1)
    long = np.concatenate([scores, array([[1e4, -3.0], [0.5, -1e4]])], axis=1)
    grades = np.concatenate([GRADES, -np.ones((2, 2), "float32")], axis=1)
    close(loss(grades, long), numpy(loss(GRADES, scores)), roundings=4)

    def total(true, pred):
        return keras.ops.sum(loss(true, pred))

    slopes = numpy(grad(total, 1)(grades, long))
    close(slopes[:, :4], numpy(grad(total, 1)(GRADES, scores)), roundings=4)
    assert not np.any(slopes[:, 4:])


@pytest.mark.parametrize("loss", LOSSES, ids=named)
def test_a_mask_of_the_scores_pads_as_a_negative_relevance_does(loss, close):
    scores = normal(2, 4, seed=1)
    mask = np.array([[True, True, True, False], [True, True, False, False]])
    padded = numpy(loss(np.where(mask, GRADES, -1), scores))
    close(loss(GRADES, masked(scores, mask)), padded, roundings=0)
    # Padded by both: each hides its own documents.
    other = np.where([[True, True, False, True], [True, True, True, True]], GRADES, -1)
    both = numpy(loss(np.where(mask, other, -1), scores))
    close(loss(other, masked(scores, mask)), both, roundings=0)


@pytest.mark.parametrize("loss", LOSSES, ids=named)
def test_a_mask_reaches_the_loss_from_a_model_and_it_trains(loss):
    inputs = keras.Input((None, 3))
    outputs = keras.layers.Dense(1)(keras.layers.Masking()(inputs))
    model = keras.Model(inputs, outputs)
    model.compile(
        "sgd", loss=type(loss).from_config({**loss.get_config(), "reduction": "sum"})
    )
    documents = normal(2, 4, 3, seed=1)
    documents[1, 2:] = 0
    expected = np.where(np.any(documents != 0, axis=-1), GRADES, -1)
    scores = numpy(model(documents))
    found = model.train_on_batch(documents, GRADES)
    due = np.sum(numpy(loss(expected, scores[..., 0])))
    due = due if loss.reduction is None else due * 2
    assert abs(found - due) < 1e-5


@pytest.mark.parametrize("loss", LOSSES, ids=named)
def test_degenerate_lists_cost_nothing_and_have_no_gradient(loss):
    grades = array([[-1.0, -1.0, -1.0], [2.0, -1.0, -1.0]])
    scores = normal(2, 3, seed=1)
    assert not np.any(numpy(loss(grades, scores)))
    slopes = numpy(grad(lambda p: keras.ops.sum(loss(grades, p)))(scores))
    assert not np.any(slopes)


def test_without_a_relevant_document_lambdarank_is_zero_and_listnet_levels(close):
    grades, scores = array([[0.0, 0.0]]), array([[1.0, -1.0]])
    close(LambdaRank()(grades, scores), 0.0, roundings=0)
    close(grad(LambdaRank(), 1)(grades, scores), [[0.0, 0.0]], roundings=0)
    first = 1 / (1 + np.exp(-2))
    close(grad(ListNet(), 1)(grades, scores), [[first - 0.5, 0.5 - first]])


@pytest.mark.parametrize("loss", LOSSES, ids=named)
@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e4), ("float16", 1e3)])
def test_extreme_scores_stay_finite_with_their_gradient(loss, dtype, size):
    config = {**loss.get_config(), "reduction": "sum_over_batch_size"}
    loss = type(loss)(**config, dtype=dtype)
    scores = array([[size, -size, size, 0.0], [-size, -size, size, size]])
    assert np.isfinite(numpy(keras.ops.cast(loss(GRADES, scores), "float32")))
    assert np.all(np.isfinite(numpy(grad(loss, 1)(GRADES, scores))))


@pytest.mark.parametrize("loss", LOSSES, ids=named)
def test_the_order_of_the_documents_does_not_matter(loss, close):
    scores, order = normal(2, 4, seed=1), np.array([2, 0, 3, 1])
    expected = numpy(loss(GRADES, scores))
    close(loss(GRADES[:, order], scores[:, order]), expected, roundings=8)


def test_listnet_is_least_where_the_scores_are_the_relevances(close):
    close(grad(ListNet(), 1)(GRADES, GRADES + 5), np.zeros((2, 4)))
    # What is left is the entropy.
    shares = np.exp(GRADES) / np.exp(GRADES).sum(axis=1, keepdims=True)
    entropy = -np.sum(shares * np.log(shares), axis=1)
    close(ListNet()(GRADES, GRADES + 5), entropy.mean())


def test_of_equal_scores_the_first_stands_first(close):
    discount = 1 / np.log2(np.arange(2, 5))
    for relevant in range(3):
        grades = np.eye(3, dtype="float32")[relevant][None]
        others = [place for place in range(3) if place != relevant]
        stakes = [abs(discount[relevant] - discount[other]) for other in others]
        close(LambdaRank()(grades, np.zeros((1, 3))), np.log(2) * sum(stakes))


def test_beyond_k_a_pair_has_no_stake(close):
    grades, scores = array([[0.0, 1.0, 2.0]]), array([[3.0, 2.0, 1.0]])
    best = 3 + 1 / np.log2(3)
    first = np.log1p(np.exp(1)) * 1 + np.log1p(np.exp(2)) * 3  # against the top place
    close(LambdaRank(k=1)(grades, scores), first / 3)
    second = (
        first - np.log1p(np.exp(1)) / np.log2(3) + 2 / np.log2(3) * np.log1p(np.exp(1))
    )
    close(LambdaRank(k=2)(grades, scores), second / best)


def test_sigma_scales_the_scores(close):
    scores = normal(2, 4, seed=1)
    close(
        LambdaRank(sigma=2.5)(GRADES, scores), numpy(LambdaRank()(GRADES, 2.5 * scores))
    )


@pytest.mark.parametrize("loss", [ListNet(), LambdaRank()], ids=named)
def test_lists_of_other_lengths_are_refused(loss):
    told = r"one shape \(batch_size, documents\), .* received \(2, 3\) and \(2, 4\)"
    with pytest.raises(ValueError, match=told):
        loss(normal(2, 3), normal(2, 4))
    with pytest.raises(ValueError, match=r"`y_pred` of shape .* received \(4,\)"):
        loss(normal(4), normal(4))


def test_arguments_out_of_bounds_are_refused():
    with pytest.raises(ValueError, match="`sigma` to be a number above 0, received 0"):
        _ = LambdaRank(sigma=0)
    with pytest.raises(ValueError, match="`k` to be a positive integer, received 0"):
        _ = LambdaRank(k=0)


@pytest.mark.parametrize(
    "loss",
    [ListNet(name="mine", reduction="sum"), LambdaRank(sigma=0.5, k=3)],
    ids=named,
)
def test_the_configuration_round_trip_keeps_every_argument(loss):
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(copy) is type(loss)
    assert copy.get_config() == loss.get_config()
