"""Spectral convolutions against the fast transforms of PyTorch, as the authors use them."""

import keras
import numpy as np
import pytest
import torch

from multibackend.inputs import normal
from multibackend.layers import SpectralConv1D, SpectralConv2D
from multibackend.weights import seed_weights

EPS = np.finfo("float32").eps


def started(layer, x):
    layer.build(x.shape)
    seed_weights(layer)
    real, imag = (
        torch.from_numpy(keras.ops.convert_to_numpy(w).copy()) for w in layer.weights
    )
    return layer, torch.complex(real, imag).requires_grad_()


def line(x, kernel):
    """`SpectralConv1d.forward` of https://arxiv.org/abs/2010.08895, modes first here."""
    modes, _, filters = kernel.shape
    spectrum = torch.fft.rfft(x)
    kept = torch.zeros(len(x), filters, x.shape[-1] // 2 + 1, dtype=torch.cfloat)
    kept[:, :, :modes] = torch.einsum("bix,xio->box", spectrum[:, :, :modes], kernel)
    return torch.fft.irfft(kept, n=x.shape[-1])


def plane(x, kernel):
    """`SpectralConv2d.forward`, with both blocks of weights in one array."""
    both, broad, _, filters = kernel.shape
    high = both // 2
    spectrum = torch.fft.rfft2(x)
    shape = (len(x), filters, x.shape[-2], x.shape[-1] // 2 + 1)
    kept = torch.zeros(shape, dtype=torch.cfloat)
    rule = "bixy,xyio->boxy"
    kept[:, :, :high, :broad] = torch.einsum(
        rule, spectrum[:, :, :high, :broad], kernel[:high]
    )
    kept[:, :, -high:, :broad] = torch.einsum(
        rule, spectrum[:, :, -high:, :broad], kernel[high:]
    )
    return torch.fft.irfft2(kept, s=x.shape[-2:])


@pytest.mark.parametrize(
    ("kind", "modes", "space"),
    [
        (SpectralConv1D, 1, (8,)),
        (SpectralConv1D, 5, (8,)),
        (SpectralConv1D, 16, (101,)),
        (SpectralConv2D, (2, 3), (8, 8)),
        (SpectralConv2D, (6, 7), (12, 12)),
        (SpectralConv2D, (4, 5), (21, 30)),
    ],
    ids=str,
)
@pytest.mark.parametrize("layout", ["channels_first", "channels_last"])
def test_outputs_and_gradients_are_those_of_the_authors_code(
    kind, modes, space, layout
):
    last = layout == "channels_last"
    x = normal(2, 3, *space, seed=1)
    cotangent = torch.from_numpy(normal(2, 4, *space, seed=2))
    given = np.moveaxis(x, 1, -1) if last else x
    layer, kernel = started(kind(4, modes, data_format=layout), given)

    theirs = torch.from_numpy(x).requires_grad_()
    want = (line if len(space) == 1 else plane)(theirs, kernel)
    want_slopes = torch.autograd.grad((want * cotangent).sum(), [theirs, kernel])

    ours = torch.from_numpy(np.ascontiguousarray(given)).requires_grad_()
    got = layer(ours)
    got = torch.movedim(got, -1, 1) if last else got
    values = [w.value for w in layer.weights]
    slopes = torch.autograd.grad((got * cotangent).sum(), [ours, *values])
    first = torch.movedim(slopes[0], -1, 1) if last else slopes[0]

    for mine, other in (
        (got, want),
        (first, want_slopes[0]),
        (slopes[1], want_slopes[1].real),
        (slopes[2], want_slopes[1].imag),
    ):
        assert mine.shape == other.shape
        bound = 32 * EPS * max(1, other.abs().max().item())
        assert (mine - other).abs().max().item() <= bound
