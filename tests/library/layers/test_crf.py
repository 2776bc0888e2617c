"""`LinearChainCRF`: exact values, limits, masks, and models that train and tag."""

from itertools import product

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import normal
from multibackend.layers import LinearChainCRF
from multibackend.losses import CRFNegativeLogLikelihood
from multibackend.weights import seed_weights


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def seeded(tags=3, **kwargs):
    layer = LinearChainCRF(tags, **kwargs)
    layer.build((None, None, tags))
    seed_weights(layer)
    return layer


def plain(tags):
    """A layer whose transitions, start and end are zero."""
    layer = LinearChainCRF(tags)
    layer.build((None, None, tags))
    layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
    return layer


def softmax(x):
    shares = np.exp(x - x.max(axis=-1, keepdims=True))
    return shares / shares.sum(axis=-1, keepdims=True)


def test_without_transitions_each_step_stands_alone(close):
    x = normal(2, 5, 4, seed=1)
    layer = plain(4)
    close(layer(x, output="marginals"), softmax(x.astype("float64")))
    assert np.array_equal(numpy(layer(x, output="tags")), x.argmax(axis=-1))
    log_sums = np.log(np.exp(x.astype("float64")).sum(axis=-1))
    close(layer(x, output="log_partition"), log_sums.sum(axis=1))


def test_a_long_chain_has_as_many_paths_as_it_should(close):
    zeros = np.zeros((1, 200, 5), "float32")
    close(plain(5)(zeros, output="log_partition"), [200 * np.log(5)], roundings=256)


def test_the_marginals_are_the_gradient_of_the_partition(close):
    x = normal(2, 6, 3, seed=1)
    mask = np.arange(6) < np.array([[6], [3]])
    layer = seeded()
    slope = grad(lambda x: keras.ops.sum(layer(x, output="log_partition", mask=mask)))(
        x
    )
    close(layer(x, output="marginals", mask=mask), numpy(slope))


def test_what_is_behind_the_last_step_does_not_count(close):
    x = normal(1, 6, 3, seed=1)
    mask = np.arange(6)[None] < 4
    layer = seeded()
    for output in ("tags", "marginals"):
        found = numpy(layer(x, output=output, mask=mask))
        assert not found[:, 4:].any()
        short = numpy(layer(x[:, :4], output=output))
        assert np.abs(found[:, :4] - short).max() < 1e-6
    close(
        layer(x, output="log_partition", mask=mask),
        numpy(layer(x[:, :4], output="log_partition")),
    )


def test_of_two_equal_paths_the_lower_tags_are_taken():
    tags = numpy(plain(3)(np.zeros((1, 4, 3), "float32"), output="tags"))
    assert tags.tolist() == [[0, 0, 0, 0]]
    layer = plain(2)
    # To stay costs; both ways to alternate score the same.
    layer.set_weights([-np.eye(2), np.zeros(2), np.zeros(2)])
    found = numpy(layer(np.zeros((1, 5, 2), "float32"), output="tags"))
    assert found.tolist() == [[0, 1, 0, 1, 0]]


def test_the_best_path_is_the_best_of_all_even_against_each_step():
    x = normal(8, 5, 3, seed=1)
    layer = seeded()
    transitions = 3 * normal(3, 3, seed=2)
    start, end = normal(3, seed=3), normal(3, seed=4)
    layer.set_weights([transitions, start, end])
    found = numpy(layer(x, output="tags"))
    assert found.dtype == np.int32
    for emissions, path in zip(x, found, strict=True):

        def score(y, e=emissions):
            steps = e[np.arange(5), list(y)].sum() + start[y[0]] + end[y[-1]]
            return steps + transitions[list(y[:-1]), list(y[1:])].sum()

        assert max(product(range(3), repeat=5), key=score) == tuple(path)
    assert not np.array_equal(found, x.argmax(axis=-1))


@pytest.mark.parametrize(
    ("policy", "size"), [("float32", 1e4), ("mixed_float16", 1e3)], ids=str
)
def test_extreme_scores_give_finite_outputs_and_gradients(policy, size):
    layer = seeded(dtype=policy)
    x = size * np.sign(normal(2, 5, 3, seed=1))
    for output in ("log_partition", "marginals", "tags"):
        assert np.isfinite(numpy(layer(x, output=output))).all()
    assert numpy(layer(x, output="marginals")).min() >= 0
    slopes = grad(
        lambda x: keras.ops.sum(
            keras.ops.cast(layer(x, output="log_partition"), "float32")
        ),
        variables=layer.trainable_variables,
    )(x)
    assert all(np.isfinite(numpy(slope)).all() for slope in slopes)


