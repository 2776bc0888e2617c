"""Preprocessing of numbers, categories, text and sound."""

from typing import Any

import numpy as np

from multibackend.conformance.draws import i, n, u, v
from multibackend.conformance.references.plain import plain
from multibackend.conformance.table import Table, bad

T = Table("layers.preprocessing", "keras.layers", jit=False)

_VALUES = ("forward", "spec")


# Numbers.
_MEAN, _VARIANCE = [0.0, 1.0, -2.0], [1.0, 4.0, 0.25]
_STATISTICS = {"mean": _MEAN, "variance": _VARIANCE}


def _standard(x: Any) -> Any:
    return (x - np.array(_MEAN)) / np.sqrt(np.array(_VARIANCE))


T.make(
    "Normalization",
    "given",
    _STATISTICS,
    n(4, 3),
    ref=plain(_standard),
    refuses={"no variance": bad(mean=1.0), "axis beyond the rank": bad(axis=1.5)},
)
T.make(
    "Normalization",
    "inverted",
    {**_STATISTICS, "invert": True},
    n(4, 3),
    ref=plain(lambda x: np.array(_MEAN) + x * np.sqrt(np.array(_VARIANCE))),
    checks=["forward", "grad_inputs"],
)
T.make(
    "Normalization",
    "no variance at all",
    {"axis": None, "mean": 1.0, "variance": 0.0},
    n(4, 3),
    checks=["forward"],
)


def _adapted(axis: Any) -> Any:
    def run(keras: Any, x: Any) -> Any:
        layer = keras.layers.Normalization(axis=axis)
        layer.adapt(keras.ops.convert_to_numpy(x))
        return layer(x), layer.mean, layer.variance

    return run


def _seen(x: Any, axes: Any) -> Any:
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(variance), mean, variance


T(
    "Normalization",
    "adapted",
    n(5, 3),
    run=_adapted(-1),
    ref=lambda x: _seen(x, (0,)),
    checks=["forward"],
    elsewhere=["jit"],
)
T(
    "Normalization",
    "adapted, all axes",
    n(5, 2, 3),
    run=_adapted(None),
    ref=lambda x: _seen(x, None),
    checks=["forward"],
)
T(
    "Normalization",
    "adapted, axis 1",
    n(5, 2, 3),
    run=_adapted(1),
    ref=lambda x: _seen(x, (0, 2)),
    checks=["forward"],
)

_BINS = {"bin_boundaries": [-0.5, 0.0, 1.0]}
_BINNED = v([[-1.0, -0.5, -0.25, 0.0, 1.0, 7.0]] * 2)
T.make(
    "Discretization",
    "whole numbers",
    _BINS,
    _BINNED,
    ref=plain(lambda x: np.searchsorted([-0.5, 0.0, 1.0], x, side="right")),
    refuses={
        "neither": bad(),
        "both": bad(num_bins=2, bin_boundaries=[1.0]),
        "unknown mode": bad(num_bins=2, output_mode="a"),
    },
)
for _mode in ("one_hot", "multi_hot", "count"):
    T.make(
        "Discretization",
        _mode,
        {**_BINS, "output_mode": _mode},
        v([[-1.0, 0.5], [3.0, 3.0]]) if _mode != "one_hot" else v([[-1.0], [3.0]]),
        checks=_VALUES,
    )
T.make(
    "Discretization",
    "special numbers",
    _BINS,
    v([[float("nan"), float("inf"), -float("inf"), -0.0]]),
    checks=["forward"],
)


def _learnt(keras: Any, x: Any) -> Any:
    layer = keras.layers.Discretization(num_bins=3)
    layer.adapt(keras.ops.convert_to_numpy(x))
    return layer(x), np.array(layer.bin_boundaries, "float32")


