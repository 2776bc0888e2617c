"""`keras.ops.image` of colours and filters: gray, HSV, blur, edges, likeness, waves."""

import colorsys
from typing import Any

import numpy as np
from scipy import ndimage

from multibackend.conformance.draws import i, u, v
from multibackend.conformance.table import Table, bad


def _last(function: Any) -> Any:
    """Hands channels over in the last axis."""

    def call(images: Any, *more: Any, data_format: Any = None, **others: Any) -> Any:
        images = np.moveaxis(images, -3, -1) if data_format else images
        images = function(images, *more, **others)
        return np.moveaxis(images, -1, -3) if data_format else images

    return call


def _triples(function: Any) -> Any:
    each = np.vectorize(function)
    return _last(lambda x: np.stack(each(x[..., 0], x[..., 1], x[..., 2]), -1))


def _gauss(size: int, sigma: float) -> Any:
    places = np.arange(size) - (size - 1) / 2
    weights = np.exp(-0.5 * (places / sigma) ** 2)
    return weights / weights.sum()


def _blur(images: Any, kernel_size: Any = (3, 3), sigma: Any = (1.0, 1.0)) -> Any:
    """The first number of each pair is of the height; what is outside is zero."""
    for axis, place in ((-3, 0), (-2, 1)):
        weights = _gauss(kernel_size[place], sigma[place])
        images = ndimage.correlate1d(images, weights, axis, mode="constant")
    return images


def _sobel(images: Any, mode: str = "mirror") -> Any:
    smooth, slope = [1, 2, 1], [-1, 0, 1]
    pair = []
    for across, along in ((-3, -2), (-2, -3)):
        edges = ndimage.correlate1d(images, slope, across, mode=mode)
        pair.append(ndimage.correlate1d(edges, smooth, along, mode=mode))
    return np.stack(pair, -1)


def _ssim(
    image1: Any,
    image2: Any,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: Any = None,
) -> Any:
    """Wang et al. (2004), over the windows that lie inside."""
    if data_format:
        image1, image2 = np.moveaxis(image1, -3, -1), np.moveaxis(image2, -3, -1)
    weights = _gauss(filter_size, filter_sigma)
    low = filter_size // 2
    high = filter_size - 1 - low

    def seen(x: Any) -> Any:
        for axis in (-3, -2):
            x = ndimage.correlate1d(x, weights, axis)
            x = np.take(x, range(low, x.shape[axis] - high), axis)
        return x

    mean1, mean2 = seen(image1), seen(image2)
    var1, var2 = seen(image1**2) - mean1**2, seen(image2**2) - mean2**2
    both = seen(image1 * image2) - mean1 * mean2
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    above = (2 * mean1 * mean2 + c1) * (2 * both + c2)
    below = (mean1**2 + mean2**2 + c1) * (var1 + var2 + c2)
    return (above / below).mean((-3, -2, -1))


def _gray(x: Any) -> Any:
    return (x @ np.asarray([0.2989, 0.587, 0.114]))[..., None]


T = Table(
    "ops.image_color",
    "keras.ops.image",
    reference={
        "rgb_to_grayscale": _last(_gray),
        "rgb_to_hsv": _triples(colorsys.rgb_to_hsv),
        "hsv_to_rgb": _triples(colorsys.hsv_to_rgb),
        "gaussian_blur": _last(_blur),
        "ssim": _ssim,
    },
)

# torch.compile refuses it: it makes a tensor of its sizes.
T.alone("gaussian_blur")

_FIRST = "channels_first"
_FEW = ["forward", "spec"]
_IMAGES = u(2, 5, 6, 3)
_FLOATS = {"a kind of numbers": bad(i(2, 5, 6, 3, dtype="uint8"))}

