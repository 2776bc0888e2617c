"""Cases: poolings with and without masks, each with a loop over places in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import normal, uniform
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]


def _over_steps(x: Array, mask: Array | None, pool: Callable[[Array], Array]) -> Array:
    """Pools the unmasked steps of each row, one row after the other."""
    rows: list[Array] = []
    for place in range(x.shape[0]):
        steps = x[place] if mask is None else x[place][mask[place]]
        rows.append(pool(steps) if len(steps) else np.zeros(x.shape[2:]))
    return np.stack(rows)


def _mean(x: Array, mask: Array | None = None, *, weights: Weights) -> Array:
    del weights
    return _over_steps(x, mask, lambda steps: np.sum(steps, axis=0) / len(steps))


def _largest(x: Array, mask: Array | None = None, *, weights: Weights) -> Array:
    del weights
    return _over_steps(x, mask, lambda steps: np.sort(steps, axis=0)[-1])


def _generalized(x: Array, mask: Array | None = None, *, weights: Weights) -> Array:
    """`mean(max(x, epsilon) ** p) ** (1 / p)`, one channel after the other."""
    p = np.broadcast_to(weights["p"], x.shape[-1])
    found = np.zeros((x.shape[0], x.shape[-1]))
    for row, channel in np.ndindex(found.shape):
        values = x[row, ..., channel]
        values = values.ravel() if mask is None else values[mask[row]].ravel()
        powers = np.maximum(values, 1e-6) ** p[channel]
        if powers.size:
            found[row, channel] = np.mean(powers) ** (1 / p[channel])
    return found


def _generalized_first(
    x: Array, mask: Array | None = None, *, weights: Weights
) -> Array:
    return _generalized(np.moveaxis(x, 1, -1), mask, weights=weights)


def _steps() -> npt.NDArray[np.bool_]:
    """Gaps, padding behind, and a row without any step that counts."""
    return np.array(
        [
            [True, False, True, True, False],
            [True, True, False, False, False],
            [False, False, False, False, False],
        ]
    )


def _places() -> npt.NDArray[np.bool_]:
    mask = np.ones((3, 4, 5), bool)
    mask[0, 2:] = False
    mask[0, 0, 1] = False
    mask[1] = False
    return mask


def _bad_steps() -> Mapping[str, Any]:
    return {
        "two axes": normal(3, 5),
        "mask of other steps": arguments(normal(3, 5, 4), mask=np.ones((3, 4), bool)),
        "mask of features": arguments(normal(3, 5, 4), mask=np.ones((3, 5, 4), bool)),
    }


def _bad_powers() -> Mapping[str, Any]:
    from multibackend.layers import GeneralizedMeanPooling

    return {
        "two axes": normal(3, 4),
        "other channels": normal(3, 5, 2),
        "mask of other steps": arguments(normal(3, 5, 4), mask=np.ones((3, 4), bool)),
        "mask of channels": arguments(normal(3, 5, 4), mask=np.ones((3, 5, 4), bool)),
        "mask of rows alone": arguments(normal(3, 5, 4), mask=np.ones(3, bool)),
        "no exponent": lambda: GeneralizedMeanPooling(p=0.0),
        "no epsilon": lambda: GeneralizedMeanPooling(epsilon=0.0),
        "an infinite exponent": lambda: GeneralizedMeanPooling(p=float("inf")),
        "a layout that is none": lambda: GeneralizedMeanPooling(data_format="last"),
    }


@case(reference=_mean, bad=_bad_steps)
def masked_mean_pooling() -> Any:
    from multibackend.layers import MaskedMeanPooling

    return MaskedMeanPooling(), arguments(normal(3, 5, 4), mask=_steps())


@variant(reference=_mean)
def masked_mean_pooling_without_mask() -> Any:
    from multibackend.layers import MaskedMeanPooling

    return MaskedMeanPooling(), normal(3, 5, 4)


@variant(reference=_mean)
def masked_mean_pooling_of_images() -> Any:
    from multibackend.layers import MaskedMeanPooling

    return MaskedMeanPooling(), arguments(normal(3, 5, 2, 4), mask=_steps())


@variant(reference=_mean)
def masked_mean_pooling_single() -> Any:
    from multibackend.layers import MaskedMeanPooling

    return MaskedMeanPooling(), normal(1, 1, 4)


@case(reference=_largest, bad=_bad_steps)
def masked_max_pooling() -> Any:
    from multibackend.layers import MaskedMaxPooling

    return MaskedMaxPooling(), arguments(normal(3, 5, 4), mask=_steps())


@variant(reference=_largest)
def masked_max_pooling_without_mask() -> Any:
    from multibackend.layers import MaskedMaxPooling

    return MaskedMaxPooling(), normal(3, 5, 4)


@variant(reference=_largest)
def masked_max_pooling_of_negative_values() -> Any:
    from multibackend.layers import MaskedMaxPooling

    # A zero at a masked step would be the largest.
    given = normal(3, 5, 4, mean=-4.0)
    return MaskedMaxPooling(), arguments(given, mask=_steps())


@variant(reference=_largest)
def masked_max_pooling_single() -> Any:
    from multibackend.layers import MaskedMaxPooling

    return MaskedMaxPooling(), normal(1, 1, 4)


@case(reference=_generalized, bad=_bad_powers)
def generalized_mean_pooling() -> Any:
    from multibackend.layers import GeneralizedMeanPooling

    layer = GeneralizedMeanPooling(per_channel=True, data_format="channels_last")
    return layer, arguments(uniform(3, 5, 4, low=0.1, high=2.0), mask=_steps())


@variant(reference=_generalized)
def generalized_mean_pooling_of_images() -> Any:
    from multibackend.layers import GeneralizedMeanPooling

    layer = GeneralizedMeanPooling(data_format="channels_last")
    return layer, uniform(3, 4, 5, 2, low=0.1, high=2.0)


@variant(reference=_generalized)
def generalized_mean_pooling_of_negative_values() -> Any:
    from multibackend.layers import GeneralizedMeanPooling

    layer = GeneralizedMeanPooling(p=2.0, data_format="channels_last")
    return layer, normal(3, 4, 5, 2)


@variant(reference=_generalized_first)
def generalized_mean_pooling_channels_first() -> Any:
    from multibackend.layers import GeneralizedMeanPooling

    layer = GeneralizedMeanPooling(
        p=1.5, per_channel=True, data_format="channels_first"
    )
    given = uniform(3, 2, 4, 5, low=0.1, high=2.0)
    return layer, arguments(given, mask=_places())


@variant(reference=_generalized)
def generalized_mean_pooling_of_rows() -> Any:
    from multibackend.layers import GeneralizedMeanPooling

    layer = GeneralizedMeanPooling(data_format="channels_last")
    given = uniform(3, 5, 4, 2, low=0.1, high=2.0)
    return layer, arguments(given, mask=_steps())


@variant(reference=_generalized)
def generalized_mean_pooling_short() -> Any:
    from multibackend.layers import GeneralizedMeanPooling

    # A single place would be its own mean, whatever the exponent is.
    layer = GeneralizedMeanPooling(data_format="channels_last")
    return layer, uniform(1, 2, 4, low=0.1, high=2.0)
