"""JAX inside a child: its switches, its device and its float64."""
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import jax


def prepare(threads: int) -> dict[str, Any]:
    """Asks for full float32 products, never TF32; returns what was set."""
    jax.config.update("jax_default_matmul_precision", "highest")
    return {"matmul_precision": "highest", "threads": threads}


def device(tensor: Any) -> tuple[str, str]:
    """Kind (`cpu` or `gpu`) and name of the device that holds a tensor."""
    held = next(iter(tensor.devices()))
    return str(held.platform), str(held.device_kind)


@contextmanager
def wide() -> Generator[None]:
    """JAX computes in float64 only while x64 is on."""
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - JAX takes it by place
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)