for _name in ("rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb"):
    _more = {} if _name == "rgb_to_grayscale" else _FLOATS
    T(
        _name,
        "two images",
        _IMAGES,
        refuses={
            "two axes": bad(u(5, 3)),
            "four channels": bad(u(2, 5, 6, 4)),
            **_more,
        },
    )
    T(_name, "one image", u(5, 6, 3), checks=_FEW)
    T(
        _name,
        "channels first",
        u(2, 3, 5, 6),
        data_format=_FIRST,
        checks=[*_FEW, "grad_inputs"],
    )
    T(
        _name,
        "corners of the cube",
        v([[[[r, g, b] for r in (0, 1) for g in (0, 1) for b in (0, 1)]]]),
        checks=["forward"],
    )
    T(
        _name,
        "gray",
        v([[[[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [1.0, 1.0, 1.0]]]]),
        checks=["forward", "grad_inputs"],
    )
T(
    "rgb_to_grayscale",
    "outside of 0 and 1",
    v([[[[-0.5, 0.2, 1.5], [2.0, 0.1, 0.3], [-1.0, -2.0, -3.0]]]]),
    checks=["forward"],
)
T("rgb_to_grayscale", "one channel", u(2, 5, 6, 1), ref=lambda x: x, checks=_FEW)
T(
    "rgb_to_grayscale",
    "uint8",
    i(2, 5, 6, 3, high=256, dtype="uint8"),
    ref=False,
    checks=_FEW,
)
T("rgb_to_grayscale", "int32", i(2, 5, 6, 3, high=256), ref=False, checks=_FEW)
T(
    "rgb_to_hsv",
    "tiny",
    v([[[[1e-8, 2e-8, 3e-8], [1e-4, 0.0, 0.0]]]]),
    checks=["forward"],
)
T(
    "hsv_to_rgb",
    "every hue",
    v([[[[h / 12, 0.7, 0.9] for h in range(13)]]]),
    checks=["forward"],
)

T(
    "gaussian_blur",
    "two images",
    _IMAGES,
    data_format="channels_last",
    ref=lambda x, **_: _blur(x),
    refuses={
        "two axes": bad(u(5, 6)),
        "bytes": bad(
            i(2, 5, 6, 3, high=256, dtype="uint8"), data_format="channels_last"
        ),
    },
)
T(
    "gaussian_blur",
    "default arguments",
    _IMAGES,
    kernel_size=(3, 3),
    sigma=(1.0, 1.0),
    data_format=None,
    checks=["forward"],
)
for _size, _sigma in (((5, 5), (2.0, 2.0)), ((3, 5), (1.0, 1.0)), ((3, 3), (0.5, 2.0))):
    T(
        "gaussian_blur",
        f"{_size} and {_sigma}",
        u(2, 7, 6, 3),
        kernel_size=_size,
        sigma=_sigma,
        data_format="channels_last",
        ref=lambda x, kernel_size, sigma, **_: _blur(x, kernel_size, sigma),
        checks=_FEW,
    )


def _profile(x: Any) -> Any:
    """The largest sum of a row, which no padding changes."""
    return x.sum(2).max(1)


T(
    "gaussian_blur",
    "the rows of a dot, (3, 5)",
    v((np.eye(9)[4][:, None] * np.eye(9)[4])[None, :, :, None].tolist()),
    run=lambda keras, x: keras.ops.max(
        keras.ops.sum(
            keras.ops.image.gaussian_blur(x, (3, 5), data_format="channels_last"), 2
        ),
        1,
    ),
    ref=lambda x: _profile(_blur(x, (3, 5))),
    checks=["forward"],
)
T(
    "gaussian_blur",
    "an even size",
    u(2, 7, 6, 3),
    kernel_size=(4, 4),
    data_format="channels_last",
    ref=False,
    checks=_FEW,
)
T("gaussian_blur", "one image", u(5, 6, 3), data_format="channels_last", ref=False)
T("gaussian_blur", "channels first", u(2, 3, 5, 6), data_format=_FIRST, checks=_FEW)

T("sobel_edges", "two images", _IMAGES, refuses={"three axes": bad(u(5, 6, 3))})
T(
    "sobel_edges",
    "inside",
    _IMAGES,
    ref=lambda x: _sobel(x)[:, 1:-1, 1:-1],
    run=lambda keras, x: keras.ops.image.sobel_edges(x)[:, 1:-1, 1:-1],
    checks=["forward"],
)
T("sobel_edges", "channels first", u(2, 3, 5, 6), data_format=_FIRST, checks=_FEW)
T("sobel_edges", "int32", i(2, 5, 6, 3), checks=["forward"])

T(
    "ssim",
    "two images",
    u(2, 12, 13, 3),
    u(2, 12, 13, 3),
    refuses={
        "two axes": bad(u(12, 12), u(12, 12)),
        "other shapes": bad(u(2, 12, 13, 3), u(2, 12, 12, 3)),
        "smaller than the filter": bad(u(2, 8, 8, 3), u(2, 8, 8, 3)),
    },
)
T(
    "ssim",
    "every argument",
    u(2, 8, 9, 3, high=255.0),
    u(2, 8, 9, 3, high=255.0),
    max_val=255.0,
    filter_size=5,
    filter_sigma=1.0,
    k1=0.02,
    k2=0.05,
    checks=["forward"],
)
T(
    "ssim",
    "an even filter",
    u(2, 8, 9, 3),
    u(2, 8, 9, 3),
    filter_size=4,
    checks=["forward"],
)
T("ssim", "one image", u(12, 13, 3), u(12, 13, 3), checks=_FEW)
T(
    "ssim",
    "channels first",
    u(2, 3, 8, 9),
    u(2, 3, 8, 9),
    filter_size=5,
    data_format=_FIRST,
    checks=_FEW,
)
T(
    "ssim",
    "one image, channels first",
    u(3, 8, 9),
    u(3, 8, 9),
    filter_size=5,
    data_format=_FIRST,
    checks=_FEW,
)
T(
    "ssim",
    "the same image",
    u(1, 12, 13, 1),
    run=lambda keras, x: keras.ops.image.ssim(x, x),
    ref=lambda _: np.ones(1),
    checks=["forward"],
)
T(
    "ssim",
    "uint8",
    i(1, 12, 13, 1, high=256, dtype="uint8"),
    i(1, 12, 13, 1, high=256, dtype="uint8"),
    max_val=255.0,
    ref=False,
    checks=_FEW,
)

# Its waves are random: without height they change nothing.
_WAVES: dict[str, dict[str, Any]] = {
    "two images": {},
    "nearest": {"interpolation": "nearest"},
    "constant": {"fill_mode": "constant", "fill_value": 0.5},
}
_DRAWS = {"jit": "it draws random numbers"}


def _waved(draw: Any) -> Any:
    """On torch it draws from the generator of the framework, which is put back."""

    def run(keras: Any, x: Any) -> Any:
        def wave(**more: Any) -> Any:
            return keras.ops.image.elastic_transform(x, **more)

        if keras.config.backend() != "torch":
            return draw(wave)
        from multibackend.conformance._torch import draws_put_back

        with draws_put_back():
            return draw(wave)

    return run


for _label, _more in _WAVES.items():
    T(
        "elastic_transform",
        f"no waves, {_label}",
        _IMAGES,
        run=_waved(lambda wave, more=_more: wave(alpha=0.0, sigma=1.0, seed=1, **more)),
        ref=lambda x: x,
        checks=_FEW,
        skip=_DRAWS,
    )
T(
    "elastic_transform",
    "no waves, one image",
    u(5, 6, 3),
    run=_waved(lambda wave: wave(alpha=0.0, seed=1)),
    ref=lambda x: x,
    checks=_FEW,
    skip=_DRAWS,
)
T(
    "elastic_transform",
    "no waves, channels first",
    u(2, 3, 5, 6),
    run=_waved(lambda wave: wave(alpha=0.0, seed=1, data_format=_FIRST)),
    ref=lambda x: x,
    checks=_FEW,
    skip=_DRAWS,
)
T(
    "elastic_transform",
    "one colour",
    v(np.full((2, 5, 6, 1), 0.25).tolist()),
    run=_waved(lambda wave: wave(alpha=3.0, sigma=1.0, seed=1)),
    ref=lambda x: x,
    checks=["forward"],
    skip=_DRAWS,
    refuses={
        "an unknown interpolation": bad(_IMAGES, interpolation="bicubic"),
        "an unknown filling": bad(_IMAGES, fill_mode="best"),
        "two axes": bad(u(5, 6)),
    },
)
T(
    "elastic_transform",
    "the same seed twice",
    _IMAGES,
    run=_waved(
        lambda wave: (
            wave(alpha=3.0, sigma=1.0, seed=7) - wave(alpha=3.0, sigma=1.0, seed=7)
        )
    ),
    ref=np.zeros_like,
    checks=["forward"],
    skip=_DRAWS,
)
