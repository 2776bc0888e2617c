"""`AttentionPooling`: learned queries turn a sequence into a fixed number of vectors."""

from __future__ import annotations

import math
from typing import Any

import keras

from multibackend._arguments import flag, known_size, positive_integer
from multibackend.layers._attend import softmax
from multibackend.layers._masks import checked

__all__ = ["AttentionPooling"]


@keras.saving.register_keras_serializable(package="multibackend")
class AttentionPooling(keras.layers.Layer):
    """Pools a sequence by attention of learned queries, whatever its length.

    For each query `q` and each head, with `k_s = x_s W_k` and `v_s = x_s W_v + b_v`:

    `pooled = sum_s softmax_s(q . k_s / sqrt(head_dim)) v_s`, then all heads side by
    side times `W_o`, plus `b_o`.

    The steps have no positions: their order does not matter. Masked steps get no
    weight; a row without any step gets zeros in place of the mean. The keys have no
    bias, which the softmax would cancel. The outputs have no mask.

    As the queries are no function of the inputs, they are multiplied by `W_k` first,
    and the means are taken before `W_v`: a step costs
    `2 * width * num_queries * num_heads` products where it would cost `2 * width ** 2`.

    Args:
        num_queries: How many vectors a sequence becomes.
        num_heads: The number of heads.
        head_dim: The size of a head; by default the width of the inputs divided by
            `num_heads`.
        use_bias: Whether values and outputs have a bias.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.
        mask: Booleans `(batch_size, steps)`, `True` where a step counts.

    Returns:
        A tensor in the compute dtype of the layer.

    Raises:
        ValueError: An argument is out of range, the heads do not divide the width, or
            the mask has another shape.

    Input shape:
        `(batch_size, steps, width)`.

    Output shape:
        `(batch_size, num_queries, width)`.

    Reference:
        Juho Lee, Yoonho Lee, Jungtaek Kim, Adam R. Kosiorek, Seungjin Choi and
        Yee Whye Teh, "Set Transformer: A Framework for Attention-based
        Permutation-Invariant Neural Networks", 2019, section 3.2 (its pooling, without
        the feed-forward layers), https://arxiv.org/abs/1810.00825

    Example:
    >>> import keras
    >>> y = AttentionPooling(3, num_heads=2)(keras.ops.ones((2, 5, 8)))
    >>> keras.ops.shape(y)
    (2, 3, 8)
    """

    def __init__(
        self,
        num_queries: int = 1,
        num_heads: int = 1,
        head_dim: int | None = None,
        *,
        use_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_queries = positive_integer(
            "num_queries", num_queries, "It is the number of pooled vectors."
        )
        self.num_heads = positive_integer(
            "num_heads", num_heads, "It is the number of heads."
        )
        if head_dim is not None:
            head_dim = positive_integer(
                "head_dim", head_dim, "It is the size of a head."
            )
        self.head_dim = head_dim
        self.use_bias = flag("use_bias", use_bias, "It says whether biases are added.")
        self.supports_masking = True
        self.input_spec = keras.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        width = known_size(input_shape, -1, "The kernels' sizes depend on it: name it.")
        if self.head_dim is None and width % self.num_heads:
            message = (
                f"Expected the last axis of the inputs to be divisible by "
                f"num_heads={self.num_heads}, received {width}. Or name `head_dim`."
            )
            raise ValueError(message)
        self._size = self.head_dim or width // self.num_heads
        inner = self.num_heads * self._size
        self.queries = self.add_weight(
            name="queries",
            shape=(self.num_queries, self.num_heads, self._size),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
        )
        self.key_kernel = self._kernel("key_kernel", width, inner)
        self.value_kernel = self._kernel("value_kernel", width, inner)
        self.output_kernel = self._kernel("output_kernel", inner, width)
        self.value_bias = self.output_bias = None
        if self.use_bias:
            self.value_bias = self.add_weight(
                name="value_bias", shape=(inner,), initializer="zeros"
            )
            self.output_bias = self.add_weight(
                name="output_bias", shape=(width,), initializer="zeros"
            )
        self.input_spec = keras.InputSpec(ndim=3, axes={-1: width})

    def _kernel(self, name: str, inputs: int, outputs: int) -> Any:
        return self.add_weight(
            name=name, shape=(inputs, outputs), initializer="glorot_uniform"
        )

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Pools the steps; use the layer as a function instead."""
        if mask is not None:
            mask = checked(mask, inputs.shape[:2])
        queries, heads, width = self.num_queries, self.num_heads, inputs.shape[-1]
        weights = self._weights(inputs, mask)  # (batch, queries * heads, steps)
        # Not keras.ops.matmul, which computes in float32 on torch where float64 is given.
        means = keras.ops.einsum("bqs,bsm->bqm", weights, inputs)
        means = keras.ops.reshape(means, (-1, queries, heads, width))
        kernel = keras.ops.reshape(self.value_kernel, (width, heads, self._size))
        pooled = keras.ops.einsum("bqum,muh->bquh", means, kernel)
        pooled = keras.ops.reshape(pooled, (-1, queries, heads * self._size))
        if self.value_bias is not None:
            pooled = keras.ops.add(pooled, self.value_bias)
        if mask is not None:
            some = keras.ops.any(mask, axis=1)[:, None, None]  # (batch, 1, 1)
            pooled = keras.ops.where(some, pooled, keras.ops.zeros_like(pooled))
        outputs = keras.ops.einsum("bqi,io->bqo", pooled, self.output_kernel)
        if self.output_bias is not None:
            outputs = keras.ops.add(outputs, self.output_bias)
        return outputs

    def _weights(self, inputs: Any, mask: Any) -> Any:
        """How much each query takes of each step: `(batch, queries * heads, steps)`."""
        dtype, width = inputs.dtype, inputs.shape[-1]
        scale = keras.ops.convert_to_tensor(1 / math.sqrt(self._size), dtype=dtype)
        kernel = keras.ops.reshape(self.key_kernel, (width, self.num_heads, self._size))
        looked_for = keras.ops.einsum("quh,muh->mqu", self.queries, kernel) * scale
        looked_for = keras.ops.reshape(looked_for, (width, -1))  # queries * heads
        if keras.backend.standardize_dtype(dtype) == "float16":
            # Products of float16 numbers leave its range soon.
            looked_for = keras.ops.cast(looked_for, "float32")
            inputs = keras.ops.cast(inputs, "float32")
        scores = keras.ops.einsum("bsm,mq->bqs", inputs, looked_for)
        allowed = None if mask is None else keras.ops.expand_dims(mask, 1)
        return keras.ops.cast(softmax(scores, allowed), dtype)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Returns `None`: each pooled vector counts."""
        del inputs, previous_mask

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns `(batch_size, num_queries, width)`."""
        return (input_shape[0], self.num_queries, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "num_queries": self.num_queries,
            "num_heads": self.num_heads,
            "head_dim": self.head_dim,
            "use_bias": self.use_bias,
        }
