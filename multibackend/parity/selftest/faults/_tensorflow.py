"""Whether TensorFlow is tracing just now."""
# pyright: reportMissingImports=false

from __future__ import annotations

from typing import Any

import tensorflow as tf

__all__ = ["traced"]


def traced(_: Any) -> bool:
    """Whether this call becomes part of a graph."""
    return not tf.executing_eagerly()
