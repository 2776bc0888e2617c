"""PyTorch inside a child: its switches, its device and its float64."""
# pyright: reportMissingImports=false

from __future__ import annotations

from typing import Any

import torch

from multibackend.parity.checks._torch import wide

__all__ = ["device", "prepare", "wide"]


def prepare(threads: int) -> dict[str, Any]:
    """Sets threads, TF32 and determinism; returns what was set."""
    torch.set_num_threads(threads)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    torch.use_deterministic_algorithms(mode=True, warn_only=True)
    return {"tf32": False, "deterministic": True, "threads": threads}


def device(tensor: Any) -> tuple[str, str]:
    """Kind (`cpu` or `gpu`) and name of the device that holds a tensor."""
    if tensor.device.type == "cuda":
        return "gpu", torch.cuda.get_device_name(tensor.device)
    return str(tensor.device.type), "cpu"
