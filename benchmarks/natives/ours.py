"""The steps of this library and of Keras, which are the same text on every backend."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras

from multibackend import autodiff, jit
from multibackend.training import wrap
from natives.running import Makers, Run, fitted, repeated
from natives.tasks import Task

__all__ = ["contenders"]


def contenders(task: Task, x: Any, y: Any, *, slow: bool) -> Makers:
    """What is compared with the native steps.

    Args:
        task: What is trained.
        x: A batch of inputs, NumPy.
        y: Its targets, NumPy.
        slow: Whether to take what needs minutes too.
    """
    found: Makers = {}
    if keras.config.backend() == "torch":
        for name, optimize in (("replay", "never"), ("fused", "first")):
            made = functools.partial(_step, task, x, y, optimize)
            found[f"our step, {name}"] = made
        found["our fit, fused"] = lambda: fitted(wrap(_compiled(task)), x, y)
    else:
        found["our step"] = lambda: _step(task, x, y, None)
        found["our fit"] = lambda: fitted(wrap(_compiled(task)), x, y)
    found["our gradient"] = lambda: _gradient(task, x, y)
    found["Keras fit"] = lambda: fitted(_compiled(task), x, y)
    found["Keras train_on_batch"] = lambda: _on_batch(_compiled(task), x, y)
    if slow:
        found["Keras fit, jit_compile"] = lambda: fitted(
            _compiled(task, jit=True), x, y
        )
    return found


def _compiled(task: Task, *, jit: bool | str = "auto") -> Any:
    model = task.model()
    model.compile(task.optimizer(), task.loss(), jit_compile=jit)
    return model


def _step(task: Task, x: Any, y: Any, optimize: str | None) -> Run:
    model, loss, optimizer = task.model(), task.loss(), task.optimizer()
    weights = model.trainable_variables
    optimizer.build(weights)

    @jit(optimize=optimize, strict=True)
    def step(x: Any, y: Any) -> Any:
        def loss_of() -> Any:
            return loss(y, model(x, training=True))

        value, grads = autodiff.value_and_grad(loss_of, variables=weights)()
        optimizer.apply(grads, weights)
        return value

    return _on(step, x, y)


def _gradient(task: Task, x: Any, y: Any) -> Run:
    model, loss = task.model(), task.loss()
    weights = model.trainable_variables

    @jit(optimize="first", strict=True)
    def gradient(x: Any, y: Any) -> Any:
        def loss_of() -> Any:
            return loss(y, model(x, training=True))

        return autodiff.value_and_grad(loss_of, variables=weights)()

    return _on(lambda x, y: gradient(x, y)[0], x, y)


def _on(step: Callable[..., Any], x: Any, y: Any) -> Run:
    x, y = keras.ops.convert_to_tensor(x), keras.ops.convert_to_tensor(y)
    return repeated(lambda: step(x, y))


def _on_batch(model: Any, x: Any, y: Any) -> Run:
    return repeated(lambda: model.train_on_batch(x, y))
