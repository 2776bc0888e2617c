"""What this project declares as cases; each is an item of pytest."""

import numpy as np
import pytest
from wavelets.functions import soft_threshold
from wavelets.layers import HaarDenoise
from wavelets.losses import CoefficientLoss

from multibackend import case, normal


def by_numpy(x):
    return np.sign(x) * np.maximum(np.abs(x) - 0.5, 0.0)


@case(reference=by_numpy, checks=["forward", "grad_inputs"])
def shrinks():
    return soft_threshold, normal(4, 6)


@case(checks=["forward", "grad_weights"])
@pytest.mark.requires_trainable_backend
def denoises():
    return HaarDenoise(), normal(2, 4, 6)


@pytest.mark.requires_trainable_backend
@case(checks=["forward"])
def weighs_the_details():
    return CoefficientLoss(), (normal(4, 6), normal(4, 6))
