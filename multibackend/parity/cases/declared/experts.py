"""Cases: `MixtureOfExperts`, token by token, with ties and with experts that are full."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import mask, normal
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)


def _experts(
    k: int,
    factor: str | None,
    activation: Callable[[Array], Array] = _relu,
    digits: int = 12,
) -> Callable[..., Array]:
    """The layer as a function: a loop over samples, choices and tokens.

    Args:
        k: How many experts each token goes to.
        factor: The capacity factor in decimals, or `None` for room for all.
        activation: That of the hidden layer.
        digits: Probabilities that agree in so many decimals are a tie.
    """

    def expert(x: Array, which: int, weights: Weights) -> Array:
        hidden = x @ weights["hidden_kernel"][which] + weights["hidden_bias"][which, 0]
        outputs = activation(hidden) @ weights["output_kernel"][which]
        return outputs + weights["output_bias"][which, 0]

    def one(tokens: Array, counted: Array, weights: Weights) -> Array:
        logits = tokens @ weights["router"]
        odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
        shares = odds / odds.sum(axis=-1, keepdims=True)  # (tokens, experts)
        count = shares.shape[-1]
        order = [
            sorted(range(count), key=lambda e, row=row: (-round(row[e], digits), e))[:k]
            for row in shares
        ]
        room = (
            len(tokens)
            if factor is None
            else ceil(Fraction(factor) * k * len(tokens) / count)
        )
        taken = [0] * count
        outputs = np.zeros_like(tokens, dtype=np.float64)
        for choice in range(k):
            for place, token in enumerate(tokens):
                which = order[place][choice]
                if not counted[place] or taken[which] >= room:
                    continue
                taken[which] += 1
                gate = shares[place, which]
                if k > 1:
                    gate = gate / sum(shares[place, e] for e in order[place])
                outputs[place] += gate * expert(token, which, weights)
        return outputs

    def layer(x: Array, mask: Array | None = None, *, weights: Weights) -> Array:
        found = np.empty_like(x, dtype=np.float64)
        for row, sample in enumerate(x):
            tokens = sample.reshape(-1, sample.shape[-1])
            counted = np.ones(len(tokens), bool) if mask is None else mask[row]
            found[row] = one(tokens, counted, weights).reshape(sample.shape)
        return found

    return layer


#: Where tokens of zeros tie, differences are taken with the tie.
SURROGATES = {"mixture_of_experts_ties": _experts(2, "1.25", digits=6)}


def _chosen(probabilities: Array, k: int) -> Array:
    """Indices by a stable sort."""
    order = np.argsort(-probabilities, axis=-1, kind="stable")[..., :k]
    return np.moveaxis(order, -1, 1)  # (groups, k, tokens)


def _no_mixtures() -> Mapping[str, Any]:
    """What `MixtureOfExperts(4, 8)` over 4 numbers refuses, and what cannot be made."""
    from multibackend.layers import MixtureOfExperts

    return {
        "other width": normal(2, 6, 5),
        "two axes": normal(6, 4),
        "mask of another length": arguments(normal(2, 6, 4), mask=mask(2, 5)),
        "more choices than experts": lambda: MixtureOfExperts(2, 8, k=3),
        "no choices": lambda: MixtureOfExperts(2, 8, k=0),
        "no experts": lambda: MixtureOfExperts(0, 8),
        "no hidden units": lambda: MixtureOfExperts(2, 0),
        "no room": lambda: MixtureOfExperts(2, 8, capacity_factor=0.0),
        "negative weight": lambda: MixtureOfExperts(2, 8, balance_weight=-1.0),
        "unknown width": lambda: MixtureOfExperts(2, 8).build((None, None, None)),
    }


@case(reference=_experts(2, "1.25"), bad=_no_mixtures)
def mixture_of_experts() -> Any:
    from multibackend.layers import MixtureOfExperts

    return MixtureOfExperts(4, 8), normal(2, 6, 4)


@variant(reference=_experts(1, "0.5"))
def mixture_of_experts_overflowing() -> Any:
    from multibackend.layers import MixtureOfExperts

    # One place an expert for six tokens.
    return MixtureOfExperts(4, 8, k=1, capacity_factor=0.5), normal(2, 6, 4)


@variant(reference=_experts(2, "0.5", np.tanh))
def mixture_of_experts_overflowing_twice() -> Any:
    from multibackend.layers import MixtureOfExperts

    layer = MixtureOfExperts(4, 8, capacity_factor=0.5, activation="tanh")
    return layer, normal(2, 6, 4)


@variant(reference=_experts(2, "1.25"))
def mixture_of_experts_masked() -> Any:
    from multibackend.layers import MixtureOfExperts

    x = normal(2, 6, 4)
    return MixtureOfExperts(4, 8), arguments(x, mask=mask(2, 6))


@variant(reference=_experts(2, "1.25"))
def mixture_of_experts_ties() -> Any:
    from multibackend.layers import MixtureOfExperts

    x = normal(2, 6, 4)
    x[0, [0, 2, 3, 5]] = 0  # all experts are equally likely: the first two are taken
    x[1, 1:4] = 0
    return MixtureOfExperts(4, 8), x


@variant(reference=_experts(3, None, np.tanh))
def mixture_of_experts_all_with_room() -> Any:
    from multibackend.layers import MixtureOfExperts

    layer = MixtureOfExperts(3, 8, k=3, capacity_factor=None, activation="tanh")
    return layer, normal(1, 1, 4)


@variant(reference=_experts(1, "1.1"))
def mixture_of_experts_images() -> Any:
    from multibackend.layers import MixtureOfExperts

    layer = MixtureOfExperts(2, 8, k=1, capacity_factor=1.1, balance_weight=0.0)
    return layer, normal(2, 2, 5, 4)


@case(reference=_chosen)
def experts_of_equal_probabilities() -> Any:
    from multibackend.layers._routing import chosen_experts

    rows = [[0.25, 0.25, 0.25, 0.25], [0.5, 0.0, 0.5, 0.0], [0.0, 0.0, 0.0, 1.0]]
    return chosen_experts, arguments(np.array([rows], "float32"), k=3)


@case
def mixture_of_experts_in_a_model() -> Any:
    import keras

    from multibackend.layers import MixtureOfExperts

    inputs = keras.Input((6, 4))
    mixed = MixtureOfExperts(4, 8, balance_weight=0.1)(inputs)
    outputs = keras.layers.Dense(2)(inputs + mixed)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(0.1), loss=keras.losses.MeanSquaredError())
    return model, (normal(8, 6, 4), normal(8, 6, 2))
