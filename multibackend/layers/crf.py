"""`LinearChainCRF`: scores whole paths of tags instead of one tag at a time."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from multibackend._arguments import known_size, one_of, positive_integer
from multibackend._crf import (
    Potentials,
    best_path,
    log_partition,
    marginals,
    pack,
    packed_steps,
    unpack,
)
from multibackend._values import values
from multibackend.layers._masks import checked

__all__ = ["LinearChainCRF"]

_OUTPUTS = ("potentials", "tags", "marginals", "log_partition")


@keras.saving.register_keras_serializable(package="multibackend")
class LinearChainCRF(keras.layers.Layer):
    """Scores each path of tags through a sequence, and finds the best one.

    The score of the path `y` for the emissions `e` (the inputs) is

    `start[y_0] + e_0[y_0] + sum_t (transitions[y_{t-1}, y_t] + e_t[y_t]) + end[y_T]`,

    and its probability is `exp(score) / Z`, where `Z` sums `exp(score)` over all paths.
    The layer owns `transitions (tags, tags)`, `start (tags,)` and `end (tags,)`, which
    start as small uniform numbers. What it computes is chosen by `output`:

    - `"potentials"`: emissions, transitions and mask, packed in one tensor. That is the
      `y_pred` of the loss `CRFNegativeLogLikelihood`: whatever the loss needs is in it,
      so that a model is compiled, saved and loaded as any other.
    - `"tags"`: the path of the highest score (Viterbi), int32; 0 at masked steps. Of
      two equal tags the lower one is taken.
    - `"marginals"`: how probable each tag is at each step; zeros at masked steps.
    - `"log_partition"`: `log Z`.

    A layer may be called twice: for the potentials to train with, and for the tags.

    The mask must be right padding: the first step counts, and no step counts behind
    one that does not. It ends here, since it is part of the potentials.

    Args:
        tags: How many tags there are, a positive integer.
        **kwargs: As in `keras.layers.Layer`: `name`, `dtype`, `trainable`.

    Call arguments:
        inputs: The emissions: a score of each tag at each step, no probabilities.
        output: What to compute, see above; `"potentials"` by default.
        mask: `(batch_size, steps)`, `True` where a step counts.

    Returns:
        A tensor in the compute dtype; int32 for tags.

    Raises:
        ValueError: An argument is out of range, the inputs or the mask have another
            shape, or the mask is no right padding (told where its values are known,
            outside of compiled graphs).

    Input shape:
        `(batch_size, steps, tags)`, with at least one step.

    Output shape:
        `(batch_size, tags + 2 + steps, tags + 1)` for potentials, whose rows are the
        transitions from each tag, the start, the end and the steps, and whose last
        column is the mask; `(batch_size, steps)` for tags; `(batch_size, steps, tags)`
        for marginals; `(batch_size,)` for the partition.

    Reference:
        Lafferty, McCallum, Pereira (2001), "Conditional random fields: Probabilistic
        models for segmenting and labeling sequence data",
        https://repository.upenn.edu/handle/20.500.14332/6188.

    Example:
    >>> import keras
    >>> from multibackend.losses import CRFNegativeLogLikelihood
    >>> inputs = keras.Input((None, 8))
    >>> crf = LinearChainCRF(3)
    >>> emissions = keras.layers.Dense(3)(inputs)
    >>> model = keras.Model(inputs, crf(emissions))
    >>> model.compile("adam", loss=CRFNegativeLogLikelihood())
    >>> tagger = keras.Model(inputs, crf(emissions, output="tags"))
    >>> keras.ops.shape(tagger(keras.ops.ones((2, 6, 8))))
    (2, 6)
    """

    def __init__(self, tags: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tags = positive_integer("tags", tags, "It is how many tags there are.")
        self.supports_masking = True
        self.input_spec = keras.InputSpec(ndim=3, axes={-1: self.tags})

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Creates the weights; Keras calls it at the first call."""
        _ = known_size(input_shape, -1, "It must be the number of tags.")
        draw = keras.initializers.RandomUniform(-0.1, 0.1)
        self.transitions = self.add_weight(
            name="transitions", shape=(self.tags, self.tags), initializer=draw
        )
        draw = keras.initializers.RandomUniform(-0.1, 0.1)
        self.start = self.add_weight(name="start", shape=(self.tags,), initializer=draw)
        draw = keras.initializers.RandomUniform(-0.1, 0.1)
        self.end = self.add_weight(name="end", shape=(self.tags,), initializer=draw)

    def call(self, inputs: Any, output: str = "potentials", mask: Any = None) -> Any:
        """Computes the output chosen; use the layer as a function instead."""
        output = _output(output)
        batch = keras.ops.shape(inputs)[0]
        if mask is None:
            kept = keras.ops.ones_like(inputs[..., 0], dtype="bool")
        else:
            kept = checked(mask, tuple(inputs.shape)[:2])
            _refuse_holes(kept)
        shape = (self.tags,)
        packed = pack(
            Potentials(
                keras.ops.broadcast_to(self.transitions, (batch, *shape, *shape)),
                keras.ops.broadcast_to(self.start, (batch, *shape)),
                keras.ops.broadcast_to(self.end, (batch, *shape)),
                inputs,
                kept,
            )
        )
        if output == "potentials":
            return packed
        potentials = unpack(packed)
        if output == "tags":
            return best_path(potentials)
        compute = marginals if output == "marginals" else log_partition
        return keras.ops.cast(compute(potentials), self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:  # noqa: ARG002 - as Keras calls it
        """The mask ends here: it is part of the potentials, and zeros of the rest."""
        return

    def compute_output_spec(
        self,
        inputs: Any,
        output: str = "potentials",
        mask: Any = None,  # noqa: ARG002 - as in `call`
    ) -> Any:
        """The shape and dtype of the output chosen."""
        output = _output(output)
        batch, steps, tags = inputs.shape
        shape: tuple[int | None, ...] = {
            "potentials": (batch, packed_steps(steps, tags), tags + 1),
            "tags": (batch, steps),
            "marginals": (batch, steps, tags),
            "log_partition": (batch,),
        }[output]
        dtype = "int32" if output == "tags" else self.compute_dtype
        return keras.KerasTensor(shape, dtype=dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        """Returns the shape of the potentials."""
        batch, steps, tags = input_shape
        return (batch, packed_steps(steps, self.tags), (tags or self.tags) + 1)

    def get_config(self) -> dict[str, Any]:
        """Returns every argument, so that `from_config` builds an equal layer."""
        return {**super().get_config(), "tags": self.tags}


def _output(output: Any) -> str:
    return one_of("output", output, _OUTPUTS, "It says what is computed.")


def _refuse_holes(kept: Any) -> None:
    known = values(kept)
    if known is None or known.size == 0:
        return
    if not np.all(known[:, 0]) or np.any(known[:, 1:] > known[:, :-1]):
        message = (
            "Expected `mask` to be right padding, received one that is off at a first "
            "step or on behind a step that is off. Move the steps that count to the "
            "front."
        )
        raise ValueError(message)
