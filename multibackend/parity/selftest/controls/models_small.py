"""Controls: compiled models of a few layers, each with another optimizer and loss."""

from __future__ import annotations

from typing import Any

from multibackend.inputs import integers, normal, tokens, uniform
from multibackend.parity.selftest.controls.declare import Table, declare, keras
from multibackend.parity.selftest.controls.inputs import Array, images, one_hot


def _examples() -> tuple[Array, Array]:
    return normal(8, 4), normal(8, 3)


def _compiled(model: Any, optimizer: Any, loss: Any, *metrics: Any) -> Any:
    model.compile(optimizer=optimizer, loss=loss, metrics=list(metrics))
    return model


def _sequential(*layers: Any) -> Any:
    return keras.Sequential([keras.Input((4,)), *layers])


def _classifier() -> Any:
    layers = keras.layers
    model = _sequential(layers.Dense(8, "tanh"), layers.Dense(4, "softmax"))
    optimizer = keras.optimizers.Adam(0.0625, beta_1=0.75, beta_2=0.875)
    accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")
    loss = keras.losses.CategoricalCrossentropy()
    return _compiled(model, optimizer, loss, accuracy), (normal(8, 4), one_hot())


def _regression() -> Any:
    layers = keras.layers
    model = _sequential(layers.Dense(8, "silu"), layers.Dense(3))
    optimizer = keras.optimizers.SGD(0.125, momentum=0.75, nesterov=True)
    error = keras.metrics.MeanAbsoluteError(name="error")
    loss = keras.losses.MeanSquaredError()
    return _compiled(model, optimizer, loss, error), _examples()


def _residual() -> Any:
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(4, "tanh")(inputs)
    hidden = keras.layers.LayerNormalization()(hidden + inputs)
    outputs = keras.layers.Dense(3)(hidden)
    model = keras.Model(inputs, outputs)
    optimizer = keras.optimizers.RMSprop(0.0625, rho=0.75)
    return _compiled(model, optimizer, keras.losses.Huber(0.5)), _examples()


def _two_inputs() -> Any:
    one, two = keras.Input((4,), name="one"), keras.Input((4,), name="two")
    shared = keras.layers.Dense(4, "sigmoid")  # the same weights on both
    joined = keras.layers.Concatenate()([shared(one), shared(two)])
    model = keras.Model([one, two], keras.layers.Dense(3)(joined))
    optimizer = keras.optimizers.Adagrad(0.0625, initial_accumulator_value=0.125)
    loss = keras.losses.MeanAbsoluteError()
    return _compiled(model, optimizer, loss), (
        [normal(8, 4), normal(8, 4)],
        normal(8, 3),
    )


def _two_outputs() -> Any:
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(8, "softplus")(inputs)
    numbers = keras.layers.Dense(3, name="numbers")(hidden)
    classes = keras.layers.Dense(1, "sigmoid", name="classes")(hidden)
    model = keras.Model(inputs, {"numbers": numbers, "classes": classes})
    model.compile(
        optimizer=keras.optimizers.SGD(0.125),
        loss={"numbers": "mse", "classes": "binary_crossentropy"},
        loss_weights={"numbers": 0.5, "classes": 1.0},
    )
    targets = {"numbers": normal(8, 3), "classes": integers(8, 1, high=2)}
    return model, (normal(8, 4), targets)


def _convolutional() -> Any:
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.Conv2D(4, 3, activation="tanh"),
            keras.layers.AveragePooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(4),
        ]
    )
    optimizer = keras.optimizers.Adamax(0.0625, beta_1=0.75, beta_2=0.875)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return _compiled(model, optimizer, loss), (images(), integers(2, high=4))


def _batch_normalized() -> Any:
    layers = keras.layers
    normalization = layers.BatchNormalization(momentum=0.75, epsilon=2.0**-10)
    # The normalization takes away any bias: its gradient would be rounding alone.
    dense = layers.Dense(8, use_bias=False)
    model = _sequential(dense, normalization, layers.Dense(3))
    optimizer = keras.optimizers.AdamW(0.0625, 0.125, beta_1=0.75, beta_2=0.875)
    return _compiled(model, optimizer, keras.losses.MeanSquaredError()), _examples()


def _recurrent() -> Any:
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            keras.layers.Embedding(12, 8, mask_zero=True),
            keras.layers.GRU(4),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )
    optimizer = keras.optimizers.SGD(0.125, clipnorm=1.0)
    loss = keras.losses.BinaryCrossentropy()
    pair = tokens(8, 5, vocabulary=12), integers(8, 1, high=2)
    return _compiled(model, optimizer, loss), pair


def _attentive() -> Any:
    inputs = keras.Input((5, 8))
    attended = keras.layers.Attention()([inputs, inputs])
    pooled = keras.layers.GlobalAveragePooling1D()(inputs + attended)
    model = keras.Model(inputs, keras.layers.Dense(3)(pooled))
    optimizer = keras.optimizers.Lion(0.0625, beta_1=0.75, beta_2=0.875)
    loss = keras.losses.MeanSquaredError()
    return _compiled(model, optimizer, loss), (normal(8, 5, 8), normal(8, 3))


def _penalized() -> Any:
    penalty = keras.regularizers.L1L2(0.125, 0.25)
    model = _sequential(keras.layers.Dense(3, kernel_regularizer=penalty))
    optimizer = keras.optimizers.Ftrl(0.0625, initial_accumulator_value=0.125)
    loss = keras.losses.Poisson()
    positive = uniform(8, 4, low=0.5, high=1.0), uniform(8, 3, low=0.5, high=1.0)
    model.add(keras.layers.Activation("softplus"))
    return _compiled(model, optimizer, loss), positive


CONTROLS: Table = {
    "classifier": _classifier,
    "regression": _regression,
    "residual_block": _residual,
    "two_inputs": _two_inputs,
    "two_outputs": _two_outputs,
    "convolutional": _convolutional,
    "batch_normalized": _batch_normalized,
    "recurrent": _recurrent,
    "attentive": _attentive,
    "penalized": _penalized,
}

declare(CONTROLS)
