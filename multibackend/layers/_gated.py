"""What recurrent layers share whose gates depend on the inputs alone."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import flag, known_size, one_of, positive_integer
from multibackend._precision import at_least_float32
from multibackend._shapes import alike
from multibackend.layers._masks import checked
from multibackend.layers._masks import wide as broad
from multibackend.layers._scan import METHODS, linear_scan

__all__ = ["GatedRecurrence", "checked_state"]


class GatedRecurrence(keras.layers.Layer):
    """A recurrence `h_t = a_t * h_{t-1} + b_t`; a subclass says what `a` and `b` are."""

    kernel: Any
    bias: Any

    def __init__(
        self,
        units: int,
        *,
        method: str = "associative",
        return_sequences: bool = False,
        return_state: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = positive_integer("units", units, "It is the size of the state.")
        self.method = one_of(
            "method", method, METHODS, "It says how the steps are computed."
        )
        self.return_sequences = flag(
            "return_sequences",
            return_sequences,
            "It says whether the output at every step is returned.",
        )
        self.return_state = flag(
            "return_state",
            return_state,
            "It says whether the state after the last step is returned as well.",
        )
        self.supports_masking = True
        self.input_spec = keras.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        input_dim = known_size(
            input_shape, -1, "The kernel's size depends on it: name it."
        )
        self.add_gates(input_dim)
        self.input_spec = keras.InputSpec(ndim=3, axes={-1: input_dim})

    def add_gates(self, input_dim: int) -> None:
        """Creates the weights; a subclass defines it."""
        raise NotImplementedError

    def gates(self, rows: Any) -> tuple[Any, Any]:
        """The factors and terms of every step, in float32 or wider.

        Args:
            rows: The steps of all samples, `(batch_size * steps, input_dim)`.

        Returns:
            Two tensors `(batch_size * steps, units)`.
        """
        raise NotImplementedError

    def parts(self, rows: Any, count: int) -> list[Any]:
        """So many projections of the rows, in float32 or wider.

        The kernel is cut, which is small, and not the product: XLA writes the gradient
        of a cut of that as a padded copy for each part.
        """
        kernels = keras.ops.split(self.kernel, count, axis=-1)
        biases = keras.ops.split(self.bias, count, axis=-1)
        return [
            at_least_float32(keras.ops.matmul(rows, kernel) + bias)
            for kernel, bias in zip(kernels, biases, strict=True)
        ]

    def call(self, inputs: Any, initial_state: Any = None, mask: Any = None) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        rows = keras.ops.reshape(inputs, (-1, inputs.shape[-1]))
        shape = (*keras.ops.shape(inputs)[:2], self.units)
        factors, terms = (keras.ops.reshape(each, shape) for each in self.gates(rows))
        if mask is not None:
            kept = broad(checked(mask, tuple(inputs.shape)[:2]), 3)
            # h_t = 1 * h_{t-1} + 0: the state stays.
            factors = keras.ops.where(kept, factors, keras.ops.ones_like(factors))
            terms = keras.ops.where(kept, terms, keras.ops.zeros_like(terms))
        if initial_state is not None:
            shape = (inputs.shape[0], self.units)
            initial_state = at_least_float32(checked_state(initial_state, shape))
        states = linear_scan(factors, terms, initial_state, method=self.method)
        states = keras.ops.cast(states, self.compute_dtype)
        last = states[:, -1]  # (batch_size, units)
        outputs = states if self.return_sequences else last
        return (outputs, last) if self.return_state else outputs

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:  # noqa: ARG002 - as Keras calls it
        """Hands the mask on where there is an output for every step."""
        kept = mask if self.return_sequences else None
        return (kept, None) if self.return_state else kept

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        """Returns the shape of the outputs, and of the state where it is returned."""
        batch, steps, _ = input_shape
        state = (batch, self.units)
        outputs = (batch, steps, self.units) if self.return_sequences else state
        return (outputs, state) if self.return_state else outputs

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "units": self.units,
            "method": self.method,
            "return_sequences": self.return_sequences,
            "return_state": self.return_state,
        }


def checked_state(state: Any, shape: tuple[int | None, ...]) -> Any:
    """Returns the initial state as a tensor of the expected shape.

    Raises:
        ValueError: It has another shape.
    """
    state = keras.ops.convert_to_tensor(state)
    given = tuple(state.shape)
    if not alike(given, shape):
        message = (
            f"Expected `initial_state` of shape {shape}, received {given}. "
            "It is the state before the first step, one for each sample."
        )
        raise ValueError(message)
    return state
