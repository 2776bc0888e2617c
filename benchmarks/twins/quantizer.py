"""Twins of the vector quantizer."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import numpy as np

from twins import Twin


def _vector_quantizer() -> tuple[Any, Any, tuple[Any, ...]]:
    import keras

    from multibackend.layers import VectorQuantizer

    inputs = np.random.default_rng(0).normal(size=(16, 256, 64)).astype("float32")
    theirs = None
    there = importlib.util.find_spec("vector_quantize_pytorch") is not None
    if there and keras.config.backend() == "torch":
        peer = importlib.import_module("vector_quantize_pytorch")
        theirs = peer.VectorQuantize(
            dim=64, codebook_size=512, decay=0.99, rotation_trick=False
        )
    ours = VectorQuantizer(512, moving_average=True, commitment=1.0)
    return ours, theirs, (inputs,)


TWINS = [
    Twin(
        "VectorQuantizer",
        "vector_quantize_pytorch.VectorQuantize",
        _vector_quantizer,
        backends=("torch",),
    )
]
