"""Fourier transforms of `keras.ops`: complex numbers are pairs of floats."""

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.conformance.draws import i, n, v
from multibackend.conformance.table import Table, bad

T = Table("ops.fft", "keras.ops")

_EDGE = ["forward", "spec"]
_FORWARD = ["forward"]
_GRAD = ["forward", "spec", "grad_inputs"]

Pair = tuple[np.ndarray, np.ndarray]


def _pair(x: np.ndarray) -> Pair:
    return np.real(x), np.imag(x)


def _paired(transform: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: _pair(transform(x[0] + 1j * x[1]))


_WRONG = {
    "shapes": bad((n(3), n(4))),
    "one tensor": bad(n(3)),
    "three": bad((n(3), n(3), n(3))),
    "whole numbers": bad((i(2, 4), i(2, 4))),
}
for _name, _refuses in {
    "fft": {},
    "fft2": {"vector": bad((n(3), n(3)))},
    "ifft2": {"vector": bad((n(3), n(3)))},
}.items():
    _f = getattr(np.fft, _name)
    _ref = _paired(_f)
    T(_name, "plain", (n(3, 4), n(3, 4)), ref=_ref, refuses={**_WRONG, **_refuses})
    T(_name, "odd", (n(5, 3), n(5, 3)), ref=_ref, checks=_GRAD)
    T(_name, "cube", (n(2, 3, 4), n(2, 3, 4)), ref=_ref, checks=_EDGE)
    T(_name, "list", [n(2, 2), n(2, 2)], ref=_ref, checks=_EDGE)
    T(_name, "one", (n(1, 1), n(1, 1)), ref=_ref, checks=_EDGE)
    T(_name, "empty", (n(0, 2, 4), n(0, 2, 4)), ref=_ref, checks=_EDGE)
    T(
        _name,
        "infinite",
        (v([[1.0, float("inf")]]), v([[0.0, 0.0]])),
        ref=False,
        checks=_FORWARD,
    )
T(
    "fft",
    "vector",
    (n(6), n(6)),
    ref=lambda x: _pair(np.fft.fft(x[0] + 1j * x[1])),
    checks=_EDGE,
)


def _rfft(x: np.ndarray, fft_length: int | None = None) -> Pair:
    return _pair(np.fft.rfft(x, fft_length))


def _irfft(x: Pair, fft_length: int | None = None) -> np.ndarray:
    return np.fft.irfft(x[0] + 1j * x[1], fft_length)


# TensorFlow ends the whole process where a transform has no numbers at all: a
# `fft_length` of 0, and an `irfft` of one number. Nobody can be asked for these.
T(
    "rfft",
    "plain",
    n(3, 8),
    ref=_rfft,
    refuses={"scalar": bad(n()), "nothing": bad(n(2, 0))},
)
T(
    "irfft",
    "plain",
    (n(3, 5), n(3, 5)),
    ref=_irfft,
    refuses={"shapes": bad((n(3), n(4))), "whole numbers": bad((i(5), i(5)))},
)
for _label, _length in {"shorter": 5, "longer": 11, "one": 1, "the same": 8}.items():
    T("rfft", _label, n(2, 8), fft_length=_length, ref=_rfft, checks=_GRAD)
    T("irfft", _label, (n(2, 5), n(2, 5)), fft_length=_length, ref=_irfft, checks=_GRAD)
T("rfft", "odd", n(7), ref=_rfft, checks=_GRAD)
T("rfft", "whole numbers", i(8), ref=_rfft, checks=_EDGE)
T("rfft", "empty", n(0, 4), ref=_rfft, checks=_EDGE)
T("irfft", "vector", (n(4), n(4)), ref=_irfft, checks=_GRAD)
T(
    "irfft",
    "imaginary ends",
    (v([1.0, 2.0, 3.0]), v([5.0, 1.0, 7.0])),
    ref=_irfft,
    checks=_EDGE,
)


def _frames(x: np.ndarray, length: int, stride: int) -> np.ndarray:
    starts = range(0, x.shape[-1] - length + 1, stride)
    return np.stack([x[..., s : s + length] for s in starts], -2)


T(
    "extract_sequences",
    "plain",
    n(2, 16),
    4,
    2,
    ref=_frames,
    refuses={"too short": bad(n(2, 3), 5, 1)},
)
T("extract_sequences", "no overlap", n(12), 4, 4, ref=_frames, checks=_GRAD)
T("extract_sequences", "gaps", n(13), 3, 5, ref=_frames, checks=_GRAD)
T("extract_sequences", "whole", n(6), 6, 1, ref=_frames, checks=_EDGE)
T("extract_sequences", "whole numbers", i(8), 3, 2, ref=_frames, checks=_EDGE)
T("extract_sequences", "cube", n(2, 2, 7), 3, 2, ref=_frames, checks=_EDGE)


# Hann's window of period `length`, centred in the frame of `fft_length`.
def _window(window: Any, length: int, size: int) -> np.ndarray:
    k = np.arange(length)
    if window is None:
        w = np.ones(length)
    elif isinstance(window, str):
        a = {"hann": 0.5, "hamming": 0.54}[window]
        w = a - (1 - a) * np.cos(2 * np.pi * k / length)
    else:
        w = np.asarray(window, np.float64)
    left = (size - length) // 2
    return np.pad(w, (left, size - length - left))


def _stft(
    x: np.ndarray,
    length: int,
    stride: int,
    size: int,
    window: Any = "hann",
    center: bool = True,
) -> Pair:
    if center:
        around = [(0, 0)] * (x.ndim - 1) + [(size // 2, size // 2)]
        x = np.pad(x, around, mode="reflect")
    return _pair(np.fft.rfft(_frames(x, size, stride) * _window(window, length, size)))


T(
    "stft",
    "plain",
    n(2, 32),
    8,
    4,
    8,
    ref=_stft,
    refuses={
        "longer than the transform": bad(n(32), 8, 4, 4),
        "window": bad(n(32), 8, 4, 8, window="nowhere"),
        "whole numbers": bad(i(24), 8, 4, 8),
    },
)
for _label, _settings in {
    "padded transform": (6, 3, 8),
    "odd": (5, 2, 7),
    "no overlap": (8, 8, 8),
    "wide stride": (4, 6, 8),
}.items():
    T("stft", _label, n(32), *_settings, ref=_stft, checks=_GRAD)
    T(
        "stft",
        f"{_label}, not centred",
        n(32),
        *_settings,
        center=False,
        ref=_stft,
        checks=_EDGE,
    )
T("stft", "hamming", n(24), 8, 4, 8, window="hamming", ref=_stft, checks=_EDGE)
T("stft", "no window", n(24), 8, 4, 8, window=None, ref=_stft, checks=_EDGE)
T(
    "stft",
    "own window",
    n(24),
    4,
    2,
    8,
    window=v([0.5, 1.0, 1.0, 0.5]),
    ref=_stft,
    checks=_EDGE,
)
T("stft", "too short", n(4), 8, 4, 8, ref=False, checks=_EDGE)


def _back(keras: Any, x: Any, frame: int, stride: int, size: int, **more: Any) -> Any:
    both = {k: more[k] for k in ("window", "center") if k in more}
    found = keras.ops.stft(x, frame, stride, size, **both)
    return keras.ops.istft(found, frame, stride, size, **more)


T("istft", "plain", n(2, 32), 8, 4, 8, run=_back, ref=False)
T(
    "istft",
    "length",
    n(32),
    8,
    4,
    8,
    run=_back,
    length=32,
    ref=lambda x, *_, **__: x,
    checks=_GRAD,
)
T("istft", "longer", n(32), 8, 4, 8, run=_back, length=48, ref=False, checks=_EDGE)
T(
    "istft",
    "shorter",
    n(32),
    8,
    4,
    8,
    run=_back,
    length=20,
    ref=lambda x, *_, **__: x[:20],
    checks=_EDGE,
)
T(
    "istft",
    "padded transform",
    n(32),
    6,
    3,
    8,
    run=_back,
    length=32,
    ref=lambda x, *_, **__: x,
    checks=_EDGE,
)
T(
    "istft",
    "odd",
    n(32),
    5,
    2,
    7,
    run=_back,
    length=30,
    ref=lambda x, *_, **__: x[:30],
    checks=_EDGE,
)
T(
    "istft",
    "hamming",
    n(32),
    8,
    4,
    8,
    run=_back,
    window="hamming",
    length=32,
    ref=lambda x, *_, **__: x,
    checks=_EDGE,
)
T(
    "istft",
    "no window",
    n(32),
    8,
    4,
    8,
    run=_back,
    window=None,
    length=32,
    ref=lambda x, *_, **__: x,
    checks=_EDGE,
)
T(
    "istft",
    "not centred",
    n(32),
    8,
    4,
    8,
    run=_back,
    center=False,
    # Hann's window starts at 0, so that nothing is known of the first number.
    ref=lambda x, *_, **__: np.concatenate([[0.0], x[1:]]),
    checks=_FORWARD,
)
T(
    "istft",
    "not centred, no window",
    n(32),
    8,
    4,
    8,
    run=_back,
    center=False,
    window=None,
    ref=lambda x, *_, **__: x,
    checks=_FORWARD,
)
T("istft", "not a transform", (n(5, 5), n(5, 5)), 8, 4, 8, ref=False, checks=_GRAD)
T("istft", "gaps", n(32), 4, 6, 8, run=_back, ref=False, checks=_FORWARD)
T(
    "istft",
    "frames longer than the transform",
    (n(5, 5), n(5, 5)),
    8,
    4,
    8,
    ref=False,
    checks=["forward", "errors"],
    refuses={"longer": bad((n(5, 5), n(5, 5)), 8, 4, 4)},
)
T(
    "istft",
    "refused",
    (n(5, 5), n(5, 5)),
    8,
    4,
    8,
    ref=False,
    checks=["forward", "errors"],
    refuses={
        "window": bad((n(5, 5), n(5, 5)), 8, 4, 8, window="nowhere"),
        "shapes": bad((n(5, 5), n(5, 4)), 8, 4, 8),
    },
)
