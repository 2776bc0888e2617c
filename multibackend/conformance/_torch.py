"""What samples need of PyTorch itself, beside Keras."""
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import torch

__all__ = ["check_distributions", "draws_put_back"]


@contextmanager
def draws_put_back() -> Generator[None]:
    """Puts the generator of the framework back, from which some functions draw."""
    with torch.random.fork_rng(devices=[]):
        yield


def check_distributions(*, checked: bool) -> None:
    """Has distributions check their parameters, which `torch.compile` switches off."""
    torch.distributions.Distribution.set_default_validate_args(checked)
