"""Image layers: resizing, and augmentations with nothing left to chance.

What an augmentation draws is compared as samples by the check `random`. Where a range
holds a single value, the transformed images are compared number by number.
"""

from typing import Any

import numpy as np

from multibackend.conformance.draws import i, u, v
from multibackend.conformance.references.plain import plain
from multibackend.conformance.table import Table, bad

T = Table("layers.augmentation", "keras.layers", jit=False)

_IMAGES = u(2, 6, 5, 3, high=255.0)
_UNIT = u(2, 6, 5, 3)
_FIRST = u(2, 3, 6, 5, high=255.0)
_ONE = {"value_range": (0, 1)}
_VALUES = ("forward", "spec")


def _of(name: str, **settings: Any) -> Any:
    """One call in training; the layer is made anew, so that it draws the same again."""

    def run(keras: Any, *given: Any) -> Any:
        layer = getattr(keras.layers, name)(**settings)
        return layer(given[0] if len(given) == 1 else list(given), training=True)

    return run


# What a call in training draws, and inference leaves as it is.
_DRAWN: dict[str, dict[str, Any]] = {
    "RandomBrightness": {"factor": 0.3},
    "RandomContrast": {"factor": 0.3},
    "RandomSaturation": {"factor": (0.25, 0.75)},
    "RandomHue": {"factor": 0.3},
    "RandomSharpness": {"factor": (0.25, 0.75)},
    "RandomColorDegeneration": {"factor": 0.5},
    "RandomColorJitter": {
        "brightness_factor": 0.2,
        "contrast_factor": 0.2,
        "saturation_factor": (0.25, 0.75),
        "hue_factor": 0.2,
    },
    "RandomPosterization": {"factor": 4},
    "RandomInvert": {"factor": 0.5},
    "RandomGrayscale": {"factor": 0.5},
    "RandomGaussianBlur": {"factor": 0.5, "kernel_size": 3, "sigma": (0.5, 1.0)},
    "RandomErasing": {"factor": 0.5, "scale": (0.2, 0.4)},
    "RandomElasticTransform": {"factor": 0.5, "scale": 0.5},
    "RandomPerspective": {"factor": 0.5, "scale": 0.5},
    "RandomFlip": {},
    "RandomRotation": {"factor": 0.2},
    "RandomZoom": {"height_factor": 0.3},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3},
    "RandomShear": {"x_factor": 0.3, "y_factor": 0.3},
    "RandomCrop": {"height": 4, "width": 3},
    "RandAugment": {"num_ops": 1, "factor": 0.3},
    "AugMix": {"num_chains": 1, "chain_depth": 1},
    "CutMix": {"factor": 0.5},
    "MixUp": {"alpha": 0.5},
    "Solarization": {"addition_factor": 0.3, "threshold_factor": 0.3},
}
_UNBOUND = {
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "RandomTranslation",
    "RandomShear",
    "RandomCrop",
    "CutMix",
    "MixUp",
    "RandomGrayscale",
    "RandomPerspective",
}
_MUST = {
    name: {"factor of another world": bad(**{**settings, "factor": 1000.0})}
    for name, settings in _DRAWN.items()
    if "factor" in settings and name not in ("RandomPosterization",)
}
_ASKED = ("forward", "random", "spec", "config", "errors", "dtype")
_NOT = {
    # Minutes of compiling on JAX.
    "AugMix": ("random",),
    "RandAugment": ("random",),
    # Raises on every backend: what it writes of itself, it does not take.
    "RandomShear": ("config",),
}
for _name, _settings in _DRAWN.items():
    _range = {} if _name in _UNBOUND else _ONE
    T.make(
        _name,
        "drawn",
        {**_settings, **_range, "seed": 5},
        _UNIT,
        checks=[c for c in _ASKED if c not in _NOT.get(_name, ())],
        refuses=_MUST.get(_name, {}),
    )

