"""PyTorch as it stands in the user's environment: read, never set."""
# pyright: reportMissingImports=false

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path
from typing import Any

import torch

from multibackend.doctor.surroundings import usual_compiler
from multibackend.parity.run._torch import device

__all__ = ["device", "facts"]


def facts() -> dict[str, Any]:
    """What PyTorch says of itself, by the fields of `Computation`."""
    gpu = torch.cuda.is_available()
    precision = torch.get_float32_matmul_precision()
    allowed = {
        "matmul": precision != "highest",
        "convolution": torch.backends.cudnn.allow_tf32,
    }
    return {
        "framework": str(torch.__version__),
        "devices": tuple(map(torch.cuda.get_device_name, _gpus(gpu=gpu))),
        "capability": _capability() if gpu else None,
        "cuda": torch.version.cuda,
        "gpu": gpu,
        "tf32_allowed": tuple(name for name, on in allowed.items() if on),
        "precision": precision,
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "threads": {
            "in an operation": torch.get_num_threads(),
            "between operations": torch.get_num_interop_threads(),
        },
        "compiler": _compiler(),
        "python_headers": (Path(sysconfig.get_path("include")) / "Python.h").is_file(),
    }


def _gpus(*, gpu: bool) -> range:
    return range(torch.cuda.device_count() if gpu else 0)


def _capability() -> float:
    major, minor = torch.cuda.get_device_capability()
    return float(f"{major}.{minor}")


def _compiler() -> str | None:
    """The compiler that Inductor takes (torch/_inductor/config.py, 2.6 to 2.13)."""
    return shutil.which(os.environ.get("CXX") or usual_compiler())
