"""Grad-CAM: which pixels speak for the digit that the network reads.

The slope of a digit's score with respect to a feature map tells how much each of the
map's channels speaks for that digit. Their sum, so weighted, is a heat map as large as
the image. On held-out digits half of the heat lies on the strokes, pixels brighter than
one half, which cover less than 30 % of the image.

    KERAS_BACKEND=jax python -m multibackend.examples.grad_cam

R. R. Selvaraju et al., 2017, "Grad-CAM: Visual Explanations from Deep Networks via
Gradient-Based Localization", https://arxiv.org/abs/1610.02391
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from multibackend import jit
from multibackend.autodiff import grad
from multibackend.examples._adam import adam_step
from multibackend.examples._batches import train
from multibackend.examples._command import command
from multibackend.examples.digits import load
from multibackend.inputs import array
from multibackend.weights import seed_weights

__all__ = ["explainer", "learner", "main", "network", "plot"]


def network() -> Any:
    """Returns an untrained network, with the same weights on every backend.

    The feature map is as large as the image, and has no bias: where the image is
    empty, so is the map.
    """
    conv = keras.layers.Conv2D
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            conv(16, 3, padding="same", use_bias=False, activation="silu"),  # 8 x 8
            conv(32, 3, strides=2, activation="silu"),  # 3 x 3
            keras.layers.Flatten(),
            keras.layers.Dense(10),  # the score of each digit
        ]
    )
    seed_weights(model)
    return model


def learner(model: Any) -> Any:
    """Makes a compiled step `step(images, labels)` that returns the loss."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return adam_step(lambda x, y: loss(y, model(x)), model, 0.003)


def explainer(model: Any) -> Any:
    """Makes a compiled function that says where a network sees a digit.

    Args:
        model: Its first layer makes the feature map; the others score it.

    Returns:
        A function of images `(images, rows, columns, 1)` and of the digits to explain,
        one-hot of shape `(images, 10)`. It returns heat maps `(images, rows, columns)`,
        never negative.
    """
    first, *others = model.layers

    def score(features: Any, digits: Any) -> Any:
        for layer in others:
            features = layer(features)
        # images do not influence each other, so the sum's slope is each one's own
        return keras.ops.sum(features * digits)

    @jit
    def explain(images: Any, digits: Any) -> Any:
        features = first(images)  # (images, rows, columns, channels)
        slopes = grad(score)(features, digits)
        weights = keras.ops.mean(slopes, axis=(1, 2), keepdims=True)
        return keras.ops.relu(keras.ops.sum(weights * features, axis=-1))

    return explain


def main(epochs: int = 8, samples: int | None = None) -> dict[str, Any]:
    """Trains the network, and explains what it reads in the held-out digits.

    Args:
        epochs: How often the training images are seen.
        samples: How many images to take; all 1,797 by default.

    Returns:
        `loss` by epoch; `accuracy` on the held-out fifth; `share_on_strokes` of the
        heat over these images, beside `share_of_area`, what it would be if heat fell
        everywhere alike; `images` and `heat`, both `(held, 8, 8)`.
    """
    x, y = load(samples)
    held = len(x) // 5
    model = network()
    losses = train(learner(model), epochs, x[held:], y[held:])
    images = x[:held]
    read = keras.ops.convert_to_numpy(model(images)).argmax(axis=1)
    heat = explainer(model)(images, array(np.eye(10)[read]))
    heat = keras.ops.convert_to_numpy(heat)
    strokes = images[..., 0] > 0.5
    return {
        "loss": losses,
        "accuracy": float(np.mean(read == y[:held])),
        "share_on_strokes": float(np.sum(heat * strokes) / np.sum(heat)),
        "share_of_area": float(np.mean(strokes)),
        "images": images[..., 0],
        "heat": heat,
    }


def plot(numbers: Any, figure: Any) -> None:
    """Draws ten digits, and the heat over each."""
    for place in range(10):
        for row, name in enumerate(("images", "heat")):
            axes = figure.add_subplot(2, 10, 10 * row + place + 1)
            axes.imshow(numbers[name][place], cmap="gray" if row == 0 else "inferno")
            axes.set_axis_off()


if __name__ == "__main__":
    command(main, __doc__ or "", epochs=8, plot=plot)