T("Discretization", "adapted", n(20, 1), run=_learnt, checks=["forward"])
T.make(
    "Rescaling",
    "with an offset",
    {"scale": 0.5, "offset": -1.0},
    n(2, 3),
    ref=plain(lambda x: 0.5 * x - 1),
)
T.make(
    "Rescaling",
    "a scale a channel",
    {"scale": [1.0, 2.0], "offset": [0.5, -0.5]},
    n(3, 2),
    ref=plain(lambda x: x * np.array([1.0, 2.0]) + np.array([0.5, -0.5])),
    checks=["forward", "spec", "config"],
)
T.make(
    "Rescaling",
    "bytes",
    {"scale": 1 / 255},
    i(2, 3, high=255, dtype="uint8"),
    ref=plain(lambda x: x / 255),
    checks=_VALUES,
)

# Categories.
_IDS = i(3, 4, high=5)
T.make(
    "CategoryEncoding",
    "multi_hot",
    {"num_tokens": 5},
    _IDS,
    ref=plain(lambda x: np.eye(5)[x].max(axis=1)),
    refuses={
        "no number": bad(num_tokens=None, output_mode="a"),
        "unknown mode": bad(num_tokens=3, output_mode="a"),
    },
)
T.make(
    "CategoryEncoding",
    "count",
    {"num_tokens": 5, "output_mode": "count"},
    _IDS,
    ref=plain(lambda x: np.eye(5)[x].sum(axis=1)),
    checks=_VALUES,
)
T.make(
    "CategoryEncoding",
    "one_hot",
    {"num_tokens": 5, "output_mode": "one_hot"},
    i(3, 1, high=5),
    ref=plain(lambda x: np.eye(5)[x[:, 0]]),
    checks=_VALUES,
)
T.make(
    "CategoryEncoding",
    "one_hot, one row",
    {"num_tokens": 5, "output_mode": "one_hot"},
    i(3, high=5),
    ref=plain(lambda x: np.eye(5)[x]),
    checks=_VALUES,
)
T.make(
    "CategoryEncoding",
    "weighted count",
    {"num_tokens": 5, "output_mode": "count"},
    _IDS,
    count_weights=u(3, 4),
    ref=plain(
        lambda x, count_weights: np.einsum("bik,bi->bk", np.eye(5)[x], count_weights)
    ),
    checks=_VALUES,
)
T.make(
    "CategoryEncoding",
    "out of range",
    {"num_tokens": 3},
    v([[0, 1]], "int32"),
    checks=["errors"],
    refuses={
        "beyond": bad(v([[0, 3]], "int32")),
        "negative": bad(v([[-1, 0]], "int32")),
    },
)
T.make(
    "Hashing",
    "whole numbers",
    {"num_bins": 7},
    i(3, 4, high=100),
    refuses={
        "no bins": bad(num_bins=0),
        "unknown mode": bad(num_bins=3, output_mode="a"),
    },
    elsewhere=["jit"],
)
T.make(
    "Hashing",
    "salted",
    {"num_bins": 7, "salt": [3, 5]},
    i(3, 4, high=100),
    checks=_VALUES,
)
T.make(
    "Hashing",
    "masked",
    {"num_bins": 7, "mask_value": 0},
    i(3, 4, high=3),
    checks=_VALUES,
)
for _mode in ("one_hot", "multi_hot", "count"):
    T.make(
        "Hashing",
        _mode,
        {"num_bins": 4, "output_mode": _mode},
        i(3, 1 if _mode == "one_hot" else 3, high=100),
        checks=_VALUES,
    )
T.make(
    "HashedCrossing",
    "whole numbers",
    {"num_bins": 7},
    (i(4, 1, high=9), i(4, 1, high=9)),
    refuses={"unknown mode": bad(num_bins=3, output_mode="a")},
    elsewhere=["jit"],
)
T.make(
    "HashedCrossing",
    "one_hot",
    {"num_bins": 5, "output_mode": "one_hot"},
    (i(4, 1, high=9), i(4, 1, high=9)),
    checks=_VALUES,
)

