"""Faults: the wrong axis, side or layout, and symbolic shapes that are not the real."""

from __future__ import annotations

from typing import Any

from multibackend.inputs import normal
from multibackend.parity.selftest.fault import planted
from multibackend.parity.selftest.plant import Plant, altered

SPEC = ("forward", "spec")
FORWARD = ("forward",)
LAYOUT = ("forward", "layout")


@planted("shape spec", checks=SPEC)
def one_unit_more(plant: Plant) -> Any:
    import keras

    def compute_output_shape(self: Any, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.units + 1)

    base = keras.layers.Dense
    return altered(base, plant, compute_output_shape=compute_output_shape)(8), normal(
        4, 16
    )


@planted("shape spec", checks=SPEC)
def unknown_batch_is_lost(plant: Plant) -> Any:
    import keras

    def compute_output_shape(self: Any, input_shape: Any) -> Any:
        batch = 1 if input_shape[0] is None else input_shape[0]
        return (batch, *input_shape[1:-1], self.units)

    base = keras.layers.Dense
    return altered(base, plant, compute_output_shape=compute_output_shape)(8), normal(
        4, 16
    )


@planted("shape spec", checks=SPEC)
def another_dtype_is_promised(plant: Plant) -> Any:
    import keras

    def compute_output_spec(self: Any, inputs: Any) -> Any:
        shape = (*inputs.shape[:-1], self.units)
        return keras.KerasTensor(shape, dtype="int32")

    base = keras.layers.Dense
    return altered(base, plant, compute_output_spec=compute_output_spec)(8), normal(
        4, 16
    )


@planted("shape spec", checks=SPEC)
def strides_are_forgotten(plant: Plant) -> Any:
    import keras

    def compute_output_shape(self: Any, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.filters)

    base = keras.layers.Conv1D
    return altered(base, plant, compute_output_shape=compute_output_shape)(
        4, 3, strides=2, padding="same"
    ), normal(2, 8, 4)


@planted("axis", checks=FORWARD)
def norm_over_steps(plant: Plant) -> Any:
    import keras

    axis = plant.pick(-2, -1)
    return keras.layers.LayerNormalization(axis=axis), normal(2, 4, 4)


@planted("axis", checks=FORWARD)
def softmax_over_rows(plant: Plant) -> Any:
    import keras

    return lambda x: keras.ops.softmax(x, axis=plant.pick(0, -1)), normal(4, 16)


@planted("axis", checks=("forward", "training"))
def batch_norm_over_steps(plant: Plant) -> Any:
    import keras

    axis = plant.pick(1, -1)
    return keras.layers.BatchNormalization(axis=axis), normal(2, 4, 4)


@planted("axis", checks=FORWARD)
def joined_along_rows(plant: Plant) -> Any:
    import keras

    axis = plant.pick(1, 2)
    return (
        lambda x, y: keras.ops.concatenate([x, y], axis=axis),
        normal(2, 4, 4),
        normal(2, 4, 4),
    )


@planted("axis", checks=FORWARD)
def cumulative_over_rows(plant: Plant) -> Any:
    import keras

    return lambda x: keras.ops.cumsum(x, axis=plant.pick(0, 1)), normal(4, 4)


@planted("padding side", checks=FORWARD)
def causal_or_same(plant: Plant) -> Any:
    import keras

    padding = plant.pick("same", "causal")
    return keras.layers.Conv1D(4, 3, padding=padding), normal(2, 8, 4)


@planted("padding side", checks=FORWARD)
def zeros_before_or_behind(plant: Plant) -> Any:
    import keras

    return keras.layers.ZeroPadding1D(plant.pick((1, 0), (0, 1))), normal(2, 8, 4)


@planted("padding side", checks=FORWARD)
def even_kernel_pads_left(plant: Plant) -> Any:
    import keras

    base = keras.layers.AveragePooling1D

    def call(self: Any, inputs: Any) -> Any:
        flipped = base.call(self, keras.ops.flip(inputs, axis=1))
        return keras.ops.flip(flipped, axis=1)

    return altered(base, plant, call=call)(2, strides=1, padding="same"), normal(
        2, 8, 4
    )


@planted("padding side", checks=FORWARD)
def stride_starts_at_the_other_end(plant: Plant) -> Any:
    import keras

    base = keras.layers.MaxPooling1D

    def call(self: Any, inputs: Any) -> Any:
        flipped = base.call(self, keras.ops.flip(inputs, axis=1))
        return keras.ops.flip(flipped, axis=1)

    return altered(base, plant, call=call)(3, strides=2, padding="same"), normal(
        2, 8, 4
    )


@planted("padding side", checks=FORWARD)
def cropped_at_the_other_side(plant: Plant) -> Any:
    import keras

    return keras.layers.Cropping1D(plant.pick((2, 1), (1, 2))), normal(2, 8, 4)


@planted("data format", checks=FORWARD)
def pooled_over_channels(plant: Plant) -> Any:
    import keras

    layout = plant.pick("channels_first", "channels_last")
    return keras.layers.MaxPooling2D(2, data_format=layout), normal(2, 4, 4, 4)


@planted("data format", checks=FORWARD)
def averaged_over_channels(plant: Plant) -> Any:
    import keras

    layout = plant.pick("channels_first", "channels_last")
    pool = keras.layers.GlobalAveragePooling2D(data_format=layout)
    return pool, normal(2, 4, 4, 4)


@planted("data format", checks=FORWARD)
def flattened_in_another_order(plant: Plant) -> Any:
    import keras

    layout = plant.pick("channels_first", "channels_last")
    return keras.layers.Flatten(data_format=layout), normal(2, 4, 4, 4)


@planted("data format", checks=LAYOUT, sizes=("gross", "1e-3"))
def only_channels_first_is_off(plant: Plant) -> Any:
    import keras

    base = keras.layers.GlobalAveragePooling2D

    def call(self: Any, inputs: Any) -> Any:
        outputs = base.call(self, inputs)
        first = self.data_format == "channels_first"
        return plant.off(outputs) if first else outputs

    return altered(base, plant, call=call)(), normal(2, 4, 4, 4)
