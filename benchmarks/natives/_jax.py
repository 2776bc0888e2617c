"""JAX: pure functions over lists of weights; under one `jax.jit`, with state given away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import keras
from jax import lax
from jax import numpy as jnp

from natives.running import Makers, Run, repeated
from natives.tasks import LAYERS, Task

__all__ = ["contenders"]


def contenders(task: Task, x: Any, y: Any) -> Makers:
    """The native steps, each with the weights of the Keras model."""
    found: Makers = {
        "native compiled": lambda: _step(task, x, y, compiled=True),
        "native gradient": lambda: _gradient(task, x, y),
    }
    # A scan outside of `jax.jit` is compiled anew in each step.
    if task.name != "lstm":
        found["native eager"] = lambda: _step(task, x, y, compiled=False)
    return found


def _dense(x: Any, weights: Iterator[Any]) -> Any:
    return x @ next(weights) + next(weights)


def _norm(x: Any, weights: Iterator[Any], axis: int) -> tuple[Any, Any, Any]:
    mean = jnp.mean(x, axis, keepdims=True)
    variance = jnp.var(x, axis, keepdims=True)
    scaled = (x - mean) * lax.rsqrt(variance + 1e-3)
    return scaled * next(weights) + next(weights), mean, variance


def _linear(weights: Iterator[Any], stats: Any, x: Any) -> tuple[Any, Any]:
    return _dense(x, weights), stats


def _mlp(weights: Iterator[Any], stats: Any, x: Any) -> tuple[Any, Any]:
    x = jax.nn.relu(_dense(x, weights))
    x, *fresh = _norm(x, weights, 0)
    stats = [0.99 * old + 0.01 * new[0] for old, new in zip(stats, fresh, strict=True)]
    return _dense(x, weights), stats


def _cnn(weights: Iterator[Any], stats: Any, x: Any) -> tuple[Any, Any]:
    for _ in range(2):
        kernel, bias = next(weights), next(weights)
        layout = ("NHWC", "HWIO", "NHWC")
        x = lax.conv_general_dilated(
            x, kernel, (1, 1), "SAME", dimension_numbers=layout
        )
        x = jax.nn.relu(x + bias)
        window = (1, 2, 2, 1)
        x = lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")
    return _dense(jnp.mean(x, (1, 2)), weights), stats


def _attention(x: Any, weights: Iterator[Any]) -> Any:
    q, k, v = (
        jnp.einsum("bsw,whf->bshf", x, next(weights)) + next(weights) for _ in "qkv"
    )
    x = jax.nn.dot_product_attention(q, k, v, is_causal=True)
    return jnp.einsum("bshf,hfw->bsw", x, next(weights)) + next(weights)


def _transformer(weights: Iterator[Any], stats: Any, x: Any) -> tuple[Any, Any]:
    x = next(weights)[x] + next(weights)
    for _ in range(LAYERS):
        x = x + _attention(_norm(x, weights, -1)[0], weights)
        inner = jax.nn.relu(_dense(_norm(x, weights, -1)[0], weights))
        x = x + _dense(inner, weights)
    return _dense(_norm(x, weights, -1)[0], weights), stats


def _lstm(weights: Iterator[Any], stats: Any, x: Any) -> tuple[Any, Any]:
    kernel, inner, bias = (next(weights) for _ in range(3))
    parts = x @ kernel + bias  # (batch, steps, 4 * units)

    def cell(carry: Any, part: Any) -> Any:
        hidden, memory = carry
        i, f, c, o = jnp.split(part + hidden @ inner, 4, -1)
        memory = jax.nn.sigmoid(f) * memory + jax.nn.sigmoid(i) * jnp.tanh(c)
        return (jax.nn.sigmoid(o) * jnp.tanh(memory), memory), None

    zeros = jnp.zeros((len(x), inner.shape[0]))
    (hidden, _), _ = lax.scan(cell, (zeros, zeros), jnp.swapaxes(parts, 0, 1))
    return _dense(hidden, weights), stats


_FORWARD = {
    "linear": _linear,
    "mlp": _mlp,
    "cnn": _cnn,
    "transformer": _transformer,
    "lstm": _lstm,
}


def _loss_of(task: Task) -> Callable[..., Any]:
    def loss(weights: list[Any], stats: Any, x: Any, y: Any) -> tuple[Any, Any]:
        outputs, stats = _FORWARD[task.name](iter(weights), stats, x)
        if not task.classes:
            return jnp.mean(jnp.square(outputs - y)), stats
        logs = jax.nn.log_softmax(outputs)
        return -jnp.mean(jnp.take_along_axis(logs, y[..., None], -1)), stats

    return loss


def _parts(task: Task) -> tuple[list[Any], list[Any]]:
    model = task.model()
    still = [v.value for v in model.non_trainable_variables if "moving" in v.path]
    return [v.value for v in model.trainable_variables], still


def _step(task: Task, x: Any, y: Any, *, compiled: bool) -> Run:
    weights, stats = _parts(task)
    state = [weights, stats]
    if task.adam:
        state += [jax.tree.map(jnp.zeros_like, weights) for _ in range(2)]
        state += [jnp.zeros(())]
    both = jax.value_and_grad(_loss_of(task), has_aux=True)

    def step(state: Any, x: Any, y: Any) -> Any:
        weights, stats, *slots = state
        (loss, stats), grads = both(weights, stats, x, y)
        if task.adam:
            weights, slots = _adam(task.rate, weights, grads, *slots)
        else:
            weights = [w - task.rate * g for w, g in zip(weights, grads, strict=True)]
        return [weights, stats, *slots], loss

    taken = jax.jit(step, donate_argnums=0) if compiled else step
    x, y = jnp.asarray(x), jnp.asarray(y)

    def once() -> Any:
        nonlocal state
        state, loss = taken(state, x, y)
        return loss

    return repeated(once)


def _adam(
    rate: float, weights: Any, grads: Any, first: Any, second: Any, count: Any
) -> tuple[Any, Any]:
    """Keras' formula."""
    count = count + 1
    first = [m + (g - m) * 0.1 for m, g in zip(first, grads, strict=True)]
    second = [v + (g * g - v) * 0.001 for v, g in zip(second, grads, strict=True)]
    alpha = rate * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    weights = [
        w - alpha * m / (jnp.sqrt(v) + 1e-7)
        for w, m, v in zip(weights, first, second, strict=True)
    ]
    return weights, [first, second, count]


def _gradient(task: Task, x: Any, y: Any) -> Run:
    """Of the Keras model, by JAX alone: what differs is who differentiates."""
    model, loss_of = task.model(), task.loss()

    def loss(weights: Any, still: Any, x: Any, y: Any) -> tuple[Any, Any]:
        outputs, still = model.stateless_call(weights, still, x, training=True)
        return loss_of(y, outputs), still

    compiled = jax.jit(jax.value_and_grad(loss, has_aux=True))
    weights = [v.value for v in model.trainable_variables]
    x, y = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(y)
    still = [v.value for v in model.non_trainable_variables]

    def once() -> Any:
        nonlocal still
        (value, still), _ = compiled(weights, still, x, y)
        return value

    return repeated(once)
