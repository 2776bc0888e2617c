"""Images in both layouts: which axes are space, and which one holds the channels."""

from __future__ import annotations

from typing import Any

import keras

from multibackend._arguments import one_of

__all__ = ["channel_axis", "data_format_of", "space_axes"]


def data_format_of(value: Any) -> str:
    """Returns the layout, that of Keras' configuration for `None`.

    Raises:
        ValueError: It is no layout.
    """
    return one_of(
        "data_format",
        keras.config.image_data_format() if value is None else value,
        ("channels_last", "channels_first"),
        "It says where the axis of the channels is.",
    )


def channel_axis(data_format: str) -> int:
    """The axis of the channels: the last, or the one behind the batch."""
    return -1 if data_format == "channels_last" else 1


def space_axes(data_format: str, rank: int) -> tuple[int, ...]:
    """The axes between batch and channels of a tensor of `rank` axes."""
    first = 1 if data_format == "channels_last" else 2
    return tuple(range(first, first + rank - 2))
