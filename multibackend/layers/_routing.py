"""Routing of tokens to experts: who goes where, in which order, and who is left out."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import keras

from multibackend.layers._onehot import one_hot

__all__ = ["balance", "capacity", "chosen_experts", "places"]


def chosen_experts(probabilities: Any, k: int) -> Any:
    """The `k` likeliest experts of each token, the lowest first of equally likely ones.

    Args:
        probabilities: `(groups, tokens, experts)`.
        k: How many, at most as many as there are experts.

    Returns:
        Their indices, int32 of shape `(groups, k, tokens)`.
    """
    left = keras.ops.stop_gradient(probabilities)
    count = left.shape[-1]
    found: list[Any] = []
    for _ in range(k):
        # The first of the largest everywhere; `top_k` orders ties in its own way.
        best = keras.ops.cast(keras.ops.argmax(left, axis=-1), "int32")
        found.append(best)
        if len(found) < k:
            # Below every probability, so that it is not chosen again.
            left = left - 2.0 * one_hot(best, count, left.dtype)
    return keras.ops.stack(found, axis=1)


def places(choices: Any) -> Any:
    """The place of each choice in the queue of its expert, from 0 on.

    All first choices stand before all second ones, each in the order of the tokens.

    Args:
        choices: Zeros and ones, int32 of shape `(groups, k, tokens, experts)`; all
            zeros where a token is masked.

    Returns:
        int32 of shape `(groups, k, tokens)`, -1 where a token is masked.
    """
    shape = keras.ops.shape(choices)
    queue = keras.ops.reshape(choices, (shape[0], -1, shape[3]))
    ahead = keras.ops.cumsum(queue, axis=1)  # itself included
    place = keras.ops.sum(ahead * queue, axis=-1) - 1
    return keras.ops.cast(keras.ops.reshape(place, shape[:3]), "int32")


def capacity(tokens: Any, k: int, experts: int, factor: float | None) -> Any:
    """How many tokens of a group an expert takes: `ceil(factor * k * tokens / experts)`.

    Counted in whole numbers, as `1.1 * 10` is more than 11 in floating point. Never
    more than there are tokens.

    Args:
        tokens: The size of a group, an integer or a tensor.
        k: How many experts each token goes to.
        experts: How many there are.
        factor: How much room there is, to three decimals or so; `None` for all.
    """
    if factor is None:
        return tokens
    share = Fraction(factor).limit_denominator(1000)
    whole = experts * share.denominator
    room = (tokens * (k * share.numerator) + whole - 1) // whole
    if isinstance(tokens, int):
        return min(room, tokens)
    return keras.ops.minimum(room, tokens)


def balance(probabilities: Any, choices: Any, counted: Any) -> Any:
    """How uneven the experts are used: 1 where all get the same share.

    `experts * sum(share_of_choices * mean_probability)` over the experts.

    Args:
        probabilities: `(groups, tokens, experts)`.
        choices: Zeros and ones, `(groups, k, tokens, experts)`, zeros where masked.
        counted: Ones, zeros where masked, `(groups, tokens, 1)`; `None` for all ones.
    """
    dtype = probabilities.dtype
    chosen = keras.ops.cast(keras.ops.sum(choices, axis=(0, 1, 2)), dtype)
    of_all = keras.ops.sum(chosen)
    if counted is None:
        mean = keras.ops.mean(probabilities, axis=(0, 1))
    else:
        tokens = keras.ops.sum(counted)
        tokens = keras.ops.maximum(tokens, keras.ops.ones_like(tokens))
        mean = keras.ops.sum(probabilities * counted, axis=(0, 1)) / tokens
    share = chosen / keras.ops.maximum(of_all, keras.ops.ones_like(of_all))
    return probabilities.shape[-1] * keras.ops.sum(share * mean)
