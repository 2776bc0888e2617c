"""Whether JAX is tracing just now."""
# pyright: reportMissingImports=false

from __future__ import annotations

from typing import Any

import jax.core

__all__ = ["traced"]


def traced(tensor: Any) -> bool:
    """Whether this call is traced, not run."""
    return isinstance(tensor, jax.core.Tracer)
