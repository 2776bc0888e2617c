"""JAX inside a child: its switches, its device and its float64."""
# pyright: reportMissingImports=false

from __future__ import annotations

import os
from typing import Any

import jax

from multibackend.parity.checks._jax import wide
from multibackend.parity.run._contexts_jax import share_contexts

__all__ = ["device", "prepare", "wide"]


def prepare(threads: int) -> dict[str, Any]:
    """Asks for full float32 products, never TF32; returns what was set.

    Random bits come from the older form of threefry, of the same distribution: every
    shape of an initial weight is compiled anew, and the newer form takes more than
    twice as long to compile (measured with JAX 0.10.2: 14 s against 6 s for 24 draws).
    """
    jax.config.update("jax_default_matmul_precision", "highest")
    jax.config.update("jax_threefry_partitionable", False)  # noqa: FBT003 - as JAX does
    return {
        "matmul_precision": "highest",
        "threefry_partitionable": False,
        "shared_mlir_contexts": share_contexts(),
        "threads": threads,
        "xla_flags": os.environ.get("XLA_FLAGS", ""),
    }


def device(tensor: Any) -> tuple[str, str]:
    """Kind (`cpu` or `gpu`) and name of the device that holds a tensor."""
    held = next(iter(tensor.devices()))
    return str(held.platform), str(held.device_kind)
