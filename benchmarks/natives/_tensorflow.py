"""TensorFlow: functions over variables; in one `tf.function`, by XLA and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from natives.running import Makers, Run, repeated
from natives.tasks import HEADS, LAYERS, WIDTH, Task

__all__ = ["contenders"]


def contenders(task: Task, x: Any, y: Any) -> Makers:
    """The native steps, each with the weights of the Keras model."""
    return {
        "native compiled": lambda: _step(task, x, y, _compiled),
        "native graph": lambda: _step(task, x, y, tf.function(autograph=False)),
        "native eager": lambda: _step(task, x, y, lambda step: step),
        "native gradient": lambda: _gradient(task, x, y),
    }


def _compiled(step: Callable[..., Any]) -> Callable[..., Any]:
    return tf.function(step, jit_compile=True, autograph=False)


def _dense(x: Any, weights: Iterator[Any]) -> Any:
    kernel, bias = next(weights), next(weights)
    return tf.tensordot(x, kernel, [[-1], [0]]) + bias


def _norm(x: Any, weights: Iterator[Any], axis: int) -> tuple[Any, Any, Any]:
    mean, variance = tf.nn.moments(x, axis, keepdims=True)
    gamma, beta = next(weights), next(weights)
    return (
        tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-3),
        mean,
        variance,
    )


def _linear(weights: Iterator[Any], stats: Any, x: Any) -> Any:  # noqa: ARG001 - as the rest
    return _dense(x, weights)


def _mlp(weights: Iterator[Any], stats: Any, x: Any) -> Any:
    x = tf.nn.relu(_dense(x, weights))
    x, *fresh = _norm(x, weights, 0)
    for old, new in zip(stats, fresh, strict=True):
        old.assign_sub((old - new[0]) * 0.01)
    return _dense(x, weights)


def _cnn(weights: Iterator[Any], stats: Any, x: Any) -> Any:  # noqa: ARG001 - as the rest
    for _ in range(2):
        x = tf.nn.relu(tf.nn.conv2d(x, next(weights), 1, "SAME") + next(weights))
        x = tf.nn.max_pool2d(x, 2, 2, "VALID")
    return _dense(tf.reduce_mean(x, (1, 2)), weights)


def _attention(x: Any, weights: Iterator[Any]) -> Any:
    q, k, v = (
        tf.einsum("bsw,whf->bhsf", x, next(weights)) + next(weights)[:, None]
        for _ in "qkv"
    )
    scores = tf.matmul(q, k, transpose_b=True) * (WIDTH // HEADS) ** -0.5
    allowed = tf.linalg.band_part(tf.ones_like(scores[0, 0]), -1, 0)
    scores = tf.where(allowed > 0, scores, -1e9)
    x = tf.matmul(tf.nn.softmax(scores), v)
    return tf.einsum("bhsf,hfw->bsw", x, next(weights)) + next(weights)


def _transformer(weights: Iterator[Any], stats: Any, x: Any) -> Any:  # noqa: ARG001 - as the rest
    x = tf.gather(next(weights), x) + next(weights)
    for _ in range(LAYERS):
        x = x + _attention(_norm(x, weights, -1)[0], weights)
        inner = tf.nn.relu(_dense(_norm(x, weights, -1)[0], weights))
        x = x + _dense(inner, weights)
    return _dense(_norm(x, weights, -1)[0], weights)


def _lstm(weights: Iterator[Any], stats: Any, x: Any) -> Any:  # noqa: ARG001 - as the rest
    kernel, inner, bias = (next(weights) for _ in range(3))
    parts = tf.tensordot(x, kernel, [[-1], [0]]) + bias  # (batch, steps, 4 * units)
    hidden = memory = tf.zeros((x.shape[0], inner.shape[0]))
    for part in tf.unstack(parts, axis=1):
        i, f, c, o = tf.split(part + hidden @ inner, 4, -1)
        memory = tf.sigmoid(f) * memory + tf.sigmoid(i) * tf.tanh(c)
        hidden = tf.sigmoid(o) * tf.tanh(memory)
    return _dense(hidden, weights)


_FORWARD = {
    "linear": _linear,
    "mlp": _mlp,
    "cnn": _cnn,
    "transformer": _transformer,
    "lstm": _lstm,
}


def _loss(task: Task, outputs: Any, y: Any) -> Any:
    if task.classes:
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(y, outputs)
        return tf.reduce_mean(each)
    return tf.reduce_mean(tf.square(outputs - y))


def _step(task: Task, x: Any, y: Any, compiled: Callable[..., Any]) -> Run:
    model = task.model()
    weights = [tf.Variable(v.numpy()) for v in model.trainable_variables]
    stats = [
        tf.Variable(v.numpy())
        for v in model.non_trainable_variables
        if "moving" in v.path
    ]
    slots = [[tf.Variable(tf.zeros_like(w)) for w in weights] for _ in range(2)]
    count = tf.Variable(0.0)

    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = _FORWARD[task.name](iter(weights), stats, x)
            loss = _loss(task, outputs, y)
        grads = [tf.convert_to_tensor(g) for g in tape.gradient(loss, weights)]
        if task.adam:
            _adam(task.rate, weights, grads, *slots, count)
        else:
            for weight, grad in zip(weights, grads, strict=True):
                weight.assign_sub(task.rate * grad)
        return loss

    return _on(compiled(step), x, y)


def _adam(
    rate: float, weights: Any, grads: Any, first: Any, second: Any, count: Any
) -> None:
    """Keras' formula, in place."""
    count.assign_add(1.0)
    power = count.read_value()
    alpha = rate * tf.sqrt(1 - 0.999**power) / (1 - 0.9**power)
    for w, g, m, v in zip(weights, grads, first, second, strict=True):
        m.assign_add((g - m) * 0.1)
        v.assign_add((g * g - v) * 0.001)
        w.assign_sub(alpha * m / (tf.sqrt(v) + 1e-7))


def _gradient(task: Task, x: Any, y: Any) -> Run:
    """Of the Keras model, by TensorFlow alone: what differs is who differentiates."""
    model, loss_of = task.model(), task.loss()
    weights = [v.value for v in model.trainable_variables]

    @_compiled
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        return loss, tape.gradient(loss, weights)

    return _on(lambda x, y: step(x, y)[0], x, y)


def _on(step: Callable[..., Any], x: Any, y: Any) -> Run:
    x, y = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(y)
    return repeated(lambda: step(x, y))
