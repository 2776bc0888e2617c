"""`LoRADense`: a dense layer whose kernel is adapted by a product of low rank."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from multibackend._arguments import flag, known_size, number, positive_integer

__all__ = ["LoRADense"]


@keras.saving.register_keras_serializable(package="multibackend")
class LoRADense(keras.layers.Layer):
    """Adds a trained product of low rank to the kernel of a dense layer.

    `y = activation(x @ kernel + bias + alpha / rank * (x @ lora_a @ lora_b))`. The kernel
    `(input_dim, units)` and the bias hold what was learnt before, and are frozen unless
    `train_base` says otherwise; `lora_a` `(input_dim, rank)` starts random and `lora_b`
    `(rank, units)` at zero, so that the layer starts as the dense layer it adapts. A mask
    passes through unchanged: it marks steps, and no step is mixed with another.

    Args:
        units: The size of the output's last axis, a positive integer.
        rank: The rank of the update, a positive integer.
        alpha: The update is multiplied by `alpha / rank`. `None` is `rank`: by one.
        activation: What is applied to each output: a name such as `"relu"`, a
            function, or `None` for no activation.
        use_bias: Whether a bias is added.
        train_base: Whether kernel and bias are trained too.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: `units` or `rank` is no positive integer, `alpha` is not above zero,
            the activation is unknown, or the inputs do not fit.

    Input shape:
        `(batch_size, ..., input_dim)`, with at least two axes.

    Output shape:
        `(batch_size, ..., units)`.

    Reference:
        Edward J. Hu, Yelong Shen, Phillip Wallis and others, 2021. LoRA: Low-Rank
        Adaptation of Large Language Models. https://arxiv.org/abs/2106.09685

    Example:
    >>> import keras
    >>> layer = LoRADense(3, rank=2, alpha=4.0)
    >>> keras.ops.shape(layer(keras.ops.ones((2, 5))))
    (2, 3)
    >>> [w.name for w in layer.trainable_weights]
    ['lora_a', 'lora_b']

    The merged kernel gives the same outputs without the update:

    >>> from multibackend.layers import SimpleDense
    >>> plain = SimpleDense(3)
    >>> plain.build((None, 5))
    >>> plain.set_weights([layer.merge(), layer.bias])
    """

    def __init__(
        self,
        units: int,
        rank: int,
        alpha: float | None = None,
        activation: str | Callable[..., Any] | None = None,
        *,
        use_bias: bool = True,
        train_base: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = positive_integer(
            "units", units, "It is the size of the output's last axis."
        )
        self.rank = positive_integer("rank", rank, "It is the rank of the update.")
        self.alpha = number(
            "alpha",
            self.rank if alpha is None else alpha,
            "The update is multiplied by alpha / rank.",
            above=0,
        )
        self.activation: Callable[..., Any] = keras.activations.get(activation)
        self.use_bias = flag("use_bias", use_bias, "It says whether a bias is added.")
        self.train_base = flag(
            "train_base", train_base, "It says whether kernel and bias are trained."
        )
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        input_dim = known_size(
            input_shape, -1, "The kernel's size depends on it: name it."
        )
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_dim, self.units),
            initializer="glorot_uniform",
            trainable=self.train_base,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.units,),
                initializer="zeros",
                trainable=self.train_base,
            )
        self.lora_a = self.add_weight(
            name="lora_a", shape=(input_dim, self.rank), initializer="he_uniform"
        )
        self.lora_b = self.add_weight(
            name="lora_b", shape=(self.rank, self.units), initializer="zeros"
        )
        self.input_spec = keras.InputSpec(min_ndim=2, axes={-1: input_dim})

    def call(self, inputs: Any) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        outputs = keras.ops.matmul(inputs, self.kernel)  # (batch_size, ..., units)
        # The factor meets the narrowest tensor: (batch_size, ..., rank).
        low = keras.ops.matmul(inputs, self.lora_a)
        low = keras.ops.multiply(low, self._factor(low.dtype))
        outputs = keras.ops.add(outputs, keras.ops.matmul(low, self.lora_b))
        if self.bias is not None:
            outputs = keras.ops.add(outputs, self.bias)
        return self.activation(outputs)

    def merge(self) -> Any:
        """The kernel `(input_dim, units)` with the update added, in the weights' dtype.

        The layer itself stays as it is.

        Raises:
            ValueError: The layer is not built.
        """
        if not self.built:
            message = (
                f"Expected a built layer, received {self.name!r} without weights. "
                "Call it once on data before its kernel is merged."
            )
            raise ValueError(message)
        update = keras.ops.matmul(self.lora_a, self.lora_b)
        update = keras.ops.multiply(update, self._factor(update.dtype))
        return keras.ops.add(self.kernel, update)

    def _factor(self, dtype: Any) -> Any:
        """A tensor: TensorFlow would round a Python number to float32 on its way."""
        return keras.ops.convert_to_tensor(
            self.alpha / self.rank, keras.backend.standardize_dtype(dtype)
        )

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns `(*input_shape[:-1], units)`."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "units": self.units,
            "rank": self.rank,
            "alpha": self.alpha,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "train_base": self.train_base,
        }
