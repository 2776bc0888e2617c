"""A layer of one's own: weights at the first call, sizes inferred in a Sequential.

Run it: `KERAS_BACKEND=jax python -m multibackend.examples.simple_dense`
"""

from __future__ import annotations

from typing import Any

import keras

from multibackend.inputs import normal
from multibackend.layers import SimpleDense
from multibackend.weights import seed_weights

__all__ = ["main"]


def main() -> dict[str, Any]:
    """Builds one layer by calling it, then three in a row.

    Returns:
        How many weights the layer has before and after its first call, its outputs,
        those of its copy made from its configuration, the sizes that a Sequential
        inferred, and its outputs.
    """
    layer = SimpleDense(units=32, activation="relu")
    before = len(layer.weights)  # 0: the kernel's size depends on the inputs
    inputs = normal(2, 784, seed=8)
    layer(inputs)  # `__call__` runs `build` with the shape of the inputs, then `call`
    after = len(layer.weights)
    seed_weights(layer)

    copy = SimpleDense.from_config(layer.get_config())
    copy.build(inputs.shape)
    copy.set_weights(layer.get_weights())

    model = keras.Sequential(
        [SimpleDense(32, activation="relu"), SimpleDense(64), SimpleDense(10)]
    )
    model(inputs)  # each layer takes its input size from the one before it
    seed_weights(model)
    return {
        "weights_before": before,
        "weights_after": after,
        "outputs": keras.ops.convert_to_numpy(layer(inputs)),  # (2, 32)
        "outputs_of_copy": keras.ops.convert_to_numpy(copy(inputs)),  # (2, 32)
        "kernel_shapes": [list(inner.kernel.shape) for inner in model.layers],
        "outputs_of_model": keras.ops.convert_to_numpy(model(inputs)),  # (2, 10)
    }


if __name__ == "__main__":
    numbers = main()
    print(f"weights before the first call: {numbers['weights_before']}")
    print(f"weights after it: {numbers['weights_after']}")
    print(f"shape of the outputs: {numbers['outputs'].shape}")
    print(f"kernels inferred in a Sequential: {numbers['kernel_shapes']}")