# A single value for all that could be drawn.
_FIXED: dict[str, dict[str, dict[str, Any]]] = {
    "RandomBrightness": {"a third": {"factor": (0.3, 0.3)}},
    "RandomContrast": {"half": {"factor": (0.5, 0.5)}},
    "RandomSaturation": {
        "none": {"factor": (0.0, 0.0)},
        "more": {"factor": (0.75, 0.75)},
    },
    "RandomHue": {"a fifth": {"factor": (0.2, 0.2)}},
    "RandomSharpness": {
        "less": {"factor": (0.25, 0.25)},
        "more": {"factor": (0.9, 0.9)},
    },
    "RandomColorDegeneration": {"half": {"factor": (0.5, 0.5)}},
    "RandomPosterization": {"three bits": {"factor": (3, 3)}},
    "RandomInvert": {"all": {"factor": (1.0, 1.0)}},
    "RandomGrayscale": {"all": {"factor": 1.0}},
    "RandomGaussianBlur": {
        "all": {"factor": (1.0, 1.0), "kernel_size": 3, "sigma": (1.0, 1.0)},
        "wide": {"factor": (1.0, 1.0), "kernel_size": (3, 5), "sigma": (0.75, 0.75)},
    },
    "RandomRotation": {
        "a tenth": {"factor": (0.1, 0.1)},
        "a quarter": {"factor": (0.25, 0.25)},
        "nearest": {"factor": (0.1, 0.1), "interpolation": "nearest"},
    },
    "RandomZoom": {
        "out": {"height_factor": (0.5, 0.5)},
        "in": {"height_factor": (-0.25, -0.25), "width_factor": (-0.5, -0.5)},
    },
    "RandomTranslation": {
        "down": {"height_factor": (0.25, 0.25), "width_factor": (0.0, 0.0)},
        "both": {"height_factor": (-0.3, -0.3), "width_factor": (0.3, 0.3)},
    },
    "RandomShear": {
        "x": {"x_factor": (0.3, 0.3), "y_factor": 0.0},
        "both": {"x_factor": (0.3, 0.3), "y_factor": (0.2, 0.2)},
    },
    "Solarization": {
        "default": {},
        "added": {"addition_factor": (0.3, 0.3), "threshold_factor": (0.5, 0.5)},
    },
    # On JAX Keras calls three operations a bin.
    "Equalization": {"few bins": {"bins": 8}, "default": {}},
    "AutoContrast": {"default": {}},
    "ContrastLimitedAdaptiveHistogramEqualization": {
        "default": {"tile_grid_size": (2, 2)},
        "clipped": {"clip_limit": 1.5, "tile_grid_size": (3, 2)},
    },
}
# Refuses whole numbers, or is asked elsewhere.
_FLOATS = ("RandomSaturation", "RandomHue", "RandomShear", "RandomZoom")
for _name, _variants in _FIXED.items():
    for _label, _settings in _variants.items():
        T(
            _name,
            _label,
            _IMAGES,
            run=_of(_name, **_settings),
            checks=_VALUES,
        )
    _settings = next(iter(_variants.values()))
    T(
        _name,
        "channels first",
        _FIRST,
        run=_of(_name, data_format="channels_first", **_settings),
        checks=_VALUES,
    )
    if _name not in _FLOATS:
        T(
            _name,
            "bytes",
            i(2, 6, 5, 3, high=255, dtype="uint8"),
            run=_of(_name, **_settings),
            checks=_VALUES,
        )
for _fill in ("reflect", "wrap", "nearest", "constant"):
    T(
        "RandomTranslation",
        f"filled: {_fill}",
        _IMAGES,
        run=_of(
            "RandomTranslation",
            height_factor=(0.3, 0.3),
            width_factor=(-0.3, -0.3),
            fill_mode=_fill,
            fill_value=7.0,
        ),
        checks=["forward"],
    )
    if _fill == "reflect":
        continue
    T(
        "RandomRotation",
        f"filled: {_fill}",
        _IMAGES,
        run=_of("RandomRotation", factor=(0.1, 0.1), fill_mode=_fill, fill_value=7.0),
        checks=["forward"],
    )

