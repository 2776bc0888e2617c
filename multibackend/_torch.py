"""What the library must ask PyTorch itself."""
# pyright: reportMissingImports=false

from __future__ import annotations

import torch

__all__ = ["compiling"]


def compiling() -> bool:
    """Whether `torch.compile` reads the code just now: then no tensor has values."""
    return bool(torch.compiler.is_compiling())
