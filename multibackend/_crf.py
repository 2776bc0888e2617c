"""Linear-chain conditional random fields: their scores, sums, best paths and marginals.

A chain is held as `Potentials`. The sums over all paths go step by step, as each step
adds up what the last one gave: `log sum_i exp(alpha_{t-1}[i] + pairs_t[i, j])`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from multibackend._loop import Step, every_state
from multibackend._precision import at_least_float32

__all__ = [
    "Potentials",
    "best_path",
    "log_partition",
    "marginals",
    "pack",
    "packed_steps",
    "path_score",
    "unpack",
]


@dataclass(frozen=True)
class Potentials:
    """What every path through the tags is scored by.

    Attributes:
        transitions: `(batch_size, tags, tags)`, from the first to the second tag.
        start: `(batch_size, tags)`, for the first tag of a path.
        end: `(batch_size, tags)`, for its last tag.
        emissions: `(batch_size, steps, tags)`.
        kept: `(batch_size, steps)`, bool: which steps count. The first does.
    """

    transitions: Any
    start: Any
    end: Any
    emissions: Any
    kept: Any

    @property
    def tags(self) -> int:
        """How many tags there are."""
        return int(self.emissions.shape[-1])


def pack(potentials: Potentials) -> Any:
    """Everything in one tensor, `(batch_size, tags + 2 + steps, tags + 1)`.

    The rows are the transitions from each tag, the start, the end, and each step's
    emissions, zeros where it does not count. The last column tells which steps count;
    it is 0 in the other rows.
    """
    p = potentials
    kept = keras.ops.expand_dims(p.kept, -1)
    emissions = keras.ops.where(kept, p.emissions, keras.ops.zeros_like(p.emissions))
    start, end = keras.ops.expand_dims(p.start, 1), keras.ops.expand_dims(p.end, 1)
    fixed = keras.ops.concatenate([p.transitions, start, end], axis=1)
    rows = keras.ops.concatenate([fixed, emissions], axis=1)
    column = keras.ops.concatenate(
        [
            keras.ops.zeros_like(fixed[..., :1]),
            keras.ops.cast(kept, rows.dtype),
        ],
        axis=1,
    )
    return keras.ops.concatenate([rows, column], axis=-1)


def unpack(packed: Any) -> Potentials:
    """The potentials out of what `pack` gave, in float32 or wider."""
    tags = int(packed.shape[-1]) - 1
    kept = packed[:, tags + 2 :, tags] > 0.5
    packed = at_least_float32(packed)
    return Potentials(
        packed[:, :tags, :tags],
        packed[:, tags, :tags],
        packed[:, tags + 1, :tags],
        packed[:, tags + 2 :, :tags],
        kept,
    )


def packed_steps(steps: int | None, tags: int) -> int | None:
    """How many rows `pack` makes of so many steps."""
    return None if steps is None else steps + tags + 2


def path_score(potentials: Potentials, path: Any) -> Any:
    """The score of one path for each sample, `(batch_size,)`; `path` is int32."""
    p = potentials
    kept = _float(p.kept, p.emissions)  # (batch_size, steps)
    wide_kept = keras.ops.expand_dims(kept, -1)
    at = keras.ops.one_hot(path, p.tags, dtype=p.emissions.dtype)
    at = at * wide_kept  # (batch_size, steps, tags)
    nothing = keras.ops.zeros_like(at[:, :1])
    before = keras.ops.concatenate([nothing, at[:, :-1]], axis=1)
    # How often each tag follows each other one: (batch_size, tags, tags).
    counts = keras.ops.matmul(keras.ops.swapaxes(before, 1, 2), at)
    after = keras.ops.concatenate([wide_kept[:, 1:], nothing[..., :1]], axis=1)
    last = keras.ops.sum(at * (wide_kept - after), axis=1)  # (batch_size, tags)
    return (
        keras.ops.sum(at * p.emissions, axis=(1, 2))
        + keras.ops.sum(counts * p.transitions, axis=(1, 2))
        + keras.ops.sum(at[:, 0] * p.start + last * p.end, axis=-1)
    )


def log_partition(potentials: Potentials) -> Any:
    """The logarithm of the sum of `exp(score)` over all paths, `(batch_size,)`."""
    last = _forward(potentials, _sum)[:, -1]
    return keras.ops.logsumexp(last + potentials.end, axis=-1)


def marginals(potentials: Potentials) -> Any:
    """How probable each tag is at each step, `(batch_size, steps, tags)`; 0 if masked."""
    p = potentials
    pairs, kept = _next(p)
    flipped = keras.ops.swapaxes(pairs, 2, 3)  # from the next tag to this one
    after = _backwards(_sum, [_flat(flipped)], kept, p.end)
    both = _forward(p, _sum) + after
    return keras.ops.softmax(both, axis=-1) * keras.ops.expand_dims(
        _float(p.kept, both), -1
    )


def best_path(potentials: Potentials) -> Any:
    """The path of the highest score, int32 `(batch_size, steps)`; 0 where masked.

    Of two equal tags the lower one is taken.
    """
    p = potentials
    best = _forward(p, _max)  # of the paths that end in each tag at each step
    pairs, kept = _next(p)
    last = _first_best(best[:, -1] + p.end)
    path = _backwards(_back, [best, _flat(pairs)], kept, last)
    numbers = keras.ops.arange(p.tags, dtype=path.dtype)
    tags = keras.ops.sum(path * numbers, axis=-1) * _float(p.kept, path)
    return keras.ops.cast(tags, "int32")


def _float(kept: Any, like: Any) -> Any:
    return keras.ops.cast(kept, like.dtype)


def _flat(pairs: Any) -> Any:
    """The last two axes as one."""
    tags = pairs.shape[-1]
    batch, steps = keras.ops.shape(pairs)[:2]
    return keras.ops.reshape(pairs, (batch, steps, tags * tags))


def _pairs(p: Potentials) -> Any:
    """What a tag at each step scores behind each other: `(batch_size, steps, from, to)`."""
    return keras.ops.expand_dims(p.transitions, 1) + keras.ops.expand_dims(
        p.emissions, 2
    )


def _next(p: Potentials) -> tuple[Any, Any]:
    """The pairs of the next step, and whether that counts; behind the last none does."""
    pairs = _pairs(p)
    off = keras.ops.zeros_like(p.kept[:, :1])
    return (
        keras.ops.concatenate([pairs[:, 1:], pairs[:, :1]], axis=1),
        keras.ops.concatenate([p.kept[:, 1:], off], axis=1),
    )


def _forward(p: Potentials, step: Step) -> Any:
    """The sum or maximum over the paths up to each step, by their tag there."""
    # The first step needs no loop; it is the state that the loop starts from.
    off = keras.ops.zeros_like(p.kept[:, :1])
    kept = keras.ops.concatenate([off, p.kept[:, 1:]], axis=1)
    return _run(step, [_flat(_pairs(p))], kept, p.start + p.emissions[:, 0])


def _backwards(step: Step, inputs: list[Any], kept: Any, state: Any) -> Any:
    """The states of a loop that starts at the last step, in the order of the steps."""
    turned = [keras.ops.flip(each, axis=1) for each in inputs]
    return keras.ops.flip(_run(step, turned, keras.ops.flip(kept, axis=1), state), 1)


def _run(step: Step, inputs: list[Any], kept: Any, state: Any) -> Any:
    """The state after each step, `(batch_size, steps, tags)`."""
    flags = keras.ops.expand_dims(_float(kept, state), -1)
    return every_state(step, [flags, *inputs], state)


def _sum(state: Any, inputs: Any) -> Any:
    """Adds up the paths by their next tag."""
    kept, pairs = inputs
    longer = keras.ops.logsumexp(_longer(state, pairs), axis=1)
    return keras.ops.where(kept > 0.5, longer, state)


def _max(state: Any, inputs: Any) -> Any:
    """Takes the best of the paths by their next tag."""
    kept, pairs = inputs
    paths = _longer(state, pairs)
    # `keras.ops.max` is no part of a graph of torch.compile (Keras 3.15.1).
    places = keras.ops.expand_dims(keras.ops.argmax(paths, axis=1), 1)
    best = keras.ops.squeeze(keras.ops.take_along_axis(paths, places, axis=1), 1)
    return keras.ops.where(kept > 0.5, best, state)


def _longer(state: Any, pairs: Any) -> Any:
    """The paths with one more tag: `(batch_size, from, to)`."""
    return keras.ops.expand_dims(state, 2) + _square(pairs, state)


def _square(pairs: Any, state: Any) -> Any:
    tags = state.shape[-1]
    return keras.ops.reshape(pairs, (-1, tags, tags))


def _back(state: Any, inputs: Any) -> Any:
    """Goes back a step on the best path; the state marks the tag that comes next."""
    kept, best, pairs = inputs
    following = keras.ops.expand_dims(state, 1)
    chosen = keras.ops.sum(_square(pairs, state) * following, axis=2)
    return keras.ops.where(kept > 0.5, _first_best(best + chosen), state)


def _first_best(scores: Any) -> Any:
    """Marks the first of the highest scores: `(batch_size, tags)` of zeros and a one."""
    best = keras.ops.argmax(scores, axis=-1)
    return keras.ops.one_hot(best, scores.shape[-1], dtype=scores.dtype)
