"""A variational autoencoder: digits as points of a small space, and back.

The encoder gives each image a Gaussian in eight dimensions, the decoder the darkness of
each pixel for a point drawn from it. The loss bounds the negative log likelihood from
above (the ELBO): the cross entropy of the pixels, plus the divergence of the Gaussian
from the standard one. On held-out digits it falls below 25 nats an image; for the same image
each time, the mean of all, the cross entropy is 27.1.

    KERAS_BACKEND=jax python -m multibackend.examples.vae

D. P. Kingma, M. Welling, 2014, "Auto-Encoding Variational Bayes",
https://arxiv.org/abs/1312.6114
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.examples._adam import adam_step
from multibackend.examples._batches import batches
from multibackend.examples._command import command
from multibackend.examples._grid import draw_grid
from multibackend.examples.digits import load
from multibackend.inputs import array
from multibackend.weights import seed_weights

__all__ = ["Autoencoder", "bound", "main", "plot", "stepper"]

Array = npt.NDArray[Any]

BATCH, LATENT, PIXELS = 64, 8, 64


class Autoencoder(keras.Model):
    """Encodes, draws by the noise it is given, and decodes.

    Args:
        units: The width of the hidden layers.
    """

    def __init__(self, units: int = 128) -> None:
        super().__init__()
        self.encoder = _network(PIXELS, units, 2 * LATENT)
        self.decoder = _network(LATENT, units, PIXELS)

    def call(self, x: Any, noise: Any) -> Any:
        """Returns logits of the pixels, and mean and log variance of the code."""
        mean, log_variance = keras.ops.split(self.encoder(x), 2, axis=-1)
        # The draw is a function of mean and deviation, and so has a gradient.
        code = mean + keras.ops.exp(log_variance / 2) * noise  # (batch, latent)
        return self.decoder(code), mean, log_variance


def _network(inputs: int, units: int, outputs: int) -> Any:
    return keras.Sequential(
        [
            keras.Input((inputs,)),
            keras.layers.Dense(units, activation="silu"),
            keras.layers.Dense(outputs),
        ]
    )


def bound(model: Any, x: Any, noise: Any) -> tuple[Any, Any]:
    """The bound of the negative log likelihood, and the divergence in it.

    Args:
        model: An `Autoencoder`.
        x: Images from 0 to 1, `(batch, 64)`.
        noise: From a standard Gaussian, `(batch, latent)`.

    Returns:
        Two scalars, in nats an image.
    """
    x = keras.ops.convert_to_tensor(x)
    logits, mean, log_variance = model(x, noise)
    # -x log(p) - (1 - x) log(1 - p) with p = sigmoid(logits)
    cross = keras.ops.softplus(logits) - x * logits  # (batch, 64)
    # KL(N(mean, variance) || N(0, 1))
    variance = keras.ops.exp(log_variance)
    apart = (mean**2 + variance - 1 - log_variance) / 2  # (batch, latent)
    divergence = keras.ops.mean(keras.ops.sum(apart, axis=1))
    return keras.ops.mean(keras.ops.sum(cross, axis=1)) + divergence, divergence


def stepper(model: Any) -> Any:
    """Makes a compiled step `step(x, noise)` that returns what `bound` does.

    The noise comes from outside: from one seed, each framework draws other numbers.
    """
    return adam_step(lambda *batch: bound(model, *batch), model, 0.003, has_aux=True)


def main(epochs: int = 40, samples: int | None = None) -> dict[str, Any]:
    """Trains on four fifths of the digits, and measures on the rest.

    Args:
        epochs: How often the training images are seen.
        samples: How many images to take; all 1,797 by default.

    Returns:
        `loss` and `divergence` by epoch, in nats an image; `held_out`, the bound on
        the held-out fifth; `constant`, that of a constant image; and 32 `images` that
        the decoder makes of noise, `(32, 64)`.
    """
    x, _ = load(samples)
    x = x.reshape(len(x), PIXELS)
    test, x = np.split(x, [len(x) // 5])
    rng = np.random.default_rng(0)

    def noise(rows: int) -> Array:
        return array(rng.normal(size=(rows, LATENT)))

    model = Autoencoder()
    model(x[:1], noise(1))  # makes the weights
    seed_weights(model)
    step = stepper(model)
    numbers: list[Array] = []
    for _ in range(epochs):
        rows_of = batches(rng, len(x), BATCH)
        found = [step(x[rows], noise(BATCH)) for rows in rows_of]
        numbers.append(np.mean([[float(n) for n in pair] for pair in found], axis=0))
    held_out, _ = bound(model, test, noise(len(test)))
    mean = np.mean(x, axis=0).clip(1e-3, 1 - 1e-3)
    constant = -test * np.log(mean) - (1 - test) * np.log1p(-mean)
    made = keras.ops.sigmoid(model.decoder(noise(32)))
    return {
        "loss": np.asarray(numbers)[:, 0],
        "divergence": np.asarray(numbers)[:, 1],
        "held_out": float(keras.ops.convert_to_numpy(held_out)),
        "constant": float(np.mean(np.sum(constant, axis=1))),
        "images": keras.ops.convert_to_numpy(made),
    }


def plot(numbers: Any, figure: Any) -> None:
    """Draws 32 images that the decoder made."""
    draw_grid(numbers["images"].reshape(4, 8, 8, 8), figure)


if __name__ == "__main__":
    command(main, __doc__ or "", epochs=40, plot=plot)
