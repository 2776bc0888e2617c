"""What a layer learnt from data stays what it learnt."""

from __future__ import annotations

import keras
import numpy as np

from multibackend import normal
from multibackend.parity.cases.case import Case
from multibackend.parity.run.once import build


def adapted():
    data = np.asarray(normal(5, 3))
    layer = keras.layers.Normalization()
    layer.adapt(data)
    return keras.Sequential([layer, keras.layers.Dense(2)]), data


def test_statistics_of_the_data_are_not_overwritten_and_weights_are():
    subject = build(Case("m:adapted", adapted, __file__, 1))
    layer, dense = subject.target.layers
    before = [np.array(variable.numpy()) for variable in layer.variables]

    subject.rewind()

    for variable, value in zip(layer.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    started = {id(start.variable) for start in subject.starts}
    assert started == {id(variable) for variable in dense.variables}
