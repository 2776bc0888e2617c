"""Whether torch is compiling just now."""
# pyright: reportMissingImports=false

from __future__ import annotations

from typing import Any

import torch

__all__ = ["traced"]


def traced(_: Any) -> bool:
    """Whether this call is compiled, not run."""
    return bool(torch.compiler.is_compiling())