_VOCABULARY = {"vocabulary": [10, 20, 30]}
_TOKENS = v([[10, 30, 99], [20, 0, 10]], "int32")
T.make(
    "IntegerLookup",
    "whole numbers",
    _VOCABULARY,
    _TOKENS,
    ref=plain(lambda x: np.select([x == 10, x == 20, x == 30], [1, 2, 3], 0)),
    refuses={"unknown mode": bad(output_mode="a"), "twice": bad(vocabulary=[1, 1])},
    elsewhere=["jit"],
)
T.make(
    "IntegerLookup",
    "two unknown, a mask",
    {**_VOCABULARY, "num_oov_indices": 2, "mask_token": 0},
    _TOKENS,
    checks=_VALUES,
)
T.make(
    "IntegerLookup",
    "no unknown",
    {**_VOCABULARY, "num_oov_indices": 0},
    v([[10, 30]], "int32"),
    checks=["forward", "errors"],
    refuses={"unknown": bad(v([[10, 99]], "int32"))},
)
T.make(
    "IntegerLookup",
    "inverted",
    {**_VOCABULARY, "invert": True},
    v([[1, 3, 0]], "int32"),
    checks=_VALUES,
)
for _mode in ("one_hot", "multi_hot", "count"):
    T.make(
        "IntegerLookup",
        _mode,
        {**_VOCABULARY, "output_mode": _mode},
        v([[10], [30], [99]], "int32") if _mode == "one_hot" else _TOKENS,
        checks=_VALUES,
    )
T.make(
    "IntegerLookup",
    "weighted",
    {**_VOCABULARY, "output_mode": "tf_idf", "idf_weights": [0.5, 1.0, 2.0]},
    _TOKENS,
    checks=_VALUES,
)


def _counted(keras: Any, x: Any) -> Any:
    layer = keras.layers.IntegerLookup(max_tokens=3)
    layer.adapt(keras.ops.convert_to_numpy(x))
    return layer(x), np.array(layer.get_vocabulary(), "int32")


T(
    "IntegerLookup",
    "adapted",
    v([[5, 7, 7], [7, 5, 1]], "int32"),
    run=_counted,
    checks=["forward"],
    elsewhere=["jit"],
)

# Text: it is no input of a case, so that it is made inside.
_LETTERS = [["a", "b", "z"], ["c", "a", ""]]


def _looked(text: Any = _LETTERS, **settings: Any) -> Any:
    def run(keras: Any) -> Any:
        layer = keras.layers.StringLookup(**settings)
        return keras.ops.convert_to_numpy(layer(np.array(text)))

    return run


_LETTER = {"vocabulary": ["a", "b", "c"]}
for _label, _settings in (
    ("whole numbers", _LETTER),
    ("two unknown, a mask", {**_LETTER, "num_oov_indices": 2, "mask_token": ""}),
    ("multi_hot", {**_LETTER, "output_mode": "multi_hot"}),
    ("count", {**_LETTER, "output_mode": "count"}),
    (
        "padded",
        {**_LETTER, "output_mode": "count", "max_tokens": 6, "pad_to_max_tokens": True},
    ),
    ("weighted", {**_LETTER, "output_mode": "tf_idf", "idf_weights": [0.5, 1.0, 2.0]}),
):
    T("StringLookup", _label, run=_looked(**_settings))
T(
    "StringLookup",
    "one_hot",
    run=_looked([["a"], ["z"]], **_LETTER, output_mode="one_hot"),
)


def _back(keras: Any) -> Any:
    layer = keras.layers.StringLookup(vocabulary=["a", "bc"], invert=True)
    found = np.asarray(layer(np.array([[1, 2, 0]])))
    told = [t.decode() if isinstance(t, bytes) else str(t) for t in found.reshape(-1)]
    return np.frombuffer(" ".join(told).encode(), np.uint8).astype("int32")


def _adapted_text(keras: Any) -> Any:
    layer = keras.layers.StringLookup()
    layer.adapt(np.array([["b", "a"], ["b", "c"]]))
    told = " ".join(layer.get_vocabulary())
    return (
        np.frombuffer(told.encode(), np.uint8).astype("int32"),
        keras.ops.convert_to_numpy(layer(np.array([["b", "z"]]))),
    )


T("StringLookup", "inverted", run=_back)
T("StringLookup", "adapted", run=_adapted_text)

