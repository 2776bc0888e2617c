"""The loop over epochs and batches, with Keras' callbacks; and `fit_loop`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from multibackend.training.batches import Batches, batches_of, limited

__all__ = ["fit_loop", "run"]


def run(
    step: Callable[[Sequence[Any]], dict[str, Any]],
    batches: Batches,
    callbacks: Any,
    *,
    epochs: range,
    end: Callable[[int, dict[str, Any]], dict[str, Any]],
    begin: Callable[[], Any],
    stopped: Callable[[], bool],
    steps_per_epoch: int | None = None,
    together: int = 1,
) -> None:
    """Trains.

    Args:
        step: Takes a group of batches and returns logs, which may still be computed.
        batches: Where they come from.
        callbacks: A `keras.callbacks.CallbackList`.
        epochs: Which ones.
        end: Called at the end of an epoch with the last step's logs; returns its own.
        begin: Called at the start of an epoch.
        stopped: Whether somebody asked to stop.
        steps_per_epoch: At most so many steps an epoch.
        together: How many batches make a group.
    """
    callbacks.on_train_begin()
    told = _told(callbacks.callbacks)
    logs: dict[str, Any] = {}
    for epoch in epochs:
        begin()
        callbacks.on_epoch_begin(epoch)
        count, step_logs = 0, dict[str, Any]()
        for group in grouped(limited(batches.epoch(epoch), steps_per_epoch), together):
            if told:
                callbacks.on_train_batch_begin(count)
            step_logs = step(group)
            count += len(group)
            if told:
                callbacks.on_train_batch_end(count - 1, step_logs)
            if stopped():
                break
        if not count:
            message = (
                f"Expected at least one batch in epoch {epoch}, received none. A "
                "generator that has ended gives no more: give `steps_per_epoch`."
            )
            raise ValueError(message)
        logs = end(epoch, step_logs)
        callbacks.on_epoch_end(epoch, logs)
        if stopped():
            break
    callbacks.on_train_end(logs)


def _told(callbacks: Iterable[Any]) -> bool:
    """Whether a callback does anything at a batch; asking all each time is slow."""
    names = ("batch_begin", "batch_end", "train_batch_begin", "train_batch_end")
    return any(
        getattr(getattr(callback, f"on_{name}"), "__func__", None)
        is not getattr(keras.callbacks.Callback, f"on_{name}")
        for callback in callbacks
        for name in names
    )


def grouped(batches: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """So many batches at a time; the last group may have fewer."""
    while group := list(itertools.islice(batches, size)):
        yield group


def fit_loop(
    step: Callable[..., Any],
    data: Any,
    *,
    epochs: int = 1,
    batch_size: int | None = None,
    shuffle: bool | int = False,
    steps_per_epoch: int | None = None,
    initial_epoch: int = 0,
    callbacks: Iterable[Any] = (),
    verbose: int | str = 0,
    model: Any = None,
) -> Any:
    """Calls a step on every batch, with history, progress and Keras' callbacks.

    Args:
        step: Called with the parts of a batch, `step(x, y)`; returns a loss, or named
            numbers. Compile it with `multibackend.jit`.
        data: Arrays, as `x` or a tuple `(x, y)`; or a `keras.utils.PyDataset`, a
            `tf.data.Dataset`, a loader of PyTorch or Grain, or any iterable of batches.
        epochs: At which epoch to end.
        batch_size: Rows of a batch of arrays, 32 by default.
        shuffle: Whether arrays come in a new order each epoch; an integer is its seed.
        steps_per_epoch: At most so many steps an epoch.
        initial_epoch: At which epoch to start.
        callbacks: Keras callbacks.
        verbose: 0 shows nothing, 1 a progress bar, 2 a line an epoch.
        model: The model that callbacks are told of, where they need one.

    Returns:
        A `keras.callbacks.History`: the mean over the rows of an epoch of each number.

    Raises:
        ValueError: There is no batch, or arrays of different lengths.

    Example:
    >>> import keras, numpy as np
    >>> from multibackend import jit
    >>> seen = keras.Variable(0.0)
    >>> @jit
    ... def step(x):
    ...     seen.assign_add(keras.ops.sum(x))
    ...     return keras.ops.mean(x)
    >>> history = fit_loop(step, np.arange(6, dtype="float32"), batch_size=4, epochs=2)
    >>> history.history["loss"], float(seen.numpy())
    ([2.5, 2.5], 30.0)
    """
    parts = data if isinstance(data, tuple) else (data,)
    batches = batches_of(*parts, batch_size=batch_size, shuffle=shuffle)
    owner = model if model is not None else _Nobody()
    history = keras.callbacks.History()
    listed = keras.callbacks.CallbackList(
        [*callbacks, history],
        add_progbar=verbose not in {0},
        verbose=1 if verbose == "auto" else verbose,
        epochs=epochs,
        steps=steps_per_epoch or batches.steps,
        model=owner,
    )
    told: list[tuple[int, dict[str, Any]]] = []

    def group_step(group: Sequence[Any]) -> dict[str, Any]:
        (batch,) = group
        logs = _named(step(*batch))
        told.append((_rows(batch), logs))
        return logs

    owner.stop_training = False
    run(
        group_step,
        batches,
        listed,
        epochs=range(initial_epoch, epochs),
        begin=told.clear,
        end=lambda epoch, logs: _means(told),  # noqa: ARG005 - of all steps
        stopped=lambda: owner.stop_training,
        steps_per_epoch=steps_per_epoch,
    )
    return history


class _Nobody:
    """Stands where a callback expects a model."""

    stop_training = False
    optimizer: Any = None
    history: Any = None


def _named(returned: Any) -> dict[str, Any]:
    return dict(returned) if isinstance(returned, dict) else {"loss": returned}


def _rows(batch: Any) -> int:
    return next(len(leaf) for leaf in keras.tree.flatten(batch) if leaf is not None)


def _means(told: list[tuple[int, dict[str, Any]]]) -> dict[str, Any]:
    """The mean of every number, weighted by rows; what is computed is waited for here."""
    rows = np.array([count for count, _ in told], "float64")
    return {
        name: float(
            np.average([float(_number(logs[name])) for _, logs in told], weights=rows)
        )
        for name in told[0][1]
    }


def _number(value: Any) -> Any:
    return keras.ops.convert_to_numpy(value)
