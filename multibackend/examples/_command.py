"""The command line that training examples share: `--epochs` and `--plot`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from multibackend.errors import EnvironmentUnfitError

__all__ = ["command"]

Numbers = Mapping[str, Any]


def command(
    main: Callable[..., Numbers],
    about: str,
    *,
    epochs: int,
    plot: Callable[[Numbers, Any], None] | None = None,
) -> None:
    """Runs an example from the command line and prints the numbers it returns.

    Args:
        main: Called with `epochs=...`; returns named numbers, and arrays by epoch.
        about: The docstring of the example, whose first line `--help` shows.
        epochs: The default of `--epochs`.
        plot: Draws the numbers into a Matplotlib figure, for `--plot FILE`.
    """
    parser = argparse.ArgumentParser(description=about.partition("\n")[0])
    _ = parser.add_argument(
        "--epochs", type=int, default=epochs, help=f"how many ({epochs} by default)"
    )
    if plot is not None:
        _ = parser.add_argument(
            "--plot", type=Path, help="draw the result into this file"
        )
    asked = parser.parse_args()
    if asked.epochs < 1:
        parser.error(f"expected --epochs to be positive, received {asked.epochs}")
    numbers = main(epochs=asked.epochs)
    print(f"backend: {keras.config.backend()}")
    for name, value in numbers.items():
        array = keras.ops.convert_to_numpy(value)
        if array.ndim == 0:
            print(f"{name}: {float(array):.4g}")
        elif array.ndim == 1:  # by epoch
            print(
                f"{name}: {float(array[0]):.4g} at first, {float(array[-1]):.4g} last"
            )
    if plot is not None and asked.plot is not None:
        _draw(plot, numbers, asked.plot)


def _draw(plot: Callable[[Numbers, Any], None], numbers: Numbers, file: Path) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        message = (
            "Expected Matplotlib for --plot, found none. "
            "Install it: python -m pip install 'keras-multibackend[plot]'"
        )
        raise EnvironmentUnfitError(message) from None
    figure = Figure(figsize=(8, 4), layout="constrained")
    plot(numbers, figure)
    figure.savefig(file)
    print(f"drawn: {file}")
