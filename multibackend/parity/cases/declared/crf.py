"""Cases: linear-chain conditional random fields, by writing down every path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, integers, normal
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]
Path = tuple[int, ...]


def _scores(emissions: Array, weights: Weights) -> dict[Path, Any]:
    """The score of every path through the tags, of one sample without padding."""
    steps, tags = emissions.shape
    found: dict[Path, Any] = {}
    for path in product(range(tags), repeat=steps):
        score = weights["start"][path[0]] + weights["end"][path[-1]]
        for step, tag in enumerate(path):
            score = score + emissions[step, tag]
            if step:
                score = score + weights["transitions"][path[step - 1], tag]
        found[path] = score
    return found


def _partition(scores: Mapping[Path, Any]) -> Any:
    return np.log(sum(np.exp(score) for score in scores.values()))


def _tags(emissions: Array, weights: Weights) -> Array:
    scores = _scores(emissions, weights)
    return np.asarray(max(scores, key=lambda path: scores[path]), "int32")


def _marginals(emissions: Array, weights: Weights) -> Array:
    scores = _scores(emissions, weights)
    whole = _partition(scores)
    shares = np.zeros(emissions.shape)
    for path, score in scores.items():
        shares[np.arange(len(path)), path] += np.exp(score - whole)
    return shares


def _padded(one: Callable[[Array, Weights], Array]) -> Callable[..., Array]:
    """The same for each sample of a batch, with zeros behind its last step."""

    def reference(
        x: Array, *, weights: Weights, mask: Array | None = None, output: str = ""
    ) -> Array:
        del output
        rows: list[Array] = []
        for row, emissions in enumerate(x):
            real = len(emissions) if mask is None else int(mask[row].sum())
            found = one(emissions[:real], weights)
            behind = [(0, len(emissions) - real), *((0, 0) for _ in found.shape[1:])]
            rows.append(np.pad(found, behind))
        return np.stack(rows)

    return reference


def _partitions(
    x: Array, *, weights: Weights, mask: Array | None = None, output: str = ""
) -> Array:
    del output
    real = [len(e) for e in x] if mask is None else mask.sum(axis=1)
    return np.asarray(
        [_partition(_scores(e[:n], weights)) for e, n in zip(x, real, strict=True)]
    )


def _packed(x: Array, *, weights: Weights, mask: Array | None = None) -> Array:
    """The rows of the transitions, the start, the end and the steps, with the mask."""
    fixed = np.vstack([weights["transitions"], weights["start"], weights["end"]])
    fixed = np.hstack([fixed, np.zeros((len(fixed), 1))])
    kept = np.ones(x.shape[:2]) if mask is None else mask
    return np.stack(
        [
            np.vstack([fixed, np.column_stack([e * k[:, None], k])])
            for e, k in zip(x, kept, strict=True)
        ]
    )


def _likelihoods(y_true: Array, y_pred: Array) -> Array:
    """The loss of each sample, out of what the layer packs."""
    losses: list[Any] = []
    for tags_of, packed in zip(y_true, y_pred, strict=True):
        tags = packed.shape[1] - 1
        weights = {
            "transitions": packed[:tags, :tags],
            "start": packed[tags, :tags],
            "end": packed[tags + 1, :tags],
        }
        real = int(packed[tags + 2 :, tags].round().sum())
        scores = _scores(packed[tags + 2 : tags + 2 + real, :tags], weights)
        path = tuple(int(tag) for tag in tags_of[:real])
        losses.append(_partition(scores) - scores[path])
    return np.asarray(losses)


def _mean_likelihood(y_true: Array, y_pred: Array) -> Any:
    return np.mean(_likelihoods(y_true, y_pred))


def _weighed(y_true: Array, y_pred: Array, sample_weight: Array) -> Any:
    return np.mean(_likelihoods(y_true, y_pred) * sample_weight)


def _potentials(lengths: list[int], steps: int, tags: int) -> Array:
    """A `y_pred` of samples with so many steps each."""
    packed = np.array(normal(len(lengths), tags + 2 + steps, tags + 1))
    packed[:, :, tags] = 0
    for row, length in enumerate(lengths):
        packed[row, tags + 2 : tags + 2 + length, tags] = 1
    return packed


_MASK = [[True, True, True, True], [True, True, False, False]]
_HOLES = [[True, False, True, True], [True, True, False, False]]
_OPEN = {"mask": "drawn masks are no right padding; the masked cases have their own"}


def _no_crf() -> Mapping[str, Any]:
    """What `LinearChainCRF(3)` refuses, and what cannot be made at all."""
    from multibackend.layers import LinearChainCRF

    late = [[False, True, True, True], [True, True, False, False]]
    return {
        "other width": normal(2, 4, 2),
        "no steps": normal(2, 3),
        "other mask": arguments(normal(2, 4, 3), mask=array([[True] * 3] * 2)),
        "mask with holes": arguments(normal(2, 4, 3), mask=array(_HOLES)),
        "mask off at first": arguments(normal(2, 4, 3), mask=array(late)),
        "no such output": arguments(normal(2, 4, 3), output="paths"),
        "no tags": lambda: LinearChainCRF(0),
    }


def _no_loss() -> Mapping[str, Any]:
    """Tags and potentials that do not fit."""
    good = _potentials([4, 2], 4, 3)
    return {
        "tag too high": (array([[0, 1, 3, 0], [0, 1, 0, 0]]), good),
        "tag too low": (array([[0, -1, 2, 0], [0, 1, 0, 0]]), good),
        "other length": (integers(2, 3, high=3), good),
        "one-hot tags": (normal(2, 4, 3), good),
        "emissions": (integers(2, 4, high=3), normal(2, 4, 3)),
        "no sequence": (integers(2, 4, high=3), normal(2, 3)),
    }


@case(reference=_packed, bad=_no_crf, skip=_OPEN)
def crf() -> Any:
    from multibackend.layers import LinearChainCRF

    return LinearChainCRF(3), normal(2, 4, 3)


@variant(reference=_packed)
def crf_masked() -> Any:
    from multibackend.layers import LinearChainCRF

    return LinearChainCRF(3), arguments(normal(2, 4, 3), mask=array(_MASK))


@variant(reference=_partitions, skip=_OPEN)
def crf_partition() -> Any:
    from multibackend.layers import LinearChainCRF

    return LinearChainCRF(3), arguments(normal(2, 4, 3), output="log_partition")


@variant(reference=_partitions)
def crf_partition_masked() -> Any:
    from multibackend.layers import LinearChainCRF

    given = arguments(normal(2, 4, 3), output="log_partition", mask=array(_MASK))
    return LinearChainCRF(3), given


@variant(reference=_partitions)
def crf_partition_single() -> Any:
    from multibackend.layers import LinearChainCRF

    return LinearChainCRF(3), arguments(normal(1, 1, 3), output="log_partition")


@variant(reference=_padded(_marginals))
def crf_marginals() -> Any:
    from multibackend.layers import LinearChainCRF

    given = arguments(normal(2, 4, 3), output="marginals", mask=array(_MASK))
    return LinearChainCRF(3), given


@variant(reference=_padded(_marginals), skip=_OPEN)
def crf_marginals_of_two_tags() -> Any:
    from multibackend.layers import LinearChainCRF

    return LinearChainCRF(2), arguments(normal(1, 5, 2), output="marginals")


@variant(reference=_padded(_tags))
def crf_tags() -> Any:
    from multibackend.layers import LinearChainCRF

    given = arguments(normal(2, 4, 3, std=2.0), output="tags", mask=array(_MASK))
    return LinearChainCRF(3), given


@variant(reference=_padded(_tags))
def crf_tags_single() -> Any:
    from multibackend.layers import LinearChainCRF

    return LinearChainCRF(3), arguments(normal(1, 1, 3), output="tags")


@case(reference=_mean_likelihood, bad=_no_loss)
def crf_loss() -> Any:
    from multibackend.losses import CRFNegativeLogLikelihood

    given = (integers(2, 4, high=3), _potentials([4, 2], 4, 3))
    return CRFNegativeLogLikelihood(), given


@variant(reference=_likelihoods)
def crf_loss_per_sample() -> Any:
    from multibackend.losses import CRFNegativeLogLikelihood

    given = (integers(3, 5, high=2), _potentials([5, 1, 3], 5, 2))
    return CRFNegativeLogLikelihood(reduction=None), given


@variant(reference=_weighed)
def crf_loss_weighed() -> Any:
    from multibackend.losses import CRFNegativeLogLikelihood

    return CRFNegativeLogLikelihood(), arguments(
        integers(2, 4, high=3),
        _potentials([3, 4], 4, 3),
        sample_weight=array([0.5, 2.0]),
    )


@variant(reference=_likelihoods)
def crf_loss_single() -> Any:
    from multibackend.losses import CRFNegativeLogLikelihood

    given = (integers(1, 1, high=3), _potentials([1], 1, 3))
    return CRFNegativeLogLikelihood(reduction=None), given
