"""Spectral convolutions: one function at any resolution, and what is kept of it."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import normal
from multibackend.layers import SpectralConv1D, SpectralConv2D
from multibackend.weights import seed_weights


def plain(x):
    return keras.ops.convert_to_numpy(x)


def seeded(layer, inputs):
    layer.build(inputs.shape)
    seed_weights(layer)
    return layer


def transformed(layer, x):
    """The outputs by the fast transforms of NumPy, in float64."""
    kernel = layer.kernel_real.numpy() + 1j * layer.kernel_imag.numpy().astype("f8")
    axes = tuple(range(1, x.ndim - 1))
    space = x.shape[1:-1]
    spectrum = np.fft.rfftn(x, axes=axes)
    kept = np.zeros((*spectrum.shape[:-1], layer.filters), complex)
    if x.ndim == 3:
        at = np.ix_(range(len(x)), range(layer.modes))
    else:
        high, wide = layer.modes
        at = np.ix_(range(len(x)), [*range(high), *range(-high, 0)], range(wide))
    kept[at] = np.einsum("b...c,...co->b...o", spectrum[at], kernel)
    return np.fft.irfftn(kept, s=space, axes=axes)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (SpectralConv1D(4, 16, data_format="channels_last"), (2, 100, 3)),
        (SpectralConv1D(4, 32, data_format="channels_last"), (2, 63, 3)),
        (SpectralConv2D(4, 6, data_format="channels_last"), (2, 12, 10, 3)),
        (SpectralConv2D(4, (5, 7), data_format="channels_last"), (2, 30, 21, 3)),
    ],
    ids=["even line", "odd line", "all of a plane", "plane"],
)
def test_the_outputs_are_those_of_the_fast_transforms(layer, shape, close):
    x = normal(*shape, seed=1)
    close(seeded(layer, x)(x), transformed(layer, x))


def test_float64_is_float64_inside(float64, close):
    x = normal(2, 100, 3, seed=1)
    layer = seeded(SpectralConv1D(4, 16, data_format="channels_last"), x)
    close(layer(x), transformed(layer, x), dtype="float64")


def test_a_function_has_the_same_outputs_at_every_resolution(close):
    def wave(n):
        t = 2 * np.pi * np.arange(n) / n
        values = [np.ones(n), np.sin(t), np.cos(2 * t + 1)]
        return np.stack(values, axis=-1)[None].astype("float32")

    layer = seeded(SpectralConv1D(4, 4, data_format="channels_last"), wave(16))
    close(layer(wave(48))[:, ::3], plain(layer(wave(16))), roundings=32)


def test_higher_frequencies_are_dropped():
    t = 2 * np.pi * np.arange(16) / 16
    high = np.cos(5 * t)[None, :, None].astype("float32")
    layer = seeded(SpectralConv1D(1, 5, data_format="channels_last"), high)
    assert np.abs(plain(layer(high))).max() < 1e-6
    layer = seeded(SpectralConv1D(1, 6, data_format="channels_last"), high)
    assert np.abs(plain(layer(high))).max() > 0.01


@pytest.mark.parametrize("rank", [1, 2])
def test_a_circular_shift_of_the_inputs_shifts_the_outputs(rank, close):
    kind = {1: SpectralConv1D, 2: SpectralConv2D}[rank]
    x = normal(2, *(8, 10)[:rank], 3, seed=1)
    layer = seeded(kind(4, 3, data_format="channels_last"), x)
    axes = tuple(range(1, rank + 1))
    moved = np.roll(x, (3, 4)[:rank], axis=axes)
    close(layer(moved), np.roll(plain(layer(x)), (3, 4)[:rank], axis=axes))


def test_ones_keep_all_that_is_kept(close):
    x = normal(2, 9, 1, seed=1)
    layer = SpectralConv1D(1, 5, data_format="channels_last")
    layer.build(x.shape)
    layer.set_weights([np.ones((5, 1, 1)), np.zeros((5, 1, 1))])
    close(layer(x), x)


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", [1, 2])
def test_a_model_of_unknown_sizes_takes_any(rank, layout, close):
    kind = {1: SpectralConv1D, 2: SpectralConv2D}[rank]
    last = layout == "channels_last"
    space = (None,) * rank
    symbol = keras.Input((*space, 3) if last else (3, *space))
    layer = kind(4, 2, data_format=layout)
    model = keras.Model(symbol, layer(symbol))
    seed_weights(model)
    assert model.output_shape == ((None, *space, 4) if last else (None, 4, *space))
    for sizes in ((6, 5), (9, 4)):
        shape = (*sizes[:rank], 3) if last else (3, *sizes[:rank])
        x = normal(2, *shape, seed=1)
        outputs = plain(layer(x))
        assert layer.compute_output_shape(x.shape) == outputs.shape
        close(model(x), outputs)
        close(model.predict(x, verbose=0), outputs)


def test_half_precision_is_computed_in_float32():
    x = np.full((1, 64, 2), 2e3, "float32")  # the frequency 0 is beyond float16
    layer = seeded(
        SpectralConv1D(3, 4, data_format="channels_last", dtype="mixed_float16"), x
    )
    outputs = layer(x)
    assert keras.backend.standardize_dtype(outputs.dtype) == "float16"
    expected = transformed(layer, x)
    assert np.abs(plain(outputs) - expected).max() <= 2**-10 * np.abs(expected).max()


def test_the_gradient_is_that_of_the_adjoint(close):
    x, weight = normal(2, 9, 3, seed=1), normal(2, 9, 4, seed=2)
    layer = seeded(SpectralConv1D(4, 3, data_format="channels_last"), x)
    slope = plain(
        grad(lambda x: keras.ops.sum(keras.ops.multiply(layer(x), weight)))(x)
    )
    # Linear in the inputs: <weight, layer(v)> is <slope, v> for every v.
    v = normal(2, 9, 3, seed=3)
    close(
        np.sum(slope.astype("float64") * v).astype(slope.dtype),
        np.sum(transformed(layer, v) * weight),
    )


@pytest.mark.parametrize(
    "layer",
    [
        SpectralConv1D(4, 3, data_format="channels_first"),
        SpectralConv2D(4, (3, 2), data_format="channels_first"),
        SpectralConv2D(4, 2, data_format="channels_last"),
    ],
    ids=["line", "plane", "square"],
)
def test_the_configuration_round_trip_keeps_every_argument(layer):
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is type(layer)
    assert copy.get_config() == layer.get_config()
    assert copy.modes == layer.modes


#: What must be refused, by what the message says.
REFUSED = {
    "`filters` to be a positive integer, received": lambda: SpectralConv1D(0, 3),
    "`modes` to be a positive integer, received": lambda: SpectralConv1D(4, 2.0),  # pyright: ignore[reportArgumentType]
    "`modes` to be a positive integer or": lambda: SpectralConv2D(4, (1, 2, 3)),  # pyright: ignore[reportArgumentType]
    r"least \(8,\) places.*\(7,\)": lambda: SpectralConv1D(4, 5)(normal(1, 7, 3)),
    r"at least \(4, 4\) places in space, received \(3, 4\)": lambda: SpectralConv2D(
        4, (2, 3)
    )(normal(1, 3, 4, 3)),
    "expected ndim=3": lambda: SpectralConv1D(4, 3)(normal(8, 3)),
}


@pytest.mark.parametrize("told", REFUSED)
def test_what_does_not_fit_is_refused(told):
    with pytest.raises(ValueError, match=told):
        _ = REFUSED[told]()
