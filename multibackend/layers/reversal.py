"""`GradientReversal`: the identity, whose gradient turns round on its way back."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import number

__all__ = ["GradientReversal"]


@keras.saving.register_keras_serializable(package="multibackend")
class GradientReversal(keras.layers.Layer):
    """Returns its inputs, and multiplies their gradient by `-factor`.

    `y = x` and `dL/dx = -factor * dL/dy`. Between features and a classifier of domains it
    trains the classifier to tell the domains apart, and the features to make that hard.
    A mask passes through unchanged.

    The inputs must be finite: an infinite one comes out as NaN.

    Args:
        factor: How strongly the gradient is turned round, a finite number. Zero stops
            the gradient.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A float tensor.

    Returns:
        A tensor of the same numbers and shape in the compute dtype of the layer.

    Raises:
        ValueError: `factor` is no finite number, or the inputs are no floats.

    Input shape:
        Any.

    Output shape:
        That of the inputs.

    Reference:
        Yaroslav Ganin and Victor Lempitsky, 2015. Unsupervised Domain Adaptation by
        Backpropagation. https://arxiv.org/abs/1409.7495

    Example:
    >>> import keras
    >>> from multibackend.autodiff import grad
    >>> layer = GradientReversal(0.5)
    >>> x = keras.ops.convert_to_tensor([1.0, 2.0])
    >>> print(keras.ops.convert_to_numpy(layer(x)))
    [1. 2.]
    >>> slope = grad(lambda x: keras.ops.sum(layer(x)))(x)
    >>> print(keras.ops.convert_to_numpy(slope))
    [-0.5 -0.5]
    """

    def __init__(self, factor: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = number("factor", factor, "The gradient is multiplied by it.")
        self.supports_masking = True
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        dtype = keras.backend.standardize_dtype(inputs.dtype)
        if not keras.backend.is_float_dtype(dtype):
            message = (
                f"Expected `inputs` to be floats, received {dtype}. "
                "Whole numbers have no gradient to turn round: cast them."
            )
            raise ValueError(message)
        # keras.ops.custom_gradient has no second derivative on torch. The difference is
        # zero for every finite number, and its slope is one.
        fixed = keras.ops.stop_gradient(inputs)
        nothing = keras.ops.subtract(inputs, fixed)
        factor = keras.ops.convert_to_tensor(self.factor, dtype)
        return keras.ops.subtract(fixed, keras.ops.multiply(factor, nothing))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the inputs."""
        return tuple(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {**super().get_config(), "factor": self.factor}
