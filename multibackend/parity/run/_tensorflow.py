"""TensorFlow inside a child: its switches, its device and its float64."""
# pyright: reportMissingImports=false

from __future__ import annotations

from typing import Any

import tensorflow as tf

from multibackend.parity.checks._tensorflow import wide

__all__ = ["device", "prepare", "wide"]


def prepare(threads: int) -> dict[str, Any]:
    """Sets threads and TF32; returns what was set."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_tensor_float_32_execution(enabled=False)
    return {"tf32": False, "threads": threads}


def device(tensor: Any) -> tuple[str, str]:
    """Kind (`cpu` or `gpu`) and name of the device that holds a tensor."""
    kind = tf.DeviceSpec.from_string(tensor.device).device_type.lower()
    if kind == "gpu":
        held = tf.config.list_physical_devices("GPU")[0]
        details = tf.config.experimental.get_device_details(held)
        return kind, str(details.get("device_name", "gpu"))
    return kind, "cpu"
