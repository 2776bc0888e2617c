"""`SimpleDense` against `activation(x @ kernel + bias)` in NumPy."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, normal
from multibackend.layers import SimpleDense
from multibackend.weights import seed_weights

NONLINEAR = {
    None: lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
}


def seeded(layer, inputs):
    """The layer, built on `inputs`, with a bias that is not zero."""
    layer.build(inputs.shape)
    seed_weights(layer)
    return layer


def expected(layer, inputs, activation=None):
    """The outputs in float64."""
    outputs = inputs.astype("float64") @ layer.kernel.numpy()
    if layer.use_bias:
        outputs = outputs + layer.bias.numpy()
    return NONLINEAR[activation](outputs)


@pytest.mark.parametrize(
    ("shape", "activation", "use_bias"),
    [
        ((1, 1), None, True),
        ((4, 16), None, True),
        ((4, 16), None, False),
        ((3, 7), "relu", True),
        ((3, 7), "tanh", False),
        ((2, 5, 3), "tanh", True),
        ((2, 3, 1, 4), None, True),
    ],
    ids=str,
)
def test_the_outputs_are_those_of_the_formula(shape, activation, use_bias, close):
    inputs = normal(*shape, seed=1)
    layer = seeded(SimpleDense(5, activation, use_bias=use_bias), inputs)
    close(layer(inputs), expected(layer, inputs, activation))


def test_the_gradients_are_those_of_the_formula(close):
    inputs = normal(4, 3, seed=1)
    layer = seeded(SimpleDense(2), inputs)
    slopes = grad(
        lambda x: keras.ops.sum(layer(x) ** 2), variables=layer.trainable_variables
    )(inputs)
    outputs = expected(layer, inputs)
    close(slopes[0], 2 * inputs.T @ outputs)
    close(slopes[1], 2 * outputs.sum(axis=0))


def test_weights_are_created_at_the_first_call_and_not_again():
    layer = SimpleDense(3)
    assert layer.weights == []
    layer(normal(2, 5))
    kernel = layer.kernel
    assert [(w.name, tuple(w.shape)) for w in layer.weights] == [
        ("kernel", (5, 3)),
        ("bias", (3,)),
    ]
    layer(normal(4, 5))
    assert layer.kernel is kernel
    assert len(layer.weights) == 2


def test_the_first_weights_are_small_normal_draws_and_zeros():
    layer = SimpleDense(100)
    layer.build((None, 100))
    kernel = layer.kernel.numpy()
    # 10000 draws with deviation 0.05: five standard errors
    assert abs(kernel.mean()) < 5 * 0.05 / 100
    assert abs(kernel.std() - 0.05) < 5 * 0.05 / np.sqrt(20_000)
    assert not np.any(layer.get_weights()[1])


def test_the_configuration_round_trip_gives_the_same_outputs(close):
    inputs = normal(4, 3, seed=1)
    layer = seeded(SimpleDense(2, "tanh", use_bias=False, name="mine"), inputs)
    config = keras.layers.serialize(layer)
    copy = keras.layers.deserialize(config)
    assert type(copy) is SimpleDense
    assert copy.get_config() == layer.get_config()
    copy.set_weights(layer.get_weights())
    close(copy(inputs), keras.ops.convert_to_numpy(layer(inputs)), roundings=0)


def test_a_saved_model_gives_the_same_outputs(tmp_path, close):
    inputs = normal(4, 3, seed=1)
    model = keras.Sequential([keras.Input((3,)), SimpleDense(2, "relu")])
    seed_weights(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    close(loaded(inputs), keras.ops.convert_to_numpy(model(inputs)), roundings=0)


def test_a_mask_reaches_the_layer_behind(close):
    steps = normal(2, 3, 4, seed=1)
    steps[0, 1:] = 0
    dense = seeded(SimpleDense(5), steps)
    pool = keras.layers.GlobalAveragePooling1D()
    outputs = pool(dense(keras.layers.Masking()(keras.ops.convert_to_tensor(steps))))
    per_step = expected(dense, steps)
    close(outputs, np.stack([per_step[0, 0], per_step[1].mean(axis=0)]))


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_mixed_precision_computes_in_half_and_keeps_weights_in_full(half):
    inputs = normal(4, 3, seed=1)
    layer = seeded(SimpleDense(2, dtype=f"mixed_{half}"), inputs)
    outputs = layer(inputs)
    assert keras.backend.standardize_dtype(outputs.dtype) == half
    assert {w.dtype for w in layer.weights} == {"float32"}
    wide = keras.ops.convert_to_numpy(keras.ops.cast(outputs, "float32"))
    eps = {"float16": 2**-10, "bfloat16": 2**-7}[half]
    assert np.abs(wide - expected(layer, inputs)).max() < 8 * eps


def test_float64_stays_float64(float64, close):
    inputs = normal(4, 3, seed=1)
    layer = seeded(SimpleDense(2, "tanh"), inputs)
    close(layer(inputs), expected(layer, inputs, "tanh"), dtype="float64")


@pytest.mark.parametrize("shape", [(3,), (None, 3), (5, 2, 3)])
def test_the_symbolic_shape_is_the_real_one_with_an_unknown_batch(shape):
    symbol = SimpleDense(7)(keras.Input(shape))
    assert symbol.shape == (None, *shape[:-1], 7)
    assert symbol.dtype == keras.config.floatx()
    real = tuple(2 if size is None else size for size in symbol.shape)
    layer = SimpleDense(7)
    assert layer.compute_output_shape((2, *(s or 2 for s in shape))) == real
    assert keras.ops.shape(layer(np.ones((2, *(s or 2 for s in shape))))) == real


@pytest.mark.parametrize("units", [0, -1, 2.5, "3", None, True])
def test_units_that_are_no_positive_integer_are_refused(units):
    with pytest.raises(ValueError, match=f"positive integer, received {units!r}"):
        _ = SimpleDense(units)


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="min_ndim=2"):
        SimpleDense(2)(array([1.0]))
    layer = SimpleDense(2)
    layer(normal(2, 3))
    with pytest.raises(ValueError, match="axis -1 of input shape to have value 3"):
        layer(normal(2, 4))
    with pytest.raises(ValueError, match=r"received shape \(None, None\)"):
        SimpleDense(2)(keras.Input((None,)))
