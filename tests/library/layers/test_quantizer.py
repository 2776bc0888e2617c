"""`VectorQuantizer`: its codes, its losses and its moving averages, by hand."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, mask, normal
from multibackend.layers import VectorQuantizer
from multibackend.weights import seed_weights


def numbers(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32")).astype(float)


def built(codes, **arguments):
    """A layer with these codes; averages start with sizes of one."""
    codes = np.asarray(codes, "float32")
    layer = VectorQuantizer(len(codes), **arguments)
    layer.build((None, codes.shape[-1]))
    (layer.code_sums if layer.moving_average else layer.codebook).assign(codes)
    return layer


def test_of_equally_near_codes_the_lowest_is_taken():
    # All distances are whole numbers, so that they are equal to the bit.
    layer = built([[4.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    found = layer.encode(array([[0.0, 0.0], [1.0, 0.0], [-2.0, 0.0], [0.0, 5.0]]))
    assert keras.ops.convert_to_numpy(found).tolist() == [1, 1, 2, 4]
    assert keras.backend.standardize_dtype(found.dtype) == "int32"


@pytest.mark.parametrize("moving_average", [False, True])
def test_outputs_are_codes_to_the_bit(moving_average):
    inputs = normal(3, 7, 4, seed=1)
    layer = VectorQuantizer(5, moving_average=moving_average)
    layer.build(inputs.shape)
    seed_weights(layer)
    outputs = numbers(layer(inputs))
    assert np.array_equal(outputs, numbers(layer.decode(layer.encode(inputs))))
    codes = {tuple(code) for code in numbers(layer.codes())}
    assert {tuple(row) for row in outputs.reshape(-1, 4)} <= codes


def test_the_losses_are_those_of_the_formula(close):
    inputs = array([[0.0, 1.0], [3.0, 0.0], [0.0, 0.0]])
    codes = [[0.0, 0.0], [2.0, 0.0]]
    square = (1 + 1 + 0) / 6  # of the errors (0, 1), (1, 0), (0, 0)
    learned = built(codes, commitment=0.5)
    learned(inputs)
    close(learned.losses[0], 1.5 * square)
    averaged = built(codes, commitment=0.5, moving_average=True, smoothing=0.0)
    for training in (False, True):
        averaged(inputs, training=training)
        assert len(averaged.losses) == 1
        close(averaged.losses[0], 0.5 * square)


def test_the_losses_move_inputs_and_codes_towards_each_other(close):
    inputs = normal(6, 3, seed=1)
    layer = VectorQuantizer(4, commitment=0.25)
    layer.build(inputs.shape)
    seed_weights(layer)
    codes, nearest = numbers(layer.codes()), numbers(layer.encode(inputs)).astype(int)
    errors = inputs.astype("float64") - codes[nearest]
    model = keras.Sequential([keras.Input((3,)), layer])
    # The loss of the outputs is zero, so that the added losses alone are trained on.
    model.compile(keras.optimizers.SGD(1.0), loss=lambda _, y: 0.0 * keras.ops.sum(y))
    model.train_on_batch(inputs, inputs)
    expected = np.zeros_like(codes)
    np.add.at(expected, nearest, 2 * errors / errors.size)
    close(layer.codebook, codes + expected)


def test_the_slope_of_the_outputs_passes_straight_to_the_inputs(close):
    inputs, weights = normal(5, 4, seed=1), normal(5, 4, seed=2)
    layer = VectorQuantizer(3)
    layer.build(inputs.shape)
    seed_weights(layer)

    def weighed(x):
        return keras.ops.sum(keras.ops.multiply(layer(x), weights))

    close(grad(weighed)(inputs), weights, roundings=0)
    slopes = grad(weighed, variables=layer.trainable_variables)(inputs)
    assert not np.any(numbers(slopes[0]))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_codes_follow_the_means_of_their_vectors(smoothing, close):
    start = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 9.0]])
    layer = built(start, moving_average=True, decay=0.75, smoothing=smoothing)
    sums, sizes = start.copy(), np.ones(3)
    for step in range(3):
        inputs = normal(6, 2, mean=1.0, std=2.0, seed=step)
        nearest = numbers(layer.encode(inputs)).astype(int)
        layer(inputs, training=True)
        sums *= 0.75
        sizes *= 0.75
        for vector, which in zip(inputs.astype("float64"), nearest, strict=True):
            sums[which] += 0.25 * vector
            sizes[which] += 0.25
        close(layer.code_sums, sums)
        close(layer.code_sizes, sizes)
        total = sizes.sum()
        smoothed = (sizes + smoothing) * total / (total + 3 * smoothing)
        close(layer.codes(), sums / smoothed[:, None])


def test_inference_and_a_frozen_layer_leave_the_codes_alone(close):
    inputs = normal(8, 2, seed=1)
    layer = VectorQuantizer(3, moving_average=True)
    layer.build(inputs.shape)
    before = numbers(layer.codes())
    layer(inputs, training=False)
    layer.trainable = False
    layer(inputs, training=True)
    close(layer.codes(), before, roundings=0)
    layer.trainable = True
    layer(inputs, training=True)
    assert np.abs(numbers(layer.codes()) - before).max() > 1e-4


def test_masked_steps_move_no_code_and_add_no_loss(close):
    steps, keep = normal(2, 5, 3, seed=1), mask(2, 5, seed=2)
    kept = steps[keep]
    one, other = (
        VectorQuantizer(4, moving_average=True, decay=0.5, name=name) for name in "ab"
    )
    for layer in (one, other):
        layer.build((None, 3))
    other.set_weights(one.get_weights())
    one(steps, mask=keep, training=True)
    other(kept, training=True)
    close(one.losses[0], numbers(other.losses[0]))
    close(one.code_sums, numbers(other.code_sums))
    close(one.code_sizes, numbers(other.code_sizes))


def test_a_batch_that_is_masked_as_a_whole_costs_nothing():
    layer = VectorQuantizer(4)
    layer(normal(2, 5, 3, seed=1), mask=np.zeros((2, 5), bool))
    assert float(numbers(layer.losses[0])) == 0


def test_codes_that_nobody_uses_stay_finite():
    layer = built([[0.0], [100.0]], moving_average=True, decay=0.0, smoothing=0.0)
    layer(array([[1.0], [2.0]]), training=True)
    assert numbers(layer.codes()).ravel().tolist() == [1.5, 0.0]


def test_the_averages_survive_a_save(tmp_path, close):
    model = keras.Sequential(
        [keras.Input((3,)), VectorQuantizer(4, moving_average=True, decay=0.5)]
    )
    inputs = normal(8, 3, seed=1)
    model(inputs, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    close(loaded(inputs), numbers(model(inputs)), roundings=0)
    for one, other in zip(loaded.weights, model.weights, strict=True):
        close(one, numbers(other), roundings=0)


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_half_precision_measures_distances_in_full(half):
    # In float16 the squares of these would be infinite, in bfloat16 equally near.
    layer = built([[300.0], [301.0]], moving_average=True, dtype=f"mixed_{half}")
    outputs = layer(array([[300.0], [302.0]]), training=True)
    assert keras.backend.standardize_dtype(outputs.dtype) == half
    found = numbers(layer.encode(array([[300.0], [302.0]])))
    assert found.tolist() == [0, 1]
    assert {weight.dtype for weight in layer.weights} == {"float32"}
    assert np.isfinite(float(numbers(layer.losses[0])))


def test_extreme_vectors_stay_finite():
    layer = VectorQuantizer(4)
    outputs = layer(array([[1e4, -1e4], [-1e4, 1e4]]))
    assert np.isfinite(numbers(outputs)).all()
    assert np.isfinite(float(numbers(layer.losses[0])))


def test_float64_stays_float64(float64, close):
    layer = VectorQuantizer(4, moving_average=True)
    outputs = layer(normal(5, 3, seed=1), training=True)
    assert keras.backend.standardize_dtype(outputs.dtype) == "float64"
    assert {weight.dtype for weight in layer.weights} == {"float64"}


def test_the_configuration_keeps_every_argument():
    layer = VectorQuantizer(
        7,
        commitment=0.5,
        moving_average=True,
        decay=0.9,
        smoothing=0.01,
        codebook_initializer=keras.initializers.RandomNormal(stddev=0.5, seed=1),
    )
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is VectorQuantizer
    assert copy.get_config() == layer.get_config()


def test_what_does_not_fit_is_refused():
    layer = VectorQuantizer(4)
    with pytest.raises(ValueError, match="to be built, received a layer without"):
        layer.encode(normal(2, 3))
    layer.build((None, 3))
    with pytest.raises(ValueError, match=r"\(batch_size, ..., 3\), received \(2, 4\)"):
        layer.encode(normal(2, 4))
    with pytest.raises(ValueError, match="`indices` from 0 to 3, received 4"):
        layer.decode([0, 4])
    with pytest.raises(ValueError, match="`indices` from 0 to 3, received -1"):
        layer.decode([-1])
    with pytest.raises(ValueError, match=r"Expected `mask` of shape \(2, 5\)"):
        layer(normal(2, 5, 3), mask=np.ones((2, 4), bool))
    with pytest.raises(ValueError, match="positive integer, received 0"):
        _ = VectorQuantizer(0)
    with pytest.raises(ValueError, match="`decay` to be a number at least 0"):
        _ = VectorQuantizer(4, decay=-0.5)
