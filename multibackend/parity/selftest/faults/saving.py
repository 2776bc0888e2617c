"""Faults: a config that lacks an argument, and weights that are saved in another order."""

from __future__ import annotations

from typing import Any

from multibackend.inputs import integers, normal, uniform
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant, altered

CONFIG = ("forward", "config")
SAVE = ("forward", "save")
DROPS = "serialization drops an argument"


def _dropping(base: Any, plant: Plant, argument: str) -> Any:
    """A class whose config lacks one argument on the victim."""

    def get_config(self: Any) -> Any:
        config = dict(base.get_config(self))
        del config[argument]
        return config

    return altered(base, plant, get_config=get_config)


@planted(DROPS, checks=CONFIG)
def dense_activation(plant: Plant) -> Any:
    import keras

    dense = _dropping(keras.layers.Dense, plant, "activation")
    return dense(8, activation="tanh"), normal(4, 16)


@planted(DROPS, checks=CONFIG, sizes=("1e-3",))
def layer_norm_epsilon_dropped(plant: Plant) -> Any:
    import keras

    norm = _dropping(keras.layers.LayerNormalization, plant, "epsilon")
    return norm(epsilon=0.01), normal(4, 16)


@planted(DROPS, checks=CONFIG)
def bias_comes_back(plant: Plant) -> Any:
    import keras

    dense = _dropping(keras.layers.Dense, plant, "use_bias")
    return dense(8, use_bias=False), normal(4, 16)


@planted(DROPS, checks=CONFIG)
def huber_delta_dropped(plant: Plant) -> Any:
    import keras

    loss = _dropping(keras.losses.Huber, plant, "delta")
    return loss(delta=0.3), (normal(4, 8), 2 * normal(4, 8))


@planted(DROPS, checks=CONFIG)
def threshold_dropped(plant: Plant) -> Any:
    import keras

    metric = _dropping(keras.metrics.BinaryAccuracy, plant, "threshold")
    batches = [(integers(16, 1, high=2), uniform(16, 1)) for _ in range(2)]
    return metric(threshold=0.2), batches


@planted(DROPS, checks=SAVE)
def activation_lost_in_the_file(plant: Plant) -> Any:
    import keras

    dense = _dropping(keras.layers.Dense, plant, "activation")
    layers = [keras.Input((16,)), dense(8, activation="tanh", name="hidden")]
    return keras.Sequential(layers), normal(4, 16)


def _pair(plant: Plant, **methods: Any) -> Any:
    """A layer with two kernels of one shape."""
    import keras

    class Pair(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            shape = (input_shape[-1], input_shape[-1])
            self.first = self.add_weight(name="first", shape=shape)
            self.second = self.add_weight(name="second", shape=shape)

        def call(self, inputs: Any) -> Any:
            hidden = keras.ops.tanh(keras.ops.matmul(inputs, self.first))
            return keras.ops.matmul(hidden, self.second)

    return altered(Pair, plant, **methods)


@planted("weight order", checks=SAVE)
def saved_in_another_order(plant: Plant) -> Any:
    def save_own_variables(self: Any, store: Any) -> None:
        store["0"], store["1"] = self.second.numpy(), self.first.numpy()

    return _pair(plant, save_own_variables=save_own_variables)(), normal(4, 8)


@planted("weight order", checks=SAVE)
def loaded_in_another_order(plant: Plant) -> Any:
    def load_own_variables(self: Any, store: Any) -> None:
        self.first.assign(store["1"])
        self.second.assign(store["0"])

    return _pair(plant, load_own_variables=load_own_variables)(), normal(4, 8)


@planted("weight order", checks=SAVE)
def kernel_saved_transposed(plant: Plant) -> Any:
    import keras

    def save_own_variables(self: Any, store: Any) -> None:
        store["0"] = self.kernel.numpy().T
        store["1"] = self.bias.numpy()

    dense = altered(keras.layers.Dense, plant, save_own_variables=save_own_variables)
    return dense(8), normal(4, 8)


@planted("weight order", checks=SAVE, sizes=("1e-3", "1e-5"))
def saved_less_exactly(plant: Plant) -> Any:
    import keras

    def save_own_variables(self: Any, store: Any) -> None:
        store["0"] = self.kernel.numpy() * (1 + plant.excess)
        store["1"] = self.bias.numpy()

    dense = altered(keras.layers.Dense, plant, save_own_variables=save_own_variables)
    return dense(8), normal(4, 16)
