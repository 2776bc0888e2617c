"""Cases: attention with rotary positions, and pooling by attention."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from multibackend.inputs import array, normal
from multibackend.parity.cases.case import arguments, case
from multibackend.parity.cases.declared._variants import variant

Array = npt.NDArray[Any]
Weights = Mapping[str, Array]


def _affine(x: Array, weights: Weights, name: str) -> Array:
    return x @ weights[f"{name}_kernel"] + weights.get(f"{name}_bias", 0.0)


def _turn(x: Array, place: int, *, interleaved: bool) -> Array:
    """One head's vector as complex numbers, each times `exp(i place w)`."""
    half = len(x) // 2
    turns = np.exp(1j * place * 10000.0 ** (-np.arange(half) / half))
    if interleaved:
        z = (x[0::2] + 1j * x[1::2]) * turns
        return np.ravel(np.column_stack([z.real, z.imag]))
    z = (x[:half] + 1j * x[half:]) * turns
    return np.concatenate([z.real, z.imag])


def _mean(query: Array, keys: list[Array], values: list[Array]) -> Array:
    """One query's mean of the values that it sees."""
    shares = [np.exp(query @ key / np.sqrt(len(query))) for key in keys]
    total = sum(shares)
    parts = [share / total * v for share, v in zip(shares, values, strict=True)]
    return np.sum(parts, axis=0)


def attention(
    heads: int,
    groups: int,
    *,
    causal: bool = False,
    interleaved: bool = False,
) -> Callable[..., Any]:
    """The formula of a layer: one row, one head and one query at a time."""

    def reference(
        x: Array,
        *,
        weights: Weights,
        mask: Array | None = None,
        cache: Mapping[str, Array] | None = None,
        position: int = 0,
    ) -> Any:
        batch, steps, _ = x.shape
        query, key, value = (_affine(x, weights, n) for n in ("query", "key", "value"))
        size = query.shape[-1] // heads
        length = steps if cache is None else cache["keys"].shape[1]
        first = position if cache is None else 0  # the position of the first key
        keys = np.zeros((batch, length, groups, size))
        values, seen = np.zeros_like(keys), np.zeros((batch, length), bool)
        if cache is not None:
            keys[:], values[:], seen[:] = cache["keys"], cache["values"], cache["mask"]
        for row in range(batch):
            for step in range(steps):
                place = position + step
                for group in range(groups):
                    cut = slice(group * size, (group + 1) * size)
                    keys[row, place - first, group] = _turn(
                        key[row, step, cut], place, interleaved=interleaved
                    )
                    values[row, place - first, group] = value[row, step, cut]
                seen[row, place - first] = mask is None or mask[row, step]
                keys[row, place - first] *= seen[row, place - first]
                values[row, place - first] *= seen[row, place - first]
        outputs = np.zeros((batch, steps, heads * size))
        for row in range(batch):
            for step in range(steps):
                place = position + step
                visible = [
                    s
                    for s in range(length)
                    if seen[row, s] and (not causal or first + s <= place)
                ]
                for head in range(heads if visible else 0):
                    cut = slice(head * size, (head + 1) * size)
                    turned = _turn(
                        query[row, step, cut], place, interleaved=interleaved
                    )
                    group = head // (heads // groups)
                    outputs[row, step, cut] = _mean(
                        turned,
                        [keys[row, s, group] for s in visible],
                        [values[row, s, group] for s in visible],
                    )
        outputs = _affine(outputs, weights, "output")
        if cache is None:
            return outputs
        return outputs, {"keys": keys, "mask": seen, "values": values}

    return reference


def _steps_of_two_rows(first: int, second: int) -> Array:
    """A mask `(2, 5)` that keeps the first steps."""
    return array(np.arange(5)[None] < np.array([[first], [second]]))


def _cache(written: int) -> dict[str, Array]:
    """A cache `(2, 7, 2, 4)` of a few written places, the first of one row padded."""
    places = np.arange(7) < written
    seen = np.stack([places, places & (np.arange(7) > 0)])
    wide = places[None, :, None, None]
    return {
        "keys": array(normal(2, 7, 2, 4) * wide),
        "mask": array(seen),
        "values": array(normal(2, 7, 2, 4) * wide),
    }


def _no_attention() -> Mapping[str, Any]:
    from multibackend.layers import RotaryAttention

    x = normal(2, 5, 16)
    cache = _cache(2)

    def short() -> Any:
        layer = RotaryAttention(4, num_key_value_heads=2, causal=True)
        layer.build((2, 5, 16))
        return layer(x, cache=layer.empty_cache(2, 4))

    return {
        "other width": normal(2, 5, 8),
        "two axes": normal(2, 16),
        "no heads": lambda: RotaryAttention(0),
        "heads that do not divide": lambda: RotaryAttention(4, num_key_value_heads=3),
        "odd head": lambda: RotaryAttention(4, 5),
        "odd share of the width": lambda: RotaryAttention(4)(normal(2, 5, 12)),
        "no share of the width": lambda: RotaryAttention(4)(normal(2, 5, 18)),
        "mask of keys and queries": arguments(x, mask=array(np.ones((2, 5, 5), bool))),
        "mask of other steps": arguments(x, mask=array(np.ones((2, 4), bool))),
        "cache of other heads": arguments(
            x,
            cache={
                "keys": cache["keys"][:, :, :1],
                "mask": cache["mask"],
                "values": cache["values"][:, :, :1],
            },
        ),
        "cache without a mask": arguments(
            x, cache={"keys": cache["keys"], "values": cache["values"]}
        ),
        "cache of other rows": arguments(
            x, cache={name: held[:1] for name, held in cache.items()}
        ),
        "cache that is a tuple": arguments(x, cache=tuple(cache.values())),
        "cache that is full": arguments(x, cache=cache, position=3),
        "place that is full": arguments(
            x, cache=cache, position=array(np.array(3, "int32"))
        ),
        "place before the first": arguments(x, cache=cache, position=-1),
        "cache that is too short": short,
        "positions by row": arguments(x, position=array(np.array([0, 1], "int32"))),
        "fractional position": arguments(x, position=0.5),
        "cache without order": lambda: RotaryAttention(4, num_key_value_heads=2)(
            x, cache=cache
        ),
        "cache before weights": lambda: RotaryAttention(4).empty_cache(2, 4),
    }


