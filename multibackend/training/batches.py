"""Where batches come from: arrays, and whatever else hands out batches."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import keras
import numpy as np

__all__ = ["Arrays", "Batches", "Stream", "batches_of", "limited"]

#: A batch: `(x,)`, `(x, y)` or `(x, y, sample_weight)`, each nested as one likes.
Batch = tuple[Any, ...]


class Batches(Protocol):
    """What a loop reads: so many steps an epoch, or nobody knows."""

    steps: int | None

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch, in the order of that epoch."""
        ...

    def first(self) -> Batch:
        """A batch to look at; it is still to come."""
        ...


class Arrays:
    """Arrays cut into batches, in a new order each epoch.

    Args:
        parts: `(x, y, sample_weight)` or fewer; `None` where there is none.
        batch_size: Rows of a batch; the last one of an epoch may have fewer.
        shuffle: Whether the order changes; an integer is its seed, so that a run that
            starts at a later epoch sees the order of that epoch.
    """

    def __init__(self, parts: Batch, batch_size: int, *, shuffle: bool | int) -> None:
        self._parts = keras.tree.map_structure(_array, parts)
        self.rows = _rows(self._parts)
        self._size = batch_size
        self.steps: int | None = math.ceil(self.rows / batch_size)
        seeded = type(shuffle) is int
        self._seed = shuffle if seeded else random.getrandbits(32)
        self._shuffled = seeded or bool(shuffle)

    def first(self) -> Batch:
        """The first rows."""
        return self._cut(slice(self._size))

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch."""
        order = None
        if self._shuffled:
            order = np.random.default_rng((self._seed, number)).permutation(self.rows)
        for start in range(0, self.rows, self._size):
            rows = slice(start, start + self._size)
            yield self._cut(rows if order is None else order[rows])

    def _cut(self, rows: slice | np.ndarray[Any, Any]) -> Batch:
        def cut(part: Any) -> Any:
            if part is None:
                return None
            # `take` needs a third of the time of an index.
            return part[rows] if isinstance(rows, slice) else part.take(rows, axis=0)

        return keras.tree.map_structure(cut, self._parts)


class Stream:
    """A data set of another kind: it hands out batches by itself.

    Args:
        source: A `keras.utils.PyDataset`, a `tf.data.Dataset`, a PyTorch or Grain
            loader, any iterable of batches, or a generator, which goes on where the
            last epoch ended.
    """

    def __init__(self, source: Any) -> None:
        self._source = source
        self._once = iter(source) if isinstance(source, Iterator) else None
        self.steps: int | None = _length(source)

    def first(self) -> Batch:
        """The next batch, which a generator is to hand out again."""
        if isinstance(self._source, keras.utils.PyDataset):
            return _batch(self._source[0])
        if self._once is None:
            return _batch(next(iter(self._source)))
        ahead = next(self._once)
        self._once = itertools.chain([ahead], self._once)
        return _batch(ahead)

    def epoch(self, number: int) -> Iterator[Batch]:  # noqa: ARG002 - the source's order
        """The batches of an epoch."""
        if isinstance(self._source, keras.utils.PyDataset):
            for place in range(self.steps or 0):
                yield _batch(self._source[place])
            self._source.on_epoch_end()
            return
        for each in self._once if self._once is not None else iter(self._source):
            yield _batch(each)


def batches_of(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    batch_size: int | None = None,
    shuffle: bool | int = False,
) -> Batches:
    """Makes batches of what `fit` is given.

    Raises:
        ValueError: Arguments do not go together.
    """
    if _is_array(x):
        parts = (x, y, sample_weight)
        while len(parts) > 1 and parts[-1] is None:
            parts = parts[:-1]
        return Arrays(parts, batch_size or 32, shuffle=shuffle)
    if not isinstance(x, keras.utils.PyDataset | Iterable):
        message = (
            "Expected arrays, or an iterable of batches such as a data set, received "
            f"{type(x).__name__}. Hand over NumPy arrays."
        )
        raise ValueError(message)  # noqa: TRY004 - as Keras does
    if y is not None or sample_weight is not None:
        message = (
            f"Expected `y` and `sample_weight` inside the batches of "
            f"{type(x).__name__}, received them beside it. Leave them out."
        )
        raise ValueError(message)
    return Stream(x)


def limited(batches: Iterator[Batch], steps: int | None) -> Iterator[Batch]:
    """At most so many batches."""
    return batches if steps is None else itertools.islice(batches, steps)


def _is_array(x: Any) -> bool:
    """Whether these are rows to be cut: an array, or arrays in a structure.

    A list of arrays is several inputs, as in Keras; a list of tuples is batches.
    """
    if isinstance(x, list) and all(isinstance(each, tuple) for each in x):
        return False
    leaves = keras.tree.flatten(x) if isinstance(x, dict | list | tuple) else [x]
    return bool(leaves) and all(
        hasattr(leaf, "shape") and hasattr(leaf, "dtype") for leaf in leaves
    )


def _array(leaf: Any) -> Any:
    return None if leaf is None else keras.ops.convert_to_numpy(leaf)


def _rows(parts: Batch) -> int:
    counts = {len(leaf) for leaf in keras.tree.flatten(parts) if leaf is not None}
    if len(counts) != 1:
        message = (
            f"Expected as many rows in every array, received {sorted(counts)}. "
            "Cut them to one length."
        )
        raise ValueError(message)
    return counts.pop()


def _length(source: Any) -> int | None:
    if isinstance(source, keras.utils.PyDataset):
        return int(source.num_batches or 0)
    try:
        return len(source)
    except TypeError:
        return None


def _batch(given: Any) -> Batch:
    """A batch as a tuple, with tensors of other frameworks as NumPy arrays."""
    parts = tuple(given) if isinstance(given, tuple | list) else (given,)
    return keras.tree.map_structure(_ours, parts)


def _ours(leaf: Any) -> Any:
    if leaf is None or keras.ops.is_tensor(leaf) or isinstance(leaf, np.ndarray):
        return leaf
    return np.asarray(leaf)
