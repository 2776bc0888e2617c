"""Ordinary tests, some of which ask every backend."""

import keras
import numpy as np
import pytest
from wavelets.layers import HaarDenoise
from wavelets.losses import Energy

import multibackend


def test_a_layer_agrees(check_agreement):
    layer = HaarDenoise(0.2)
    assert check_agreement(layer, multibackend.normal(2, 4, 6), checks="forward")


def test_a_metric_agrees(check_agreement):
    x = np.linspace(-1.0, 1.0, 12, dtype="float32").reshape(4, 3)
    check_agreement(Energy(), (x, x), checks=["forward", "state"])


def test_a_function_made_here_agrees(check_agreement):
    scale = np.float32(1.5)
    layer = HaarDenoise()
    layer(np.ones((1, 4, 6), "float32"))

    found = check_agreement(
        lambda x: scale * layer(x), multibackend.normal(2, 4, 6), checks="forward"
    )
    assert found.ok


def test_a_difference_is_an_assertion_that_fails(check_agreement):
    def off(x):
        wrong = 1e-3 if keras.config.backend() == "jax" else 0.0
        return keras.ops.tanh(x) + wrong

    with pytest.raises(AssertionError, match="forward: differ: jax"):
        check_agreement(
            off, multibackend.normal(4, 6), checks="forward", reference=np.tanh
        )


@pytest.mark.requires_trainable_backend
def test_a_gradient_step_lowers_the_loss():
    model = keras.Sequential(
        [keras.Input((4, 6)), HaarDenoise(), keras.layers.Flatten()]
    )
    model.compile("sgd", "mse")
    x = np.ones((8, 4, 6), "float32")
    history = model.fit(x, 2 * x.reshape(8, 24), epochs=2, verbose=0).history["loss"]
    assert history[1] <= history[0]