def test_a_forbidden_transition_is_on_no_path(close):
    layer = plain(2)
    layer.set_weights([np.array([[0, -1e4], [0, 0]]), np.zeros(2), np.zeros(2)])
    x = np.array([[[2.0, 0.0], [0.0, 3.0]]], "float32")
    assert numpy(layer(x, output="tags")).tolist() == [[1, 1]]
    # What is left are the paths 00, 10 and 11, which score 2, 0 and 3.
    shares = softmax(np.array([2.0, 0.0, 3.0]))
    expected = [[shares[0], shares[1] + shares[2]], [shares[0] + shares[1], shares[2]]]
    close(layer(x, output="marginals"), [expected])


def test_a_compiled_model_learns_who_follows_whom_and_survives_a_save(tmp_path, close):
    inputs = keras.Input((None, 2))
    crf = LinearChainCRF(2)
    emissions = keras.layers.Dense(2, kernel_initializer="zeros")(inputs)
    model = keras.Model(inputs, crf(emissions))
    model.compile(keras.optimizers.Adam(0.1), loss=CRFNegativeLogLikelihood())
    x = normal(4, 6, 2, seed=1)
    tags = np.array([[0, 1] * 3, [1, 0] * 3] * 2)
    losses = model.fit(x, tags, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 3
    transitions = crf.transitions.numpy()
    assert transitions[0, 1] > transitions[0, 0]
    assert transitions[1, 0] > transitions[1, 1]
    tagger = keras.Model(inputs, crf(emissions, output="tags"))
    found = tagger.predict(x, verbose=0)
    assert (np.diff(found, axis=1) != 0).all()
    tagger.save(tmp_path / "tagger.keras")
    again = keras.models.load_model(tmp_path / "tagger.keras")
    assert np.array_equal(again.predict(x, verbose=0), found)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    before = model.evaluate(x, tags, verbose=0)
    assert abs(loaded.evaluate(x, tags, verbose=0) - before) < 1e-6


def test_the_mask_of_an_embedding_reaches_the_loss(close):
    words = np.array([[3, 1, 2, 0, 0], [2, 2, 1, 3, 1]])
    tags = np.array([[0, 1, 1, -1, 7], [1, 0, 1, 0, 1]])
    inputs = keras.Input((None,), dtype="int32")
    emissions = keras.layers.Embedding(4, 2, mask_zero=True)(inputs)
    crf = LinearChainCRF(2)
    model = keras.Model(inputs, crf(emissions))
    seed_weights(model)
    loss = CRFNegativeLogLikelihood(reduction=None)
    short = loss(tags[:1, :3], model(words[:1, :3]))
    found = numpy(loss(tags, model(words)))
    close(found[:1], numpy(short))
    model.compile("sgd", loss=CRFNegativeLogLikelihood())
    assert abs(model.evaluate(words, tags, verbose=0) - found.mean()) < 1e-5


def test_the_symbolic_shapes_are_known_before_the_length():
    emissions = keras.Input((None, 3))
    layer = LinearChainCRF(3)
    shapes = {
        output: layer(emissions, output=output).shape
        for output in ("potentials", "tags", "marginals", "log_partition")
    }
    assert shapes == {
        "potentials": (None, None, 4),
        "tags": (None, None),
        "marginals": (None, None, 3),
        "log_partition": (None,),
    }
    assert layer(emissions, output="tags").dtype == "int32"
    assert layer(keras.Input((4, 3))).shape == (None, 9, 4)


def test_the_configuration_keeps_every_argument():
    layer = LinearChainCRF(3, name="mine")
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is LinearChainCRF
    assert copy.get_config() == layer.get_config()


@pytest.mark.parametrize(
    "mask", [[[False, True, True]], [[True, False, True]], [[False] * 3]], ids=str
)
def test_a_mask_that_is_no_right_padding_is_refused(mask):
    with pytest.raises(ValueError, match="`mask` to be right padding"):
        LinearChainCRF(2)(normal(1, 3, 2, seed=1), mask=np.array(mask))


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="`tags` to be a positive integer, received 0"):
        _ = LinearChainCRF(0)
    with pytest.raises(ValueError, match="`output` to be one of 'potentials', 'tags'"):
        LinearChainCRF(2)(normal(1, 3, 2, seed=1), output="path")
    with pytest.raises(ValueError, match="axis -1 of input shape to have value 2"):
        LinearChainCRF(2)(normal(1, 3, 3, seed=1))
