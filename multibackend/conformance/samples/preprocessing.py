"""`keras.preprocessing`: sequences, images on disk and in memory, data sets."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from multibackend.conformance.draws import i, u
from multibackend.conformance.table import Table, bad

T = Table("preprocessing", "keras.preprocessing", jit=False)

_ROWS = [[1], [2, 3], [4, 5, 6]]
_PAD = "sequence.pad_sequences"
for _label, _more in {
    "plain": {},
    "after": {"padding": "post"},
    "maxlen": {"maxlen": 2},
    "maxlen, the end cut": {"maxlen": 2, "truncating": "post"},
    "maxlen above": {"maxlen": 5, "padding": "post", "value": -1.5, "dtype": "float32"},
    "int64": {"dtype": "int64"},
    "defaults": {
        "maxlen": None,
        "dtype": "int32",
        "padding": "pre",
        "truncating": "pre",
        "value": 0.0,
    },
}.items():
    T(
        _PAD,
        _label,
        run=lambda keras, more=_more: keras.preprocessing.sequence.pad_sequences(
            _ROWS, **more
        ),
    )
T(
    _PAD,
    "steps of two numbers",
    run=lambda keras: keras.preprocessing.sequence.pad_sequences(
        [np.ones((2, 2)), np.zeros((3, 2)), np.ones((0, 2))], dtype="float32"
    ),
)
T(
    _PAD,
    "nothing",
    run=lambda keras: keras.preprocessing.sequence.pad_sequences([[], []]),
)


def _array(channels: int = 3, *, first: bool = False) -> Any:
    x = (np.arange(5 * 6 * channels) * 37 % 256).astype("uint8")
    x = x.reshape(5, 6, channels)
    return np.moveaxis(x, -1, 0) if first else x


def _image(keras: Any, *args: Any, **kwargs: Any) -> Any:
    return np.asarray(keras.preprocessing.image.array_to_img(*args, **kwargs))


for _label, _args, _more in (
    ("colours", (_array(),), {}),
    ("unscaled", (_array(),), {"scale": False}),
    ("one channel", (_array(1),), {"scale": False}),
    ("four channels", (_array(4),), {}),
    ("channels first", (_array(first=True),), {"data_format": "channels_first"}),
    ("floats", (_array() / 100.0 - 1.0,), {"dtype": "float64"}),
    ("one value", (np.full((2, 2, 3), 7.0),), {}),
    ("beyond a byte", (_array(1) * 3.0,), {"scale": False}),
):
    T(
        "image.array_to_img",
        _label,
        run=lambda keras, args=_args, more=_more: _image(keras, *args, **more),
    )
T(
    "image.array_to_img",
    "of a tensor",
    run=lambda keras: _image(keras, keras.ops.convert_to_tensor(_array())),
)
for _label, _more in {
    "colours": {},
    "channels first": {"data_format": "channels_first"},
    "uint8": {"dtype": "uint8"},
}.items():
    T(
        "image.img_to_array",
        _label,
        run=lambda keras, more=_more: keras.preprocessing.image.img_to_array(
            keras.preprocessing.image.array_to_img(_array(), scale=False), **more
        ),
    )
T(
    "image.img_to_array",
    "two axes",
    run=lambda keras: keras.preprocessing.image.img_to_array(np.ones((3, 4))),
)


def _saved(keras: Any, x: Any, name: str = "a.png", **more: Any) -> Any:
    """What is read again of a file that was written."""
    kind = {"scale": False} | more.pop("save", {})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        keras.preprocessing.image.save_img(path, x, **kind)
        return np.asarray(keras.preprocessing.image.load_img(path, **more))


for _label, _args, _more in (
    ("png", (_array(),), {}),
    # The square roots are far from whole numbers, and are cut off there.
    ("png, scaled", (np.sqrt(_array() * 1.0),), {"save": {"scale": True}}),
    ("bmp", (_array(), "a.bmp"), {}),
    ("one channel", (_array(1),), {"color_mode": "grayscale"}),
    ("four channels", (_array(4),), {"color_mode": "rgba"}),
    (
        "channels first",
        (_array(first=True),),
        {"save": {"data_format": "channels_first"}},
    ),
    ("format", (_array(), "a"), {"save": {"file_format": "png"}}),
):
    T(
        "image.save_img",
        _label,
        run=lambda keras, args=_args, more=_more: _saved(keras, *args, **dict(more)),
    )
_LOADS: dict[str, dict[str, Any]] = {
    "gray": {"color_mode": "grayscale"},
    "four channels": {"color_mode": "rgba"},
    "nearest": {"target_size": (3, 4)},
    "bilinear": {"target_size": (3, 4), "interpolation": "bilinear"},
    "bicubic": {"target_size": (9, 8), "interpolation": "bicubic"},
    "lanczos": {"target_size": (9, 8), "interpolation": "lanczos"},
    "kept ratio": {"target_size": (3, 6), "keep_aspect_ratio": True},
}
for _label, _more in _LOADS.items():
    T(
        "image.load_img",
        _label,
        run=lambda keras, more=_more: _saved(keras, _array(), **more),
    )

_SMART = "image.smart_resize"
T(
    _SMART,
    "two images",
    u(2, 5, 6, 3),
    (3, 3),
    checks=["forward", "grad_inputs"],
    refuses={
        "one number": bad(u(5, 6, 3), (3,)),
        "two axes": bad(u(5, 6), (3, 3)),
        "an unknown interpolation": bad(u(5, 6, 3), (3, 3), interpolation="best"),
    },
)
T(_SMART, "wide", u(5, 6, 3), (2, 8), checks=["forward"])
T(_SMART, "high", u(5, 6, 3), (8, 2), checks=["forward"])
T(_SMART, "nearest", u(5, 6, 3), (4, 7), interpolation="nearest", checks=["forward"])
T(_SMART, "bicubic", u(5, 6, 3), (4, 7), interpolation="bicubic", checks=["forward"])
T(
    _SMART,
    "channels first",
    u(2, 3, 5, 6),
    (3, 3),
    data_format="channels_first",
    checks=["forward"],
)
T(_SMART, "uint8", i(5, 6, 3, high=256, dtype="uint8"), (3, 3), checks=["forward"])
T(
    _SMART,
    "of an array",
    run=lambda keras: keras.preprocessing.image.smart_resize(
        _array().astype("float32"), (10, 10)
    ),
)


def _batches(found: Any) -> Any:
    """The batches of a data set as arrays."""
    batches = []
    for batch in found:
        parts = batch if isinstance(batch, tuple | list) else (batch,)
        batches.append([np.asarray(part) for part in parts])
    return batches


_SERIES = np.arange(30, dtype="float32").reshape(15, 2)
for _label, _more in {
    "plain": {},
    "strides": {"sequence_stride": 2, "sampling_rate": 2},
    "a part": {"start_index": 2, "end_index": 12},
    "small batches": {"batch_size": 3},
    "shuffled": {"shuffle": True, "seed": 1},
    "no batches": {"batch_size": None},
}.items():
    for _targets in (False, True):
        T(
            "timeseries_dataset_from_array",
            f"{_label}{', targets' if _targets else ''}",
            run=lambda keras, more=_more, targets=_targets: _batches(
                keras.preprocessing.timeseries_dataset_from_array(
                    _SERIES,
                    np.arange(15) if targets else None,
                    sequence_length=4,
                    **more,
                )
            ),
        )


def _images(keras: Any, **more: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        for k, name in enumerate(("a/0", "a/1", "b/0", "b/1", "b/2")):
            path = Path(folder, f"{name}.png")
            path.parent.mkdir(exist_ok=True)
            x = np.roll(_array(), k, 0)
            keras.preprocessing.image.save_img(path, x, scale=False)
        found = keras.preprocessing.image_dataset_from_directory(
            folder, image_size=(5, 6), verbose=False, **more
        )
        return _batches(found)


def _texts(keras: Any, **more: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a/0", "a/1", "b/0", "b/1", "b/2"):
            path = Path(folder, f"{name}.txt")
            path.parent.mkdir(exist_ok=True)
            _ = path.write_text(f"text {name}")
        found = keras.preprocessing.text_dataset_from_directory(
            folder, verbose=False, **more
        )
        return [
            [np.char.str_len(np.asarray(part).astype(str)) if k == 0 else part]
            for batch in _batches(found)
            for k, part in enumerate(batch)
        ]


_DIRECTORY = {
    "in order": {"shuffle": False},
    "categories": {"shuffle": False, "label_mode": "categorical"},
    "two classes": {"shuffle": False, "label_mode": "binary"},
    "no labels": {"shuffle": False, "labels": None, "label_mode": None},
    "small batches": {"shuffle": False, "batch_size": 2},
    "shuffled": {"seed": 1},
    "a part": {"shuffle": False, "validation_split": 0.4, "subset": "training"},
}
for _label, _more in _DIRECTORY.items():
    T(
        "image_dataset_from_directory",
        _label,
        run=lambda keras, more=_more: _images(keras, **more),
    )
    T(
        "text_dataset_from_directory",
        _label,
        run=lambda keras, more=_more: _texts(keras, **more),
    )
for _label, _more in {
    "another size": {"image_size": (3, 4)},
    "cropped": {"image_size": (3, 6), "crop_to_aspect_ratio": True},
    "padded": {"image_size": (4, 8), "pad_to_aspect_ratio": True},
    "gray": {"color_mode": "grayscale"},
    "channels first": {"data_format": "channels_first"},
}.items():
    T(
        "image_dataset_from_directory",
        _label,
        run=lambda keras, more=_more: _images_of(keras, **more),
    )


def _images_of(keras: Any, **more: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.png")
        keras.preprocessing.image.save_img(path, _array(), scale=False)
        given = {"image_size": (5, 6), "labels": None, "label_mode": None} | more
        found = keras.preprocessing.image_dataset_from_directory(
            folder, verbose=False, shuffle=False, **given
        )
        return _batches(found)
