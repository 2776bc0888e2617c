"""`RotaryAttention`: self-attention with rotary positions, grouped keys and a cache."""

from __future__ import annotations

import math
from typing import Any

import keras

from multibackend._arguments import flag, known_size, number, positive_integer
from multibackend._values import refuse_outside
from multibackend.layers._attend import attend
from multibackend.layers._cache import Cache, checked_cache, empty, extended
from multibackend.layers._masks import checked
from multibackend.layers._positions import angles, checked_offset, positions, rates
from multibackend.layers._rotation import refuse_odd, rotated

__all__ = ["RotaryAttention"]


@keras.saving.register_keras_serializable(package="multibackend")
class RotaryAttention(keras.layers.Layer):
    """Lets each step look at the others: multi-head attention with rotary positions.

    With `q = x W_q + b_q`, `k = x W_k + b_k` and `v = x W_v + b_v` cut into heads, and
    `R_p` the rotation of `RotaryEmbedding` at position `p`:

    `y_p = sum_s softmax_s((R_p q_p) . (R_s k_s) / sqrt(head_dim)) v_s` for each head,
    then all heads side by side times `W_o`, plus `b_o`.

    With fewer heads for keys and values than for queries, each of them serves a group
    of consecutive query heads. A mask hides padded steps from all others, and passes
    through; a step that sees nothing gets zeros in place of the mean. Products and sums
    are in the compute dtype, angles and softmax in float32 at least. It is
    differentiable twice on every backend.

    **Decoding.** A causal layer takes the keys and values of earlier steps as `cache`
    and returns them with the new ones in it: one step at a time gives what all at once
    give. The cache maps `"keys"` and `"values"` to tensors of shape
    `(batch_size, max_length, num_key_value_heads, head_dim)`, and `"mask"` to the places
    that may be seen, `(batch_size, max_length)`. As its shapes stay, one compiled step
    serves every position. Rows of unequal length are padded on the left, with a mask.

    Args:
        num_heads: The number of query heads.
        head_dim: The size of a head, an even number; by default the width of the inputs
            divided by `num_heads`.
        num_key_value_heads: The number of key and value heads, a divisor of
            `num_heads`; by default as many.
        causal: Whether a step sees no later ones.
        max_wavelength: Sets the slowest rotation, a number above 1.
        interleaved: Whether neighbouring features are turned as a pair, as in
            `RotaryEmbedding`.
        use_bias: Whether the four projections add a bias.
        kernel_initializer: What the four kernels start from.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.
        mask: Booleans `(batch_size, steps)`, `True` where a step counts. With a cache,
            pass it on: Keras fills in the mask of the only tensor, not of one of many.
        cache: What `empty_cache` or the call before returned.
        position: The position of the first step: with a cache its place in there, an
            integer or an integer tensor of shape `()`.

    Returns:
        A tensor in the compute dtype of the layer; with a cache, a tuple of the tensor
        and the new cache.

    Raises:
        ValueError: An argument is out of range; heads do not divide; the size of a
            head is odd; the mask has another shape; the cache does not fit the inputs,
            is passed to a layer that is not causal, or has no place for the steps.

    Input shape:
        `(batch_size, steps, width)`.

    Output shape:
        `(batch_size, steps, width)`.

    Reference:
        Ashish Vaswani et al., "Attention Is All You Need", 2017,
        https://arxiv.org/abs/1706.03762; Jianlin Su et al., "RoFormer: Enhanced
        Transformer with Rotary Position Embedding", 2021,
        https://arxiv.org/abs/2104.09864; Joshua Ainslie et al., "GQA: Training
        Generalized Multi-Query Transformer Models from Multi-Head Checkpoints", 2023,
        https://arxiv.org/abs/2305.13245

    Example:
    >>> import keras
    >>> layer = RotaryAttention(4, num_key_value_heads=2, causal=True)
    >>> keras.ops.shape(layer(keras.ops.ones((2, 5, 16))))
    (2, 5, 16)
    >>> cache = layer.empty_cache(batch_size=2, max_length=8)
    >>> y, cache = layer(keras.ops.ones((2, 1, 16)), cache=cache, position=0)
    >>> keras.ops.shape(y), keras.ops.shape(cache["keys"])
    ((2, 1, 16), (2, 8, 2, 4))
    """

    def __init__(
        self,
        num_heads: int,
        head_dim: int | None = None,
        *,
        num_key_value_heads: int | None = None,
        causal: bool = False,
        max_wavelength: float = 10000.0,
        interleaved: bool = False,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_heads = positive_integer(
            "num_heads", num_heads, "It is the number of query heads."
        )
        if head_dim is not None:
            head_dim = positive_integer(
                "head_dim", head_dim, "It is the size of a head."
            )
            refuse_odd(head_dim, "`head_dim`")
        self.head_dim = head_dim
        self.num_key_value_heads = positive_integer(
            "num_key_value_heads",
            num_heads if num_key_value_heads is None else num_key_value_heads,
            "It is the number of key and value heads.",
        )
        if num_heads % self.num_key_value_heads:
            message = (
                f"Expected `num_key_value_heads` to divide num_heads={num_heads}, "
                f"received {num_key_value_heads!r}. Each serves a group of query heads."
            )
            raise ValueError(message)
        self.causal = flag("causal", causal, "It says whether later steps are hidden.")
        self.max_wavelength = number(
            "max_wavelength",
            max_wavelength,
            "It sets the slowest rotation.",
            above=1.0,
        )
        self.interleaved = flag(
            "interleaved", interleaved, "It says whether neighbours are a pair."
        )
        self.use_bias = flag("use_bias", use_bias, "It says whether biases are added.")
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.supports_masking = True
        self.input_spec = keras.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        width = known_size(input_shape, -1, "The kernels' sizes depend on it: name it.")
        self._size = self.head_dim or self._share(width)
        self._rates = rates(self._size, self.max_wavelength)
        inner = self.num_heads * self._size
        grouped = self.num_key_value_heads * self._size
        self.query_kernel, self.query_bias = self._weights("query", width, inner)
        self.key_kernel, self.key_bias = self._weights("key", width, grouped)
        self.value_kernel, self.value_bias = self._weights("value", width, grouped)
        self.output_kernel, self.output_bias = self._weights("output", inner, width)
        self.input_spec = keras.InputSpec(ndim=3, axes={-1: width})

    def _share(self, width: int) -> int:
        """The size of a head where the width is shared among the heads."""
        if width % self.num_heads:
            message = (
                f"Expected the last axis of the inputs to be divisible by "
                f"num_heads={self.num_heads}, received {width}. Or name `head_dim`."
            )
            raise ValueError(message)
        size = width // self.num_heads
        refuse_odd(size, "the size of a head, the last axis divided by `num_heads`,")
        return size

    def _weights(self, name: str, inputs: int, outputs: int) -> tuple[Any, Any]:
        # A copy each: one instance draws the same numbers for every equal shape.
        initializer = self.kernel_initializer
        if isinstance(initializer, keras.initializers.Initializer):
            initializer = initializer.clone()
        kernel = self.add_weight(
            name=f"{name}_kernel", shape=(inputs, outputs), initializer=initializer
        )
        if not self.use_bias:
            return kernel, None
        bias = self.add_weight(
            name=f"{name}_bias", shape=(outputs,), initializer="zeros"
        )
        return kernel, bias

    def empty_cache(self, batch_size: int, max_length: int) -> Cache:
        """Returns a cache without a step, for `max_length` steps.

        Args:
            batch_size: The number of rows.
            max_length: The number of steps it has places for.

        Raises:
            ValueError: A number is not positive, or the layer is not built.
        """
        if not self.built:
            message = (
                f"Expected a built layer, received {self.name!r} without weights. "
                "Call it once on data: the cache's shape depends on their width."
            )
            raise ValueError(message)
        return empty(
            positive_integer("batch_size", batch_size, "It is the number of rows."),
            positive_integer("max_length", max_length, "It is the number of places."),
            self.num_key_value_heads,
            self._size,
            self.compute_dtype,
        )

    def call(
        self, inputs: Any, mask: Any = None, cache: Any = None, position: Any = 0
    ) -> Any:
        """Computes the outputs; use the layer as a function instead."""
        if mask is not None:
            mask = checked(mask, inputs.shape[:2])
        if cache is not None:
            cache = self._checked(cache, inputs)
        position = self._checked_position(position, inputs, cache)
        steps = keras.ops.shape(inputs)[1]
        places = positions(steps, position)  # (1, steps)
        query, key, value = self._heads(inputs, places)
        if cache is not None:
            cache = extended(cache, key, value, mask, position)
            key, value, mask = cache["keys"], cache["values"], cache["mask"]
        allowed = None if mask is None else keras.ops.expand_dims(mask, 1)
        if self.causal:
            first = position if cache is None else 0
            sources = positions(keras.ops.shape(key)[1], first)
            earlier = keras.ops.expand_dims(places, -1) >= sources[:, None]
            allowed = earlier if allowed is None else earlier & allowed
        outputs = attend(query, key, value, allowed, some=mask is None)
        outputs = self._joined(outputs)
        return outputs if cache is None else (outputs, cache)

    def _heads(self, inputs: Any, places: Any) -> tuple[Any, Any, Any]:
        """Turned and scaled queries, turned keys, and values, cut into heads."""
        turn = angles(places, self._rates, inputs.dtype)[:, :, None]
        cosine, sine = keras.ops.cos(turn), keras.ops.sin(turn)
        scale = keras.ops.convert_to_tensor(1 / math.sqrt(self._size), turn.dtype)

        def turned(x: Any, heads: int, scale: Any) -> Any:
            tables = [keras.ops.cast(t * scale, x.dtype) for t in (cosine, sine)]
            return rotated(self._cut(x, heads), *tables, interleaved=self.interleaved)

        query = _affine(inputs, self.query_kernel, self.query_bias)
        key = _affine(inputs, self.key_kernel, self.key_bias)
        value = _affine(inputs, self.value_kernel, self.value_bias)
        groups = self.num_key_value_heads
        query = turned(query, self.num_heads, scale)
        batch, steps = keras.ops.shape(query)[:2]
        shape = (batch, steps, groups, self.num_heads // groups, self._size)
        return (
            keras.ops.reshape(query, shape),
            turned(key, groups, 1.0),
            self._cut(value, groups),
        )

    def _cut(self, x: Any, heads: int) -> Any:
        """`(batch, steps, heads * size)` as `(batch, steps, heads, size)`."""
        return keras.ops.reshape(x, (*keras.ops.shape(x)[:2], heads, self._size))

    def _joined(self, outputs: Any) -> Any:
        """The heads side by side, times the last kernel: `(batch, steps, width)`."""
        inner = self.num_heads * self._size
        shape = (*keras.ops.shape(outputs)[:2], inner)
        joined = keras.ops.reshape(outputs, shape)
        return _affine(joined, self.output_kernel, self.output_bias)

    def _checked(self, cache: Any, inputs: Any) -> Cache:
        if not self.causal:
            message = (
                "Expected no `cache`, received one for a layer with causal=False. "
                "Only a causal layer gives step by step what it gives all at once."
            )
            raise ValueError(message)
        return checked_cache(cache, inputs, self.num_key_value_heads, self._size)

    def _checked_position(self, position: Any, inputs: Any, cache: Any) -> Any:
        position = checked_offset(position, None, "position")
        if type(position) is not int and len(position.shape):
            message = (
                f"Expected `position` of shape (), received {tuple(position.shape)}. "
                "All rows stand at the same step: pad them on the left."
            )
            raise ValueError(message)
        steps = inputs.shape[1]
        length = None if cache is None else cache["keys"].shape[1]
        if steps is not None and length is not None:
            refuse_outside(
                "position",
                position,
                high=length - steps + 1,
                meaning=f"The cache has {length} places, for {steps} steps more.",
            )
        return position

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the inputs."""
        return tuple(input_shape)

    def compute_output_spec(
        self, inputs: Any, mask: Any = None, cache: Any = None, position: Any = 0
    ) -> Any:
        """Returns the symbolic outputs, with a cache those of a pair."""
        del mask, position
        outputs = keras.KerasTensor(tuple(inputs.shape), dtype=self.compute_dtype)
        if cache is None:
            return outputs
        return outputs, {
            name: keras.KerasTensor(tuple(held.shape), dtype=held.dtype)
            for name, held in cache.items()
        }

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "head_dim": self.head_dim,
            "num_key_value_heads": self.num_key_value_heads,
            "causal": self.causal,
            "max_wavelength": self.max_wavelength,
            "interleaved": self.interleaved,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def _affine(x: Any, kernel: Any, bias: Any) -> Any:
    # Not keras.ops.matmul, which computes in float32 on torch where float64 is given.
    outputs = keras.ops.einsum("bsi,io->bso", x, kernel)
    return outputs if bias is None else keras.ops.add(outputs, bias)
