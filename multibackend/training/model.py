"""`Model`: a Keras model whose step is written once and compiled whole."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from multibackend.training.batches import Batches, batches_of, limited
from multibackend.training.loop import grouped, run
from multibackend.training.steps import Steps
from multibackend.training.weighing import split, weighed

__all__ = ["Model"]


@keras.saving.register_keras_serializable(package="multibackend")
class Model(Steps):
    """A `keras.Model` whose steps mean the same, and are compiled, on every backend.

    Subclass it and write `train_step(self, data)` once, with `multibackend.autodiff` for
    gradients and `keras.ops` for the rest; or leave the steps as they are. `fit`,
    `evaluate` and `predict` are those of Keras in what they take and give back. Each step
    is compiled by `multibackend.jit`: `model.notes` says where one could not be.

    Call arguments, saving and everything else are those of `keras.Model`; it is made of
    inputs and outputs, or subclassed with a `call`.

    Example:
    >>> import keras, numpy as np
    >>> inputs = keras.Input((3,))
    >>> model = Model(inputs, keras.layers.Dense(1, kernel_initializer="ones")(inputs))
    >>> model.compile(optimizer="sgd", loss="mse")
    >>> x = np.zeros((8, 3), "float32")
    >>> history = model.fit(x, x[:, :1], epochs=2, verbose=0)
    >>> history.history["loss"]
    [0.0, 0.0]
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Makes a functional model where inputs and outputs are given."""
        if cls is Model and _functional(args, kwargs):
            return super().__new__(FunctionalModel)
        return super().__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if _functional(args, kwargs) and not isinstance(self, FunctionalModel):
            # A subclass that makes itself of inputs and outputs. Keras would change the
            # bases of every class up to `keras.Model`, this one among them.
            _made_functional(type(self))
            FunctionalModel.__init__(self, *args, **kwargs)
        else:
            super().__init__(*args, **kwargs)

    def fit(  # noqa: D417 - Keras' arguments
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | int = True,  # noqa: FBT001, FBT002 - as Keras calls it
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
    ) -> Any:
        """Trains the model; the arguments are those of `keras.Model.fit`.

        Args:
            shuffle: Whether arrays come in a new order each epoch. An integer is the
                seed of that order, which then depends on it and on the epoch alone.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            ValueError: The model is not compiled, or the data do not fit together.
        """
        self._check_compiled("fit")
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = split(
                (x, y, sample_weight), validation_split
            )
        if class_weight is not None:
            sample_weight = weighed(y, sample_weight, class_weight)
        batches = batches_of(
            x, y, sample_weight, batch_size=batch_size, shuffle=shuffle
        )
        self._build_on(batches)
        evaluated = functools.partial(
            self._validated,
            validation_data,
            batch_size=validation_batch_size or batch_size,
            steps=validation_steps,
        )

        def end(epoch: int, last: dict[str, Any]) -> dict[str, Any]:
            measured = self.get_metrics_result()
            # A step of one's own may tell something else, as in Keras.
            logs = _floats(measured if measured.keys() == last.keys() else last)
            if validation_data is not None and _due(epoch, validation_freq):
                logs |= evaluated()
            return logs

        self.stop_training = False
        run(
            functools.partial(self.step, "train_step"),
            batches,
            self._listed(
                callbacks,
                steps_per_epoch or batches.steps,
                verbose,
                epochs=epochs,
                add_history=True,
            ),
            epochs=range(initial_epoch, epochs),
            begin=self.reset_metrics,
            end=end,
            stopped=lambda: self.stop_training,
            steps_per_epoch=steps_per_epoch,
            together=self.steps_per_execution,
        )
        return self.history

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        *,
        return_dict: bool = False,
    ) -> Any:
        """Measures the model; the arguments are those of `keras.Model.evaluate`.

        Returns:
            The loss, a list of it and the metrics, or a dictionary of them.
        """
        self._check_compiled("evaluate")
        batches = batches_of(x, y, sample_weight, batch_size=batch_size)
        self._build_on(batches)
        listed = self._listed(callbacks, steps or batches.steps, verbose)
        listed.on_test_begin()
        self.reset_metrics()
        count = 0
        each = limited(batches.epoch(0), steps)
        for group in grouped(each, self.steps_per_execution):
            listed.on_test_batch_begin(count)
            logs = self.step("test_step", group)
            count += len(group)
            listed.on_test_batch_end(count - 1, logs)
        found = _floats(self.get_metrics_result())
        listed.on_test_end(found)
        if return_dict:
            return found
        values = keras.tree.flatten(list(found.values()))
        return values[0] if len(values) == 1 else values

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """Computes outputs; arguments and result are those of `keras.Model.predict`."""
        batches = batches_of(x, batch_size=batch_size)
        listed = self._listed(callbacks, steps or batches.steps, verbose)
        listed.on_predict_begin()
        found: list[Any] = []
        for place, batch in enumerate(limited(batches.epoch(0), steps)):
            listed.on_predict_batch_begin(place)
            found.append(self.predict_on_batch(*batch[:1]))
            listed.on_predict_batch_end(place, {"outputs": found[-1]})
        listed.on_predict_end()
        return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *found)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        *,
        return_dict: bool = False,
    ) -> Any:
        """One step of training; arguments and result are those of Keras."""
        self._check_compiled("train_on_batch")
        if class_weight is not None:
            sample_weight = weighed(y, sample_weight, class_weight)
        return self._on_batch("train_step", (x, y, sample_weight), named=return_dict)

    def test_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        return_dict: bool = False,
    ) -> Any:
        """One step of evaluation; arguments and result are those of Keras."""
        self._check_compiled("test_on_batch")
        return self._on_batch("test_step", (x, y, sample_weight), named=return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for a batch, as NumPy arrays."""
        if not self.built:
            self.build_on((x,), outputs_only=True)
        outputs = self.step("predict_step", [(x,)])
        return keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)

    def _on_batch(self, kind: str, parts: tuple[Any, ...], *, named: bool) -> Any:
        while len(parts) > 1 and parts[-1] is None:
            parts = parts[:-1]
        if not self.ready:
            self.build_on(parts)
        self.reset_metrics()
        found = _floats(self.step(kind, [parts]))
        values = keras.tree.flatten(list(found.values()))
        return found if named else values[0] if len(values) == 1 else values

    def _build_on(self, batches: Batches) -> None:
        if not self.ready:
            self.build_on(batches.first())

    def _validated(self, data: Any, **given: Any) -> dict[str, Any]:
        """What `evaluate` says of the validation data, under its names in the logs."""
        pair = isinstance(data, tuple | list)
        x, y, weights = (
            keras.utils.unpack_x_y_sample_weight(data) if pair else (data, None, None)
        )
        found = self.evaluate(
            x, y, sample_weight=weights, verbose=0, return_dict=True, **given
        )
        return {f"val_{name}": value for name, value in found.items()}

    def _listed(self, callbacks: Any, steps: Any, verbose: Any, **given: Any) -> Any:
        if isinstance(callbacks, keras.callbacks.CallbackList):
            return callbacks
        return keras.callbacks.CallbackList(
            callbacks,
            add_progbar=verbose != 0,
            verbose=1 if verbose == "auto" else verbose,
            steps=steps,
            model=self,
            **{"epochs": 1, **given},
        )

    def _check_compiled(self, method: str) -> None:
        if not self.compiled:
            message = (
                f"Expected a compiled model for `{method}()`, received one that is not. "
                "Call `model.compile(optimizer=..., loss=...)` first."
            )
            raise ValueError(message)


