"""Faults: one sub-layer of a model of 1 to 30 layers is off; the judge has to say which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from multibackend.inputs import normal
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant, altered, scaled

KIND = "one layer of a model"
FORWARD = ("forward",)

# Every layer is 8 to 8: JAX compiles every operation anew for every shape.
_WIDTH = 8

#: How many layers, the place of the faulty one, and the sizes to plant.
_TOWERS = (
    (1, 0, ("gross", "1e-3", "1e-5", "1e-11")),
    (2, 1, ("1e-3", "1e-11")),
    (3, 1, ("gross", "1e-5", "1e-11")),
    (5, 2, ("1e-3", "1e-11")),
    (8, 0, ("gross", "1e-3")),
    (13, 7, ("1e-3", "1e-11")),
    (21, 20, ("gross", "1e-11")),
    (30, 15, ("gross", "1e-3", "1e-11")),
)


def _tower(depth: int, place: int) -> Callable[[Plant], Any]:
    """A Sequential model in which the layer at `place` is off."""

    def tower(plant: Plant) -> Any:
        import keras

        faulty = scaled(keras.layers.Dense, plant)
        layers = [
            (faulty if at == place else keras.layers.Dense)(
                _WIDTH, activation="tanh", name=f"block_{at}"
            )
            for at in range(depth)
        ]
        return keras.Sequential(layers), normal(4, _WIDTH)

    tower.__name__ = f"tower_of_{depth}_at_{place}"
    return tower


for _depth, _place, _sizes in _TOWERS:
    _ = planted(KIND, checks=FORWARD, sizes=_sizes, site=f"block_{_place}")(
        _tower(_depth, _place)
    )


@planted(KIND, checks=FORWARD, sizes=("gross", "1e-3"), site="inner/block_1")
def nested(plant: Plant) -> Any:
    import keras

    faulty = scaled(keras.layers.Dense, plant)
    inner = keras.Sequential(
        [
            keras.layers.Dense(_WIDTH, name="block_0"),
            faulty(_WIDTH, name="block_1"),
        ],
        name="inner",
    )
    last = keras.layers.Dense(_WIDTH, name="last")
    return keras.Sequential([inner, last]), normal(4, _WIDTH)


@planted(KIND, checks=FORWARD, sizes=("gross", "1e-3", "1e-11"), site="norm_2")
def residual(plant: Plant) -> Any:
    import keras

    faulty = scaled(keras.layers.LayerNormalization, plant)
    start = keras.Input((_WIDTH,))
    x = start
    for at in range(4):
        norm = (faulty if at == 2 else keras.layers.LayerNormalization)(
            name=f"norm_{at}"
        )
        dense = keras.layers.Dense(_WIDTH, activation="tanh", name=f"dense_at_{at}")
        x = keras.layers.Add(name=f"add_at_{at}")([x, dense(norm(x))])
    return keras.Model(start, x), normal(4, _WIDTH)


@planted(KIND, checks=FORWARD, sizes=("gross", "1e-3"), site="pool")
def small_image_model(plant: Plant) -> Any:
    import keras

    faulty = scaled(keras.layers.MaxPooling2D, plant)
    layers = [
        keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
        faulty(2, name="pool"),
        keras.layers.Flatten(name="flat"),
        keras.layers.Dense(_WIDTH, name="head"),
    ]
    return keras.Sequential(layers), normal(2, 8, 8, 3)


@planted(KIND, checks=("forward", "training"), sizes=("gross", "1e-3"), site="norm")
def epsilon_of_one_layer(plant: Plant) -> Any:
    import keras

    epsilon = 0.01 * plant.factor
    layers = [
        keras.layers.Dense(_WIDTH, name="first"),
        keras.layers.BatchNormalization(epsilon=epsilon, name="norm"),
        keras.layers.Dense(_WIDTH, name="last"),
    ]
    return keras.Sequential(layers), normal(4, _WIDTH)


@planted(KIND, checks=FORWARD, site="attention")
def attention_without_its_scale(plant: Plant) -> Any:
    import keras

    base = keras.layers.Attention
    faulty = scaled(base, plant)

    class Block(keras.layers.Layer):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.project = keras.layers.Dense(_WIDTH)
            self.attention = faulty()
            self.head = keras.layers.Dense(_WIDTH)

        def build(self, input_shape: Any) -> None:
            self.project.build(input_shape)
            self.head.build(input_shape)

        def call(self, inputs: Any) -> Any:
            projected = self.project(inputs)
            return self.head(self.attention([projected, projected]))

    return Block(), normal(2, 4, _WIDTH)


@planted(KIND, checks=("fit",), sizes=("gross", "1e-3"))
def one_layer_trains_slower(plant: Plant) -> Any:
    import keras

    base = keras.layers.Dense

    def call(self: Any, inputs: Any) -> Any:
        return plant.slope_off(base.call(self, inputs))

    faulty = altered(base, plant, call=call)
    layers = [
        keras.Input((_WIDTH,)),
        keras.layers.Dense(_WIDTH, activation="tanh", name="first"),
        faulty(_WIDTH, activation="tanh", name="second"),
        keras.layers.Dense(1, name="last"),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mean_squared_error")
    return model, (normal(8, _WIDTH), normal(8, 1))
