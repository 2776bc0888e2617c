"""The state of PyTorch's own generators."""
# pyright: reportMissingImports=false

from __future__ import annotations

import torch


def state() -> bytes:
    """The state of every generator that draws where none is named, as bytes."""
    states = [torch.get_rng_state()]
    if torch.cuda.is_available():
        states += torch.cuda.get_rng_state_all()
    return b"".join(one.numpy().tobytes() for one in states)
