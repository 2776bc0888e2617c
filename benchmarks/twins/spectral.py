"""Twins of the spectral convolutions: the authors' code, by PyTorch's fast transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

from twins import Twin


def _waves(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def _line() -> tuple[Any, Any, tuple[Any, ...]]:
    import torch

    from multibackend.layers import SpectralConv1D

    class Authors(torch.nn.Module):
        """`SpectralConv1d` of https://arxiv.org/abs/2010.08895."""

        def __init__(self) -> None:
            super().__init__()
            draws = torch.rand(32, 32, 16, dtype=torch.cfloat) / 32**2
            self.kernel = torch.nn.Parameter(draws)

        def forward(self, x: Any) -> Any:
            spectrum = torch.fft.rfft(x)
            kept = torch.zeros_like(spectrum)
            kept[:, :, :16] = torch.einsum(
                "bix,iox->box", spectrum[:, :, :16], self.kernel
            )
            return torch.fft.irfft(kept, n=x.shape[-1])

    ours = SpectralConv1D(32, 16, data_format="channels_first")
    return ours, Authors(), (_waves(16, 32, 1024),)


def _plane() -> tuple[Any, Any, tuple[Any, ...]]:
    import torch

    from multibackend.layers import SpectralConv2D

    class Authors(torch.nn.Module):
        """`SpectralConv2d` of https://arxiv.org/abs/2010.08895."""

        def __init__(self) -> None:
            super().__init__()
            draws = torch.rand(2, 32, 32, 12, 12, dtype=torch.cfloat) / 32**2
            self.kernel = torch.nn.Parameter(draws)

        def forward(self, x: Any) -> Any:
            spectrum = torch.fft.rfft2(x)
            kept = torch.zeros_like(spectrum)
            kept[:, :, :12, :12] = torch.einsum(
                "bixy,ioxy->boxy", spectrum[:, :, :12, :12], self.kernel[0]
            )
            kept[:, :, -12:, :12] = torch.einsum(
                "bixy,ioxy->boxy", spectrum[:, :, -12:, :12], self.kernel[1]
            )
            return torch.fft.irfft2(kept, s=x.shape[-2:])

    ours = SpectralConv2D(32, 12, data_format="channels_first")
    return ours, Authors(), (_waves(8, 32, 64, 64),)


TWINS = [
    Twin("SpectralConv1D", "the authors' code by torch.fft", _line, ("torch",)),
    Twin("SpectralConv2D", "the authors' code by torch.fft", _plane, ("torch",)),
]
