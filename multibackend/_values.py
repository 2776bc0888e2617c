"""The values of a tensor, where it has some: ids and labels can be checked eagerly only.

A compiled graph computes later, so nothing can be refused for its values there.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

if keras.config.backend() == "torch":
    # Dynamo would break the graph where a value decides; the others raise, see below:
    # https://docs.pytorch.org/docs/stable/generated/torch.compiler.is_compiling.html
    from multibackend._torch import compiling
else:

    def compiling() -> bool:
        """Whether a compiler reads the code just now without saying so by an error."""
        return False


__all__ = ["refuse_outside", "values"]


def values(tensor: Any) -> npt.NDArray[Any] | None:
    """The numbers of an eager tensor, or `None` while a graph is being traced."""
    if keras.backend.is_keras_tensor(tensor) or compiling():
        return None
    try:
        return np.asarray(keras.ops.convert_to_numpy(tensor))
    except (TypeError, NotImplementedError, RuntimeError):
        # In turn: JAX's tracers; TensorFlow's symbols and torch's meta device, which
        # Keras computes shapes with; torch's function transforms.
        return None


def refuse_outside(
    name: str, ids: Any, *, low: int = 0, high: int, meaning: str
) -> None:
    """Raises where an id of an eager tensor is outside of `low` to `high - 1`.

    A framework would read another place, clip, wrap around or crash, each in its way.

    Args:
        name: What the ids are called.
        ids: An integer tensor.
        low: The smallest id.
        high: One more than the largest id.
        meaning: A sentence that says what the ids are.

    Raises:
        ValueError: An id is outside.
    """
    known = values(ids)
    if known is None or known.size == 0:
        return
    least, most = int(known.min()), int(known.max())
    if least < low or most >= high:
        worst = least if least < low else most
        message = (
            f"Expected `{name}` from {low} to {high - 1}, received {worst}. {meaning}"
        )
        raise ValueError(message)
