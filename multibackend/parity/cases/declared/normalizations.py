"""Cases: `GlobalResponseNormalization` and `FeatureModulation`, in loops of NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import mask, normal
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]

_EPSILON = 1e-6


def _responses(x: Array, *, weights: Weights, mask: Array | None = None) -> Array:
    """Row by row and channel by channel, channels last."""
    x = x.astype("float64")
    outputs = np.zeros(x.shape)
    for row in range(x.shape[0]):
        kept = np.ones(x.shape[1:-1], "bool") if mask is None else mask[row]
        norms = [
            math.sqrt(sum(v * v for v in x[row, ..., c][kept].ravel()))
            for c in range(x.shape[-1])
        ]
        mean = sum(norms) / len(norms) + _EPSILON
        for c, norm in enumerate(norms):
            share = norm / mean
            gamma, beta = weights["gamma"][c], weights["beta"][c]
            one = x[row, ..., c]
            outputs[row, ..., c] = gamma * (one * share) + beta + one
    return outputs


def _responses_first(x: Array, *, weights: Weights, mask: Array | None = None) -> Array:
    """The same with the channels behind the batch."""
    moved = np.moveaxis(x, 1, -1)
    return np.moveaxis(_responses(moved, weights=weights, mask=mask), -1, 1)


def _no_response() -> Mapping[str, Any]:
    """What a layer over 6 channels refuses, and what cannot be made at all."""
    from multibackend.layers import GlobalResponseNormalization

    return {
        "other channels": normal(2, 4, 4, 5),
        "no space": normal(2, 6),
        "a mask of other places": arguments(
            normal(2, 4, 5, 6), mask=np.ones((2, 5), "bool")
        ),
        "a mask of channels": arguments(
            normal(2, 4, 5, 6), mask=np.ones((2, 4, 5, 6), "bool")
        ),
        "no epsilon": lambda: GlobalResponseNormalization(0.0),
        "no layout": lambda: GlobalResponseNormalization(data_format="first"),
        "unknown channels": lambda: GlobalResponseNormalization(
            data_format="channels_last"
        ).build((None, 4, 4, None)),
    }


@case(reference=_responses, bad=_no_response)
def global_response() -> Any:
    from multibackend.layers import GlobalResponseNormalization

    layer = GlobalResponseNormalization(data_format="channels_last")
    return layer, normal(2, 4, 5, 6)


@variant(reference=_responses_first)
def global_response_channels_first() -> Any:
    from multibackend.layers import GlobalResponseNormalization

    layer = GlobalResponseNormalization(data_format="channels_first")
    return layer, normal(2, 6, 4, 5)


@variant(reference=_responses)
def global_response_masked_steps() -> Any:
    from multibackend.layers import GlobalResponseNormalization

    layer = GlobalResponseNormalization(data_format="channels_last")
    return layer, arguments(normal(3, 5, 6), mask=mask(3, 5))


@variant(reference=_responses_first)
def global_response_masked_places_channels_first() -> Any:
    from multibackend.layers import GlobalResponseNormalization

    layer = GlobalResponseNormalization(data_format="channels_first")
    places = np.stack([mask(4, 5, seed=1), mask(4, 5, seed=2)])
    return layer, arguments(normal(2, 6, 4, 5), mask=places)


@variant(reference=_responses)
def global_response_silent_channel() -> Any:
    from multibackend.layers import GlobalResponseNormalization

    images = normal(1, 2, 2, 2, 3)
    images[..., 1] = 0  # its norm is at the root's end, and has a slope of zero there
    return GlobalResponseNormalization(data_format="channels_last"), images


def _modulated(normalize: bool) -> Callable[..., Array]:  # noqa: FBT001 - private
    """Place by place: scale and shift by two kernels of their own."""

    def reference(pair: list[Array], *, weights: Weights) -> Array:
        x, condition = (one.astype("float64") for one in pair)
        channels = x.shape[-1]
        outputs = np.zeros(x.shape)
        for place in np.ndindex(*x.shape[:-1]):
            said = condition[place if condition.ndim == x.ndim else place[0]]
            vector = x[place]
            if normalize:
                deviation = np.sqrt(np.var(vector) + _EPSILON)
                vector = (vector - np.mean(vector)) / deviation
            for c in range(channels):
                kernel, bias = weights["kernel"], weights["bias"]
                scale = 1 + said @ kernel[:, c] + bias[c]
                shift = said @ kernel[:, channels + c] + bias[channels + c]
                outputs[(*place, c)] = scale * vector[c] + shift
        return outputs

    return reference


def _no_modulation() -> Mapping[str, Any]:
    """What a layer over 6 channels and a condition of 3 refuses."""
    from multibackend.layers import FeatureModulation

    return {
        "other channels": [normal(4, 5), normal(4, 3)],
        "another condition": [normal(4, 6), normal(4, 2)],
        "a condition for another batch": [normal(4, 6), normal(1, 3)],
        "a condition for other steps": [normal(4, 5, 6), normal(4, 2, 3)],
        "no condition": normal(4, 6),
        "three tensors": [normal(4, 6), normal(4, 3), normal(4, 3)],
        "no epsilon": lambda: FeatureModulation(epsilon=0.0),
        "no flag": lambda: FeatureModulation(normalize="yes"),  # pyright: ignore[reportArgumentType]
        "unknown width": lambda: FeatureModulation().build([(None, 6), (None, None)]),
        "one shape": lambda: FeatureModulation().build((None, 6)),  # pyright: ignore[reportArgumentType]
    }


@case(reference=_modulated(normalize=False), bad=_no_modulation)
def feature_modulation() -> Any:
    from multibackend.layers import FeatureModulation

    return FeatureModulation(), [normal(4, 6), normal(4, 3)]


@variant(reference=_modulated(normalize=False))
def feature_modulation_images() -> Any:
    from multibackend.layers import FeatureModulation

    return FeatureModulation(), [normal(2, 4, 5, 6), normal(2, 3)]


@case(reference=_modulated(normalize=True))
def feature_modulation_normalized() -> Any:
    from multibackend.layers import FeatureModulation

    return FeatureModulation(normalize=True), [normal(2, 5, 6), normal(2, 3)]


@variant(reference=_modulated(normalize=True))
def feature_modulation_every_step() -> Any:
    from multibackend.layers import FeatureModulation

    return FeatureModulation(normalize=True), [normal(2, 5, 6), normal(2, 5, 3)]


@variant(reference=_modulated(normalize=True))
def feature_modulation_single() -> Any:
    from multibackend.layers import FeatureModulation

    # One channel has no variance: what is left is the shift.
    return FeatureModulation(normalize=True), [normal(1, 1, 1), normal(1, 1)]
