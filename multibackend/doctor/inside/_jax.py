"""JAX as it stands in the user's environment: read, never set."""
# pyright: reportMissingImports=false

from __future__ import annotations

import importlib.metadata
import re
from typing import Any

import jax

from multibackend.parity.run._jax import device

__all__ = ["device", "facts"]

#: What still multiplies float32 in full.
_FULL = (None, "highest", "float32", "BF16_BF16_F32_X9", "F32_F32_F32")


def facts() -> dict[str, Any]:
    """What JAX says of itself, by the fields of `Computation`."""
    devices = jax.devices()
    precision = jax.config.jax_default_matmul_precision
    # Where nothing is asked for, a GPU may take TF32.
    narrow = precision is None or precision not in _FULL
    return {
        "framework": str(jax.__version__),
        "devices": tuple(str(each.device_kind) for each in devices),
        "capability": _capability(devices[0]),
        "cuda": _cuda(),
        "gpu": any(each.platform == "gpu" for each in devices),
        "tf32_allowed": ("matmul", "convolution") if narrow else (),
        "precision": precision or "default",
        "x64": bool(jax.config.jax_enable_x64),
        "jit": not jax.config.jax_disable_jit,
    }


def _cuda() -> str | None:
    """The CUDA that the plugin was built for: its name says it, jaxlib has none."""
    names = (each.name or "" for each in importlib.metadata.distributions())
    found = (re.fullmatch(r"jax[-_]cuda(\d+)[-_]plugin", name) for name in names)
    return next((match[1] for match in found if match), None)


def _capability(one: Any) -> float | None:
    told = getattr(one, "compute_capability", None)
    return None if told is None else float(told)
