"""PyTorch's layer normalization: one kernel, where the formula is ten of them."""
# pyright: reportMissingImports=false

from __future__ import annotations

from typing import Any

import torch

__all__ = ["standardized"]


def standardized(features: Any, epsilon: float) -> Any:
    """The features with mean 0 and variance 1 over the last axis."""
    return torch.nn.functional.layer_norm(features, features.shape[-1:], eps=epsilon)