def _functional(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a model is made of inputs and outputs, as Keras tells it."""
    outputs = len(args) >= 2 or "outputs" in kwargs
    return outputs and (len(args) >= 1 or "inputs" in kwargs)


def _made_functional(cls: type) -> None:
    bases = cls.__bases__
    if Model in bases:
        cls.__bases__ = tuple(FunctionalModel if b is Model else b for b in bases)
        return
    for base in bases:
        if issubclass(base, Model):
            _made_functional(base)


def _functional_base() -> type:
    """The class of Keras' functional models, which has no public name."""
    inputs = keras.Input((1,), name="inputs")
    return type(keras.Model(inputs, inputs, name="functional"))


_Functional: Any = _functional_base()


@keras.saving.register_keras_serializable(package="multibackend")
class FunctionalModel(Model, _Functional):
    """A `Model` made of inputs and outputs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _Functional.__init__(self, *args, **kwargs)


def _floats(logs: dict[str, Any]) -> dict[str, Any]:
    """The logs as Python numbers, which waits for what is still computed."""
    return keras.tree.map_structure(
        lambda value: keras.ops.convert_to_numpy(value).tolist(), logs
    )


def _due(epoch: int, every: int | Sequence[int]) -> bool:
    if isinstance(every, int):
        return (epoch + 1) % every == 0
    return epoch + 1 in every