@case(reference=attention(4, 4))
def rotary_attention() -> Any:
    from multibackend.layers import RotaryAttention

    return RotaryAttention(4), normal(2, 5, 16)


@variant(reference=attention(4, 2, causal=True), bad=_no_attention)
def rotary_attention_causal_groups() -> Any:
    from multibackend.layers import RotaryAttention

    return RotaryAttention(4, num_key_value_heads=2, causal=True), normal(2, 5, 16)


@variant(reference=attention(4, 1, interleaved=True))
def rotary_attention_padded() -> Any:
    from multibackend.layers import RotaryAttention

    layer = RotaryAttention(
        4, 6, num_key_value_heads=1, interleaved=True, use_bias=False
    )
    return layer, arguments(normal(2, 5, 16), mask=_steps_of_two_rows(5, 2))


@variant(reference=attention(4, 2))
def rotary_attention_with_an_empty_row() -> Any:
    from multibackend.layers import RotaryAttention

    layer = RotaryAttention(4, num_key_value_heads=2)
    return layer, arguments(normal(2, 5, 16), mask=_steps_of_two_rows(3, 0))


@variant(reference=attention(4, 2, causal=True))
def rotary_attention_causal_left_padded() -> Any:
    from multibackend.layers import RotaryAttention

    layer = RotaryAttention(4, num_key_value_heads=2, causal=True)
    mask = _steps_of_two_rows(5, 2)[:, ::-1]
    return layer, arguments(normal(2, 5, 16), mask=array(mask), position=3)


@variant(reference=attention(4, 2, causal=True))
def rotary_attention_cache_step() -> Any:
    from multibackend.layers import RotaryAttention

    layer = RotaryAttention(4, num_key_value_heads=2, causal=True)
    return layer, arguments(normal(2, 1, 16), cache=_cache(3), position=3)


@variant(reference=attention(4, 2, causal=True))
def rotary_attention_cache_steps_padded() -> Any:
    from multibackend.layers import RotaryAttention

    layer = RotaryAttention(4, num_key_value_heads=2, causal=True)
    mask = array(np.array([[True, True, True], [True, False, True]]))
    return layer, arguments(normal(2, 3, 16), mask=mask, cache=_cache(3), position=3)


@variant(reference=attention(2, 2, causal=True))
def rotary_attention_single() -> Any:
    from multibackend.layers import RotaryAttention

    return RotaryAttention(2, causal=True), normal(1, 1, 8)


def pooling(queries: int, heads: int) -> Callable[..., Array]:
    """The formula of a layer: keys and values of every step, one query at a time."""

    def reference(x: Array, *, weights: Weights, mask: Array | None = None) -> Array:
        key = x @ weights["key_kernel"]
        value = _affine(x, weights, "value")
        size = key.shape[-1] // heads
        pooled = np.zeros((len(x), queries, heads * size))
        for row in range(len(x)):
            kept = [s for s in range(x.shape[1]) if mask is None or mask[row, s]]
            for query in range(queries if kept else 0):
                for head in range(heads):
                    cut = slice(head * size, (head + 1) * size)
                    pooled[row, query, cut] = _mean(
                        weights["queries"][query, head],
                        [key[row, s, cut] for s in kept],
                        [value[row, s, cut] for s in kept],
                    )
        return _affine(pooled, weights, "output")

    return reference


def _no_pooling() -> Mapping[str, Any]:
    from multibackend.layers import AttentionPooling

    return {
        "other width": normal(2, 5, 8),
        "two axes": normal(2, 16),
        "mask of other steps": arguments(
            normal(2, 5, 16), mask=array(np.ones((2, 4), bool))
        ),
        "no queries": lambda: AttentionPooling(0),
        "no heads": lambda: AttentionPooling(1, 0),
        "no head": lambda: AttentionPooling(1, 2, 0),
        "no share of the width": lambda: AttentionPooling(1, 3)(normal(2, 5, 16)),
        "unknown width": lambda: AttentionPooling().build((None, None, None)),
    }


@case(reference=pooling(1, 1), bad=_no_pooling)
def attention_pooling() -> Any:
    from multibackend.layers import AttentionPooling

    return AttentionPooling(), normal(2, 5, 16)


@variant(reference=pooling(3, 4))
def attention_pooling_queries_and_heads() -> Any:
    from multibackend.layers import AttentionPooling

    layer = AttentionPooling(3, 4, 6, use_bias=False)
    return layer, arguments(normal(2, 5, 16), mask=_steps_of_two_rows(5, 2))


@variant(reference=pooling(2, 2))
def attention_pooling_with_an_empty_row() -> Any:
    from multibackend.layers import AttentionPooling

    layer = AttentionPooling(2, 2)
    return layer, arguments(normal(2, 5, 16), mask=_steps_of_two_rows(3, 0))


@variant(reference=pooling(2, 2))
def attention_pooling_of_one_step() -> Any:
    from multibackend.layers import AttentionPooling

    return AttentionPooling(2, 2), normal(1, 1, 8)
