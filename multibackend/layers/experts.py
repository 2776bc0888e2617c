"""`MixtureOfExperts`: each token goes through a few of many small networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from multibackend._arguments import known_size, number, positive_integer
from multibackend.layers._masks import checked, wide
from multibackend.layers._onehot import one_hot
from multibackend.layers._routing import balance, capacity, chosen_experts, places

__all__ = ["MixtureOfExperts"]


@keras.saving.register_keras_serializable(package="multibackend")
class MixtureOfExperts(keras.layers.Layer):
    """Sends each token to its `k` likeliest experts and adds up what they answer.

    `y = sum_i gate_i * expert_i(x)` over the `k` experts of the largest
    `p = softmax(x @ router)`, the lowest first where several are equally likely. The
    gates are the `p_i` over their sum for `k > 1` (GShard), and `p_i` itself for
    `k = 1` (Switch), so that the router learns. Each expert is
    `activation(x @ hidden_kernel + hidden_bias) @ output_kernel + output_bias`.

    The tokens of one sample share the room of the experts: each expert takes
    `ceil(capacity_factor * k * tokens / num_experts)` of them, all first choices before
    all second ones, in the order of the tokens. Whoever comes later is dropped there:
    that expert adds zero to it. So samples do not depend on each other. To share room
    over the batch, reshape it to one sample.

    Each call, in training and at inference, adds the loss
    `balance_weight * num_experts * sum_i f_i * P_i`, where `f_i` is the share of the
    choices that fell on expert `i`, dropped ones included, and `P_i` its mean
    probability over all tokens of the batch. Even use gives `balance_weight`.

    A mask passes through: masked tokens take no room, get zeros, and do not count in
    the loss. The router computes in the dtype of the weights.

    Args:
        num_experts: How many experts there are.
        hidden_units: The size of each expert's hidden layer.
        k: How many experts each token goes to.
        capacity_factor: How much room the experts have, 1 for just enough if all are
            used evenly; `None` for room for all.
        activation: What is applied in the hidden layer: a name, a function, or `None`.
        balance_weight: The weight of the added loss; 0 adds none.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: A tensor.
        mask: A mask of the leading axes, or `None`.

    Returns:
        A tensor like `inputs`, in the compute dtype of the layer.

    Raises:
        ValueError: An argument is out of bounds, `k` is larger than `num_experts`, or
            inputs or mask do not fit.

    Input shape:
        `(batch_size, ..., dim)`, with at least three axes; all between the first and
        the last hold tokens.

    Output shape:
        That of the input.

    Reference:
        Noam Shazeer, Azalia Mirhoseini, Krzysztof Maziarz, Andy Davis, Quoc Le, Geoffrey
        Hinton, Jeff Dean, 2017. Outrageously Large Neural Networks: The Sparsely-Gated
        Mixture-of-Experts Layer. https://arxiv.org/abs/1701.06538

        Dmitry Lepikhin et al., 2020. GShard: Scaling Giant Models with Conditional
        Computation and Automatic Sharding. https://arxiv.org/abs/2006.16668

        William Fedus, Barret Zoph, Noam Shazeer, 2021. Switch Transformers: Scaling to
        Trillion Parameter Models with Simple and Efficient Sparsity.
        https://arxiv.org/abs/2101.03961

    Example:
    >>> import keras
    >>> layer = MixtureOfExperts(4, 16, k=2)
    >>> keras.ops.shape(layer(keras.ops.ones((2, 5, 8))))
    (2, 5, 8)
    >>> [weight.name for weight in layer.weights]
    ['router', 'hidden_kernel', 'hidden_bias', 'output_kernel', 'output_bias']
    """

    def __init__(
        self,
        num_experts: int,
        hidden_units: int,
        *,
        k: int = 2,
        capacity_factor: float | None = 1.25,
        activation: str | Callable[..., Any] | None = "relu",
        balance_weight: float = 0.01,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_experts = positive_integer(
            "num_experts", num_experts, "It is how many networks there are."
        )
        self.hidden_units = positive_integer(
            "hidden_units", hidden_units, "It is the size of the hidden layers."
        )
        self.k = positive_integer("k", k, "It is how many experts a token goes to.")
        if k > num_experts:
            message = (
                f"Expected `k` to be at most `num_experts`, received k={k} and "
                f"num_experts={num_experts}. Add experts, or send tokens to fewer."
            )
            raise ValueError(message)
        if capacity_factor is not None:
            capacity_factor = number(
                "capacity_factor",
                capacity_factor,
                "It is how much room the experts have.",
                low=0.01,
                high=100.0,
            )
        self.capacity_factor = capacity_factor
        self.activation: Callable[..., Any] = keras.activations.get(activation)
        self.balance_weight = number(
            "balance_weight", balance_weight, "It weighs the added loss.", low=0.0
        )
        self.supports_masking = True
        self.input_spec = keras.InputSpec(min_ndim=3)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        dim = known_size(input_shape, -1, "The kernels' sizes depend on it: name it.")
        count, hidden = self.num_experts, self.hidden_units
        self.router = self.add_weight(name="router", shape=(dim, count), autocast=False)
        # Keras takes the first axis of a kernel for places of a window and divides by
        # them; scaled by their number, each expert starts as a Dense of its own does.
        experts = keras.initializers.VarianceScaling(
            float(count), mode="fan_avg", distribution="uniform"
        )
        self.hidden_kernel = self.add_weight(
            name="hidden_kernel", shape=(count, dim, hidden), initializer=experts
        )
        self.hidden_bias = self.add_weight(
            name="hidden_bias", shape=(count, 1, hidden), initializer="zeros"
        )
        self.output_kernel = self.add_weight(
            name="output_kernel", shape=(count, hidden, dim), initializer=experts
        )
        self.output_bias = self.add_weight(
            name="output_bias", shape=(count, 1, dim), initializer="zeros"
        )
        self.input_spec = keras.InputSpec(min_ndim=3, axes={-1: dim})

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Routes and computes; use the layer as a function instead."""
        shape = keras.ops.shape(inputs)
        dim = inputs.shape[-1]
        counted = self._counted(inputs, mask)
        tokens = inputs
        if len(inputs.shape) > 3:
            tokens = keras.ops.reshape(inputs, (shape[0], -1, dim))
        probabilities = keras.ops.softmax(
            keras.ops.matmul(keras.ops.cast(tokens, self.variable_dtype), self.router),
            axis=-1,
        )  # (groups, tokens, experts)
        chosen = chosen_experts(probabilities, self.k)  # (groups, k, tokens)
        choices = one_hot(chosen, self.num_experts, "int32")
        if counted is not None:
            choices = choices * keras.ops.cast(
                keras.ops.expand_dims(counted, 1), "int32"
            )
        if self.balance_weight:
            loss = balance(probabilities, choices, counted)
            weight = keras.ops.convert_to_tensor(self.balance_weight, dtype=loss.dtype)
            self.add_loss(weight * loss)
        outputs = self._answers(
            tokens, chosen, choices, self._gates(probabilities, chosen)
        )
        return keras.ops.reshape(outputs, shape)

    def _counted(self, inputs: Any, mask: Any) -> Any:
        """One for each token that counts: `(groups, tokens, 1)`; `None` for all."""
        if mask is None:
            return None
        rank = len(inputs.shape)
        known = tuple(inputs.shape)[: min(len(mask.shape), rank - 1)]
        mask = wide(checked(mask, known), rank)
        shape = keras.ops.shape(inputs)
        mask = keras.ops.broadcast_to(mask, (*shape[:-1], 1))
        mask = keras.ops.reshape(mask, (shape[0], -1, 1))
        return keras.ops.cast(mask, self.variable_dtype)

    def _gates(self, probabilities: Any, chosen: Any) -> Any:
        """The weight of each choice: `(groups, k, tokens)`."""
        picked = one_hot(chosen, self.num_experts, probabilities.dtype)
        gates = keras.ops.sum(keras.ops.expand_dims(probabilities, 1) * picked, axis=-1)
        if self.k == 1:
            return gates
        return gates / keras.ops.sum(gates, axis=1, keepdims=True)

    def _answers(self, tokens: Any, chosen: Any, choices: Any, gates: Any) -> Any:
        """What the experts answer to each token, weighed: `(groups, tokens, dim)`."""
        dim = tokens.shape[-1]
        groups, count = keras.ops.shape(tokens)[:2]
        room = capacity(count, self.k, self.num_experts, self.capacity_factor)
        place = places(choices)  # (groups, k, tokens)
        kept = keras.ops.logical_and(place >= 0, place < room)
        # Slots lie by expert, then by group: no transposing before the products.
        rows = keras.ops.reshape(keras.ops.arange(groups, dtype="int32"), (-1, 1, 1))
        slots = (chosen * groups + rows) * room + place
        last = self.num_experts * groups * room
        inside = keras.ops.where(kept, slots, 0)
        token = keras.ops.reshape(
            rows * count + keras.ops.arange(count, dtype="int32"), (-1, 1, count)
        )
        token = keras.ops.broadcast_to(token, keras.ops.shape(chosen))
        # Who sits in each slot; an empty slot holds token 0, and nobody asks for it.
        seated = keras.ops.segment_sum(
            keras.ops.reshape(token, (-1,)),
            keras.ops.reshape(keras.ops.where(kept, slots, last), (-1,)),
            num_segments=last + 1,
        )[:-1]
        held = keras.ops.take(
            keras.ops.reshape(tokens, (-1, dim)),
            keras.ops.cast(seated, "int32"),
            axis=0,
        )
        held = keras.ops.reshape(held, (self.num_experts, -1, dim))
        hidden = keras.ops.matmul(held, self.hidden_kernel) + self.hidden_bias
        answers = keras.ops.matmul(self.activation(hidden), self.output_kernel)
        answers = keras.ops.reshape(answers + self.output_bias, (-1, dim))
        weighed = keras.ops.where(kept, gates, keras.ops.zeros_like(gates))
        weighed = keras.ops.expand_dims(keras.ops.cast(weighed, tokens.dtype), -1)
        return keras.ops.sum(keras.ops.take(answers, inside, axis=0) * weighed, axis=1)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns `input_shape`."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {
            **super().get_config(),
            "num_experts": self.num_experts,
            "hidden_units": self.hidden_units,
            "k": self.k,
            "capacity_factor": self.capacity_factor,
            "activation": keras.activations.serialize(self.activation),
            "balance_weight": self.balance_weight,
        }
