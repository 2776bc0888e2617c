"""Attention: step by step as all at once, masks that hide, and what is refused."""

import importlib

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import normal
from multibackend.layers import AttentionPooling, RotaryAttention
from multibackend.weights import seed_weights

GROUPS = [4, 2, 1]


def numbers(tensor):
    return keras.ops.convert_to_numpy(tensor)


def seeded(layer, x):
    layer.build(x.shape)
    seed_weights(layer)
    return layer


def decoder(groups, x, **settings):
    layer = RotaryAttention(4, num_key_value_heads=groups, causal=True, **settings)
    return seeded(layer, x)


@pytest.mark.parametrize("groups", GROUPS)
@pytest.mark.parametrize("interleaved", [False, True])
def test_step_by_step_with_a_cache_gives_what_all_at_once_gives(
    groups, interleaved, close
):
    x = normal(2, 6, 16, seed=1)
    layer = decoder(groups, x, interleaved=interleaved)
    whole = numbers(layer(x))
    cache = layer.empty_cache(2, 8)
    for place in range(6):
        y, cache = layer(x[:, place : place + 1], cache=cache, position=place)
        close(y, whole[:, place : place + 1])


@pytest.mark.parametrize("groups", GROUPS)
def test_a_prompt_and_then_steps_give_what_all_at_once_give(groups, close):
    x = normal(2, 6, 16, seed=1)
    layer = decoder(groups, x)
    whole = numbers(layer(x))
    prompt, cache = layer(x[:, :4], cache=layer.empty_cache(2, 6), position=0)
    close(prompt, whole[:, :4])
    rest, cache = layer(x[:, 4:], cache=cache, position=4)
    close(rest, whole[:, 4:])
    seen = numbers(cache["mask"])
    assert seen.all()
    assert seen.shape == (2, 6)


def test_prompts_of_unequal_length_are_padded_on_the_left(close):
    x = normal(2, 6, 16, seed=1)
    layer = decoder(2, x)
    mask = np.ones((2, 4), bool)
    mask[1, :2] = False
    _, cache = layer(x[:, :4], mask=mask, cache=layer.empty_cache(2, 6), position=0)
    rest, _ = layer(x[:, 4:], cache=cache, position=4)
    close(rest[:1], numbers(layer(x[:1]))[:, 4:])
    # Positions are relative: the second row counts from its first step.
    close(rest[1:], numbers(layer(x[1:, 2:]))[:, 2:], roundings=32)


def test_a_compiled_step_serves_every_position(close):
    x = normal(2, 5, 16, seed=1)
    layer = decoder(2, x)
    whole = numbers(layer(x))
    step = compiled(layer)
    cache = layer.empty_cache(2, 5)
    for place in range(5):
        position = keras.ops.convert_to_tensor(np.array(place, "int32"))
        new = keras.ops.convert_to_tensor(x[:, place : place + 1])
        y, cache = step(new, cache, position)
        close(y, whole[:, place : place + 1])


def compiled(layer):
    """One traced step of the layer, by the framework's own compiler."""

    def step(x, cache, position):
        return layer(x, cache=cache, position=position)

    name = keras.config.backend()
    framework = importlib.import_module(name)
    if name == "jax":
        return framework.jit(step)
    if name == "tensorflow":
        return framework.function(step, jit_compile=True)
    # The other compilers are the parity suite's; here only tracing matters.
    whole = framework.compile(step, fullgraph=True, backend="eager")
    return framework.no_grad()(whole)


def test_an_offset_of_all_positions_changes_nothing(close):
    x = normal(2, 5, 16, seed=1)
    layer = seeded(RotaryAttention(4, num_key_value_heads=2), x)
    close(layer(x, position=50), numbers(layer(x)), roundings=64)


def test_without_positions_the_order_of_steps_would_not_matter():
    x = normal(1, 5, 16, seed=1)
    layer = seeded(RotaryAttention(4), x)
    turned = numbers(layer(x[:, ::-1].copy()))[:, ::-1]
    assert np.abs(turned - numbers(layer(x))).max() > 1e-3


