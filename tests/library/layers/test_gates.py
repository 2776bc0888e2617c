"""`GatedLinearUnit`, `LoRADense` and `LayerScale`: what their formulas do not say."""

import keras
import numpy as np
import pytest

from multibackend.inputs import normal
from multibackend.layers import GatedLinearUnit, LayerScale, LoRADense, SimpleDense
from multibackend.weights import seed_weights

GATES = ("sigmoid", "gelu", "silu", "relu")


def seeded(layer, shape):
    """The layer, built, with weights of which none is zero."""
    layer.build(shape)
    seed_weights(layer)
    return layer


def numpy(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


def by_hand(activation):
    """`x -> value * activation(gate)` with value `2 x + 1` and gate `x - 1`."""
    layer = GatedLinearUnit(1, activation)
    layer.build((None, 1))
    layer.set_weights([np.array([[2.0, 1.0]]), np.array([1.0, -1.0])])
    return layer


@pytest.mark.parametrize(
    ("activation", "at_gate_one"),
    [
        ("sigmoid", 0.7310585786300049),
        ("gelu", 0.8413447460685429),  # the normal distribution's share below 1
        ("silu", 0.7310585786300049),
        ("relu", 1.0),
    ],
)
def test_the_second_half_of_the_kernel_is_the_gate(activation, at_gate_one, close):
    layer = by_hand(activation)
    # at 2 the value is 5 and the gate 1; at 1 the gate is 0, which the sigmoid halves
    closed = 1.5 if activation == "sigmoid" else 0.0
    close(layer(np.array([[2.0], [1.0]], "float32")), [[5 * at_gate_one], [closed]])


@pytest.mark.parametrize(
    ("half", "size"), [("float32", 1e4), ("mixed_float16", 1e2)], ids=["full", "half"]
)
@pytest.mark.parametrize("activation", GATES)
def test_far_inputs_give_finite_outputs(activation, half, size):
    layer = seeded(GatedLinearUnit(4, activation, dtype=half), (None, 3))
    # in half precision value and gate are some hundreds, and their product in its range
    assert np.all(np.isfinite(numpy(layer(size * normal(5, 3, seed=1)))))


def test_far_below_zero_every_gate_is_shut():
    for activation in GATES:
        layer = by_hand(activation)
        assert np.all(numpy(layer(np.array([[-1e4]], "float32"))) == 0)


def test_an_activation_that_makes_no_known_unit_is_refused():
    with pytest.raises(ValueError, match=r"one of 'sigmoid', .*, received 'tanh'"):
        _ = GatedLinearUnit(2, "tanh")


def test_a_fresh_adapter_changes_nothing(close):
    inputs = normal(4, 5, seed=1)
    layer = LoRADense(3, 2, alpha=16.0)
    outputs = layer(inputs)
    close(outputs, inputs.astype("float64") @ layer.kernel.numpy())


@pytest.mark.parametrize("use_bias", [True, False])
def test_a_plain_dense_layer_with_the_merged_kernel_gives_the_same(use_bias, close):
    inputs = normal(2, 4, 5, seed=1)
    layer = seeded(LoRADense(3, 2, 8.0, "tanh", use_bias=use_bias), inputs.shape)
    plain = SimpleDense(3, "tanh", use_bias=use_bias)
    plain.build(inputs.shape)
    plain.set_weights([layer.merge(), *([layer.bias] if use_bias else [])])
    close(plain(inputs), keras.ops.convert_to_numpy(layer(inputs)))
    assert np.abs(numpy(layer.merge()) - layer.kernel.numpy()).max() > 0.1


def test_a_merged_kernel_is_as_wide_as_the_weights():
    layer = seeded(LoRADense(3, 2, dtype="mixed_float16"), (None, 5))
    assert keras.backend.standardize_dtype(layer.merge().dtype) == "float32"


@pytest.mark.parametrize("train_base", [False, True])
def test_the_base_is_frozen_unless_it_is_to_be_trained(train_base):
    layer = LoRADense(3, 2, train_base=train_base)
    layer.build((None, 5))
    base = ["kernel", "bias"] if train_base else []
    assert sorted(w.name for w in layer.trainable_weights) == sorted(
        [*base, "lora_a", "lora_b"]
    )
    assert len(layer.weights) == 4


def test_training_moves_the_update_and_leaves_the_frozen_kernel():
    model = keras.Sequential([keras.Input((5,)), LoRADense(3, 2)])
    layer = model.layers[0]
    seed_weights(model)
    before = [w.numpy() for w in (layer.kernel, layer.bias, layer.lora_b)]
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    _ = model.fit(normal(8, 5, seed=1), normal(8, 3, seed=2), epochs=1, verbose=0)
    after = [w.numpy() for w in (layer.kernel, layer.bias, layer.lora_b)]
    assert [np.array_equal(*pair) for pair in zip(before, after, strict=True)] == [
        True,
        True,
        False,
    ]


def test_there_is_nothing_to_merge_before_the_first_call():
    with pytest.raises(
        ValueError, match="Expected a built layer, received 'lo_ra_dense"
    ):
        _ = LoRADense(3, 2).merge()


def test_ranks_and_factors_that_are_none_are_refused():
    with pytest.raises(ValueError, match="`rank` to be a positive integer, received 0"):
        _ = LoRADense(3, 0)
    with pytest.raises(
        ValueError, match=r"`alpha` to be a number above 0, received -1"
    ):
        _ = LoRADense(3, 2, alpha=-1.0)


def test_a_scale_starts_small_and_from_one_number():
    layer = LayerScale()
    layer.build((None, 7, 3))
    assert np.array_equal(layer.gamma.numpy(), np.full(3, 1e-5, "float32"))


@pytest.mark.parametrize(("axis", "sizes"), [(1, (3, 1, 1)), (2, (4, 1)), (-2, (4, 1))])
def test_a_scale_meets_the_axis_of_the_channels(axis, sizes, close):
    inputs = normal(2, 3, 4, 5, seed=1)
    layer = seeded(LayerScale(2.0, axis=axis), inputs.shape)
    close(layer(inputs), inputs * layer.gamma.numpy().reshape(sizes), roundings=1)


@pytest.mark.parametrize("axis", [0, 1.0, None, True])
def test_an_axis_that_holds_no_channels_is_refused(axis):
    with pytest.raises(ValueError, match=f"integer other than 0, received {axis}"):
        _ = LayerScale(axis=axis)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (GatedLinearUnit(3, "gelu", use_bias=False), (None, 5)),
        (LoRADense(3, 2, 5.0, "tanh", use_bias=False, train_base=True), (None, 5)),
        (LayerScale(0.25, axis=1), (None, 5, 2)),
    ],
    ids=["gated", "lora", "scale"],
)
def test_the_configuration_round_trip_keeps_every_argument(layer, shape):
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is type(layer)
    assert copy.get_config() == layer.get_config()
    for one in (copy, layer):
        one.build(shape)
    told = [
        [(w.name, w.shape, w.trainable) for w in one.weights] for one in (copy, layer)
    ]
    assert told[0] == told[1]