_SENTENCES = ["The cat, the DOG!", "a cat  sat", ""]


def _vectorized(**settings: Any) -> Any:
    def run(keras: Any) -> Any:
        layer = keras.layers.TextVectorization(**settings)
        if "vocabulary" not in settings:
            layer.adapt(np.array(_SENTENCES))
        return keras.ops.convert_to_numpy(layer(np.array(_SENTENCES)))

    return run


_KNOWN = {"vocabulary": ["the", "cat", "dog"]}
for _label, _settings in (
    ("whole numbers", _KNOWN),
    ("adapted", {}),
    ("cut to two", {**_KNOWN, "output_sequence_length": 2}),
    ("pairs", {"ngrams": 2}),
    ("letters", {"split": "character", "standardize": "lower"}),
    ("multi_hot", {**_KNOWN, "output_mode": "multi_hot"}),
    ("count", {**_KNOWN, "output_mode": "count"}),
    ("tf_idf, adapted", {"output_mode": "tf_idf"}),
):
    T("TextVectorization", _label, run=_vectorized(**_settings))


def _hashed(**settings: Any) -> Any:
    def run(keras: Any) -> Any:
        layer = keras.layers.Hashing(**settings)
        return keras.ops.convert_to_numpy(layer(np.array([["a", "b"], ["c", ""]])))

    return run


def _crossed(keras: Any) -> Any:
    layer = keras.layers.HashedCrossing(num_bins=7)
    pair = (np.array([["a"], ["b"]]), np.array([["x"], ["y"]]))
    return keras.ops.convert_to_numpy(layer(pair))


T("Hashing", "text", run=_hashed(num_bins=9))
T("Hashing", "text, salted", run=_hashed(num_bins=9, salt=7))
T("Hashing", "text, masked", run=_hashed(num_bins=9, mask_value=""))
T("HashedCrossing", "text", run=_crossed)

# Sound.
_SOUND = n(2, 64)
_MEL = {
    "fft_length": 16,
    "sequence_stride": 8,
    "num_mel_bins": 4,
    "sampling_rate": 1000,
    "min_freq": 10.0,
}
T.make(
    "MelSpectrogram",
    "decibels",
    _MEL,
    _SOUND,
)
for _label, _more in (
    ("power", {"power_to_db": False}),
    ("sizes, window of ones", {"power_to_db": False, "mag_exp": 1.0, "window": None}),
    ("hamming, shorter window", {"window": "hamming", "sequence_length": 8}),
):
    T.make(
        "MelSpectrogram",
        _label,
        {**_MEL, **_more},
        _SOUND,
        checks=["forward", "grad_inputs"],
    )
_FRAMES = {"frame_length": 16, "frame_step": 8, "fft_length": 16}
T.make(
    "STFTSpectrogram",
    "logarithm",
    _FRAMES,
    n(2, 64, 1),
    refuses={
        "unknown mode": bad(mode="a", **_FRAMES),
        "a short transform": bad(frame_length=16, fft_length=8),
    },
    skip={"dtype": "it takes no half precision on any backend"},
)
for _label, _more in (
    ("magnitude, same", {"mode": "magnitude", "padding": "same"}),
    ("density", {"mode": "psd", "window": "hamming", "scaling": "spectrum"}),
    ("angle", {"mode": "angle"}),
    ("real", {"mode": "real", "expand_dims": True}),
    ("imaginary, periodic", {"mode": "imag", "periodic": True}),
    ("stft", {"mode": "stft", "scaling": None, "window": None}),
    ("longer transform", {"mode": "magnitude", "fft_length": 32, "frame_step": 4}),
):
    T.make(
        "STFTSpectrogram",
        _label,
        {**_FRAMES, **_more},
        n(2, 64, 1),
        checks=["forward", "spec"],
    )
T.make(
    "STFTSpectrogram",
    "channels first",
    {**_FRAMES, "mode": "magnitude", "data_format": "channels_first"},
    n(2, 2, 64),
    checks=["forward", "spec"],
)
