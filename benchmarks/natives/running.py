"""What runs some steps and tells how long one took; made of a step or of a model."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

__all__ = ["Makers", "Run", "fitted", "repeated"]

#: Takes so many steps; returns the last loss and the seconds of a step.
Run = Callable[[int], tuple[float, float]]
#: By name, what makes the model and all that goes with it.
Makers = dict[str, Callable[[], Run]]


def repeated(step: Callable[[], Any]) -> Run:
    """Of a step that returns its loss, which may still be computed."""

    def run(count: int) -> tuple[float, float]:
        begin = time.perf_counter()
        for _ in range(count):
            loss = step()
        # The last loss is there when all is done.
        return float(loss), (time.perf_counter() - begin) / count

    return run


def fitted(model: Any, x: Any, y: Any) -> Run:
    """Of `fit`: what is timed is a later epoch, for a fit has many."""

    @functools.cache
    def rows(count: int) -> tuple[Any, Any]:
        return np.concatenate([x] * count), np.concatenate([y] * count)

    def run(count: int) -> tuple[float, float]:
        stamps: list[float] = []
        watch = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda *_: stamps.append(time.perf_counter())
        )
        begin = time.perf_counter()
        # A single step stays one: it tells the loss, and the time to the first.
        epochs = 1 if count == 1 else 2
        history = model.fit(
            *rows(count), batch_size=len(x), epochs=epochs, verbose=0, callbacks=[watch]
        )
        begin, end = [begin, *stamps][-2:]
        return float(history.history["loss"][-1]), (end - begin) / count

    return run