@pytest.mark.parametrize("groups", [2, 1])
def test_groups_are_full_heads_whose_keys_are_repeated(groups, close):
    x = normal(2, 5, 16, seed=1)
    grouped = seeded(RotaryAttention(4, num_key_value_heads=groups), x)
    full = RotaryAttention(4)
    full.build(x.shape)
    for mine, weight in zip(full.weights, grouped.weights, strict=True):
        value = weight.numpy()
        if weight.name.partition("_")[0] in ("key", "value"):
            heads = value.reshape((*value.shape[:-1], groups, 4))
            value = np.repeat(heads, 4 // groups, axis=-2)
            value = value.reshape((*value.shape[:-2], 16))
        mine.assign(value)
    close(full(x), numbers(grouped(x)))


@pytest.mark.parametrize("causal", [False, True])
def test_padding_changes_no_step_that_counts(causal, close):
    x = normal(2, 5, 16, seed=1)
    layer = seeded(RotaryAttention(4, num_key_value_heads=2, causal=causal), x)
    mask = np.array([[1, 1, 1, 0, 0]] * 2, bool)
    padded = layer(x, mask=mask)
    close(padded[:, :3], numbers(layer(x[:, :3])))
    x[:, 3:] = 1e4
    close(layer(x, mask=mask)[:, :3], numbers(padded)[:, :3], roundings=0)


def test_a_causal_step_does_not_see_later_ones(close):
    x = normal(2, 5, 16, seed=1)
    layer = decoder(2, x)
    before = numbers(layer(x))
    x[:, 3:] += 1
    after = numbers(layer(x))
    close(after[:, :3], before[:, :3], roundings=0)
    assert np.abs(after[:, 3:] - before[:, 3:]).max() > 1e-3


LAYERS = [
    lambda **settings: RotaryAttention(4, num_key_value_heads=2, **settings),
    lambda **settings: RotaryAttention(4, causal=True, **settings),
    lambda **settings: AttentionPooling(2, 2, **settings),
]
NAMES = ["attention", "causal attention", "pooling"]


@pytest.mark.parametrize("make", LAYERS, ids=NAMES)
def test_a_row_without_any_step_has_finite_values_and_gradients(make, close):
    x = normal(2, 5, 16, seed=1)
    layer = seeded(make(), x)
    mask = np.array([[1, 1, 1, 0, 0], [0] * 5], bool)
    y = numbers(layer(x, mask=mask))
    close(y[1], np.broadcast_to(layer.output_bias.numpy(), y[1].shape), roundings=1)
    slopes = grad(lambda x: keras.ops.sum(layer(x, mask=mask) ** 2))(x)
    slopes = numbers(slopes)
    assert np.all(np.isfinite(slopes))
    assert not np.any(slopes[1])
    assert np.any(slopes[0, :3])
    for slope in grad(
        lambda x: keras.ops.sum(layer(x, mask=mask) ** 2),
        variables=layer.trainable_variables,
    )(x):
        assert np.all(np.isfinite(numbers(slope)))


@pytest.mark.parametrize("make", LAYERS, ids=NAMES)
@pytest.mark.parametrize(
    ("policy", "size"),
    [("float32", 1e4), ("mixed_float16", 1e3), ("mixed_bfloat16", 1e3)],
)
def test_large_inputs_give_finite_outputs(make, policy, size):
    x = size * np.sign(normal(2, 5, 16, seed=1))
    layer = seeded(make(dtype=policy), x)
    mask = np.array([[1, 1, 1, 0, 0], [0] * 5], bool)
    for given in (None, mask):
        y = layer(x, mask=given)
        assert keras.backend.standardize_dtype(y.dtype) == layer.compute_dtype
        assert np.all(np.isfinite(numbers(keras.ops.cast(y, "float32"))))


def test_a_cache_is_kept_in_the_compute_dtype():
    x = normal(2, 1, 16, seed=1)
    layer = decoder(2, x, dtype="mixed_bfloat16")
    y, cache = layer(x, cache=layer.empty_cache(2, 3), position=1)
    assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"
    dtypes = {n: keras.backend.standardize_dtype(t.dtype) for n, t in cache.items()}
    assert dtypes == {"keys": "bfloat16", "values": "bfloat16", "mask": "bool"}
    assert numbers(cache["mask"]).tolist() == [[False, True, False]] * 2


def test_the_mask_of_a_layer_before_is_taken_and_passed_on(close):
    x = normal(2, 5, 16, seed=1)
    x[0, 3:] = 0
    layer = seeded(RotaryAttention(4), x)
    y = layer(keras.layers.Masking()(keras.ops.convert_to_tensor(x)))
    mask = np.any(x != 0, axis=-1)
    close(y, numbers(layer(x, mask=mask)), roundings=0)
    pooled = keras.layers.GlobalAveragePooling1D()(y)
    close(pooled[0], numbers(y)[0, :3].astype("float64").mean(axis=0))


def test_pooling_does_not_see_the_order_of_steps_and_has_no_mask(close):
    x = normal(2, 5, 16, seed=1)
    layer = seeded(AttentionPooling(3, 2), x)
    y = numbers(layer(x))
    close(layer(x[:, ::-1].copy()), y)
    masked = keras.layers.Masking()(keras.ops.convert_to_tensor(x))
    assert keras.layers.GlobalAveragePooling1D()(layer(masked)).shape == (2, 16)
    assert layer.compute_mask(masked) is None


def test_pooling_of_equal_steps_is_one_step(close):
    x = np.repeat(normal(2, 1, 16, seed=1), 5, axis=1)
    layer = seeded(AttentionPooling(3, 2), x)
    close(layer(x), numbers(layer(x[:, :1])))


@pytest.mark.parametrize("groups", [4, 2])
def test_the_length_may_be_unknown(groups, close):
    x = normal(2, 5, 16, seed=1)
    inputs = keras.Input((None, 16))
    layer = RotaryAttention(4, num_key_value_heads=groups, causal=True)
    outputs = AttentionPooling(2, 4)(layer(inputs))
    model = keras.Model(inputs, outputs)
    seed_weights(model)
    assert model.output_shape == (None, 2, 16)
    close(model(x), numbers(model.layers[-1](layer(x))))


def test_the_configuration_holds_every_argument():
    for layer in (
        RotaryAttention(
            6,
            8,
            num_key_value_heads=3,
            causal=True,
            max_wavelength=500.0,
            interleaved=True,
            use_bias=False,
            kernel_initializer="he_normal",
            name="mine",
        ),
        AttentionPooling(3, 2, 5, use_bias=False, name="mine"),
    ):
        copy = keras.layers.deserialize(keras.layers.serialize(layer))
        assert type(copy) is type(layer)
        assert copy.get_config() == layer.get_config()


def test_kernels_of_one_shape_start_from_other_draws():
    layer = RotaryAttention(4, kernel_initializer="he_normal")
    layer.build((None, 5, 16))
    assert not np.array_equal(layer.key_kernel.numpy(), layer.value_kernel.numpy())


def test_settings_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="to divide num_heads=4, received 3"):
        _ = RotaryAttention(4, num_key_value_heads=3)
    with pytest.raises(ValueError, match="`head_dim` to be even, received 5"):
        _ = RotaryAttention(4, 5)
    with pytest.raises(ValueError, match="divisible by num_heads=4, received 18"):
        RotaryAttention(4)(normal(2, 5, 18))
    with pytest.raises(ValueError, match=r"Expected `mask` of shape \(2, 5\)"):
        RotaryAttention(4)(normal(2, 5, 16), mask=np.ones((2, 4), bool))


def test_a_cache_that_does_not_fit_is_refused():
    x = normal(2, 3, 16, seed=1)
    layer = decoder(2, x)
    cache = layer.empty_cache(2, 4)
    with pytest.raises(ValueError, match="`position` from 0 to 1, received 2"):
        layer(x, cache=cache, position=2)
    with pytest.raises(
        ValueError, match=r"Expected `cache` to map .* received a tuple"
    ):
        layer(x, cache=tuple(cache.values()))
    with pytest.raises(ValueError, match=r"received keys of shape \(2, 4, 4, 4\)"):
        layer(x, cache=decoder(4, x).empty_cache(2, 4))
    with pytest.raises(ValueError, match="a layer with causal=False"):
        RotaryAttention(4)(x, cache=cache)
    with pytest.raises(ValueError, match=r"`position` of shape \(\), received \(2,\)"):
        layer(x, position=keras.ops.convert_to_tensor(np.array([0, 1], "int32")))
    with pytest.raises(ValueError, match="Expected a built layer"):
        _ = RotaryAttention(4).empty_cache(2, 4)