# What is not drawn.
T.make("AutoContrast", "inference", _ONE, _UNIT, checks=["forward", "config"])
T.make("Equalization", "inference", {}, _IMAGES, checks=["forward", "config"])
T.make(
    "CenterCrop",
    "inside",
    {"height": 4, "width": 3},
    _UNIT,
    ref=plain(lambda x: x[:, 1:5, 1:4]),
)
T.make(
    "CenterCrop",
    "larger: resized",
    {"height": 8, "width": 3},
    _UNIT,
    checks=["forward", "spec"],
)
T.make(
    "CenterCrop",
    "channels first",
    {"height": 4, "width": 3, "data_format": "channels_first"},
    _FIRST,
    checks=["forward", "spec"],
)
T.make("Resizing", "bilinear", {"height": 4, "width": 7}, _UNIT)
for _label, _settings in (
    ("nearest", {"interpolation": "nearest"}),
    ("antialiased", {"antialias": True}),
    ("cropped to the ratio", {"crop_to_aspect_ratio": True}),
    ("padded to the ratio", {"pad_to_aspect_ratio": True, "fill_value": 0.5}),
):
    T.make(
        "Resizing",
        _label,
        {"height": 4, "width": 8, **_settings},
        _UNIT,
        checks=["forward", "grad_inputs", "spec"],
    )
T.make(
    "Resizing",
    "channels first",
    {"height": 4, "width": 8, "data_format": "channels_first"},
    _FIRST,
    checks=["forward", "spec"],
)
T.make(
    "Resizing",
    "bytes",
    {"height": 3, "width": 3},
    i(2, 6, 5, 3, high=255, dtype="uint8"),
    checks=["spec"],
)


# Beside the images: boxes, labels, and marks of every pixel.
_BOXES = v([[[1.0, 1.0, 4.0, 3.0], [0.0, 2.0, 2.0, 5.0]]] * 2)
_CLASSES = v([[1, 2], [0, 3]], "int32")


def _boxed(name: str, **settings: Any) -> Any:
    def run(keras: Any, images: Any, boxes: Any, classes: Any) -> Any:
        layer = getattr(keras.layers, name)(bounding_box_format="xyxy", **settings)
        data = {"images": images, "bounding_boxes": {"boxes": boxes, "labels": classes}}
        return layer(data, training=True)

    return run


for _name, _settings in (
    ("RandomRotation", {"factor": (0.1, 0.1)}),
    ("RandomTranslation", {"height_factor": (0.2, 0.2), "width_factor": (0.2, 0.2)}),
    ("Resizing", {"height": 4, "width": 8}),
    ("CenterCrop", {"height": 4, "width": 3}),
    ("MaxNumBoundingBoxes", {"max_number": 3}),
    ("RandomBrightness", {"factor": (0.3, 0.3)}),
):
    T(
        _name,
        "boxes",
        _UNIT,
        _BOXES,
        _CLASSES,
        run=_boxed(_name, **_settings),
        checks=["forward"],
    )
T(
    "MaxNumBoundingBoxes",
    "fewer",
    _UNIT,
    _BOXES,
    _CLASSES,
    run=_boxed("MaxNumBoundingBoxes", max_number=1),
    checks=["forward"],
)


def _marked(keras: Any, images: Any, marks: Any) -> Any:
    layer = keras.layers.RandomRotation((0.1, 0.1))
    return layer({"images": images, "segmentation_masks": marks}, training=True)


def _mixed(keras: Any, images: Any, labels: Any) -> Any:
    layer = keras.layers.MixUp(alpha=0.5, seed=3)
    found = layer({"images": images, "labels": labels}, training=True)
    sums = keras.ops.sum(found["labels"], axis=-1)
    return {"shape": keras.ops.shape(found["images"]), "sums": sums}


T(
    "RandomRotation",
    "marks of pixels",
    _UNIT,
    i(2, 6, 5, 1, high=4),
    run=_marked,
    checks=["forward"],
)
T(
    "MixUp",
    "labels still sum to one",
    _UNIT,
    v(np.eye(3)[[0, 2]].tolist()),
    run=_mixed,
    checks=["forward"],
)


def _piped(keras: Any, x: Any) -> Any:
    steps = [keras.layers.Rescaling(2.0), keras.layers.CenterCrop(2, 2)]
    return keras.layers.Pipeline(steps)(x)


T(
    "Pipeline",
    "two",
    _UNIT,
    run=_piped,
    ref=lambda x: 2 * x[:, 2:4, 1:3],
    checks=["forward", "spec"],
)
