"""Metrics written once in `keras.ops`, the same on every backend."""

# First: chooses a backend where nobody did, before Keras starts.
from multibackend import _default as _default

__all__ = []
