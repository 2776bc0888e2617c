"""What one step does, written once: train, test and predict."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import keras

from multibackend.autodiff import value_and_grad
from multibackend.tracing import Compiled, dry_run, jit
from multibackend.training.applying import apply

__all__ = ["Steps"]


class Steps(keras.Model):
    """A model's steps on a batch, each compiled when it is first taken."""

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step of training; returns logs. A subclass may write its own.

        Args:
            data: `(x,)`, `(x, y)` or `(x, y, sample_weight)`.
        """
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)

        def loss_of() -> tuple[Any, tuple[Any, Any]]:
            y_pred = self.predicted(x, training=True)
            loss = self.compute_loss(x, y, y_pred, sample_weight, training=True)
            return self.optimizer.scale_loss(loss), (loss, y_pred)

        variables = self.trainable_variables
        (_, (loss, y_pred)), grads = value_and_grad(
            loss_of, has_aux=True, variables=variables
        )()
        apply(self.optimizer, grads, variables)
        return self.measured(loss, x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """One step of evaluation; returns logs."""
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        y_pred = self.predicted(x, training=False)
        loss = self.compute_loss(x, y, y_pred, sample_weight, training=False)
        return self.measured(loss, x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The outputs for a batch."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self.predicted(x, training=False)

    def predicted(self, x: Any, *, training: bool) -> Any:
        """Calls the model, and tells it whether this is training if it asks."""
        takes = "training" in inspect.signature(self.call).parameters
        return self(x, training=training) if takes else self(x)

    def measured(
        self, loss: Any, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Updates the mean loss and the metrics, and returns what they are now."""
        rows = next(leaf for leaf in keras.tree.flatten(x) if leaf is not None).shape[0]
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss, sample_weight=rows)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Takes the arguments of `keras.Model.compile`."""
        super().compile(*args, **kwargs)
        self._steps_taken().clear()
        self.__dict__["_ready"] = False

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compiles as a saved model was; Keras would not, since `compile` is ours."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    @property
    def notes(self) -> list[str]:
        """Why a step runs without a graph, or without fused code; empty if none does."""
        return [note for step in self._steps_taken().values() for note in step.notes]

    def step(self, kind: str, group: Sequence[Any]) -> Any:
        """Takes a step on each batch of the group, and returns what the last one gave.

        Args:
            kind: `"train_step"`, `"test_step"` or `"predict_step"`.
            group: Batches of one shape, or the last of an epoch.
        """

        def taken(batches: Sequence[Any]) -> Any:
            # By name, each time: somebody may have replaced the method.
            return [getattr(self, kind)(batch) for batch in batches][-1]

        if self.run_eagerly:
            return taken(keras.tree.map_structure(_tensor, list(group)))
        steps = self._steps_taken()
        if kind not in steps:
            steps[kind] = jit(taken)
        return steps[kind](list(group))

    def build_on(self, batch: Any, *, outputs_only: bool = False) -> None:
        """Builds the model, its metrics and its optimizer for a batch; trains nothing.

        Args:
            batch: A batch.
            outputs_only: Whether to build the model alone, of inputs alone.
        """
        x, y, sample_weight = keras.tree.map_structure(
            _tensor, keras.utils.unpack_x_y_sample_weight(batch)
        )

        def forward() -> None:
            _ = self.predicted(x, training=False)

        def measured() -> None:
            y_pred = self.predicted(x, training=False)
            loss = self.compute_loss(x, y, y_pred, sample_weight, training=False)
            _ = self.measured(loss, x, y, y_pred, sample_weight)

        if not self.built:
            dry_run(forward)
        if outputs_only:
            return
        if self.compiled:
            try:
                dry_run(measured)
            except Exception:
                # A step of one's own may have another loss, and batches for it alone.
                if type(self).train_step is Steps.train_step:
                    raise
            if self.optimizer is not None and not self.optimizer.built:
                self.optimizer.build(self.trainable_variables)
        self.__dict__["_ready"] = True

    @property
    def ready(self) -> bool:
        """Whether all that a step needs is built since the last `compile`."""
        return self.__dict__.get("_ready", False)

    def _steps_taken(self) -> dict[str, Compiled]:
        # Past Keras, which would look for layers in it.
        return self.__dict__.setdefault("_compiled_steps", {})


def _tensor(leaf: Any) -> Any:
    return None if leaf is None else keras.ops.convert_to_tensor(leaf)
