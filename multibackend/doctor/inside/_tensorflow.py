"""TensorFlow as it stands in the user's environment: read, never set."""
# pyright: reportMissingImports=false

from __future__ import annotations

import os
from typing import Any

import tensorflow as tf

from multibackend.parity.run._tensorflow import device

__all__ = ["device", "facts"]


def facts() -> dict[str, Any]:
    """What TensorFlow says of itself, by the fields of `Computation`."""
    gpus = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(each) for each in gpus]
    tf32 = tf.config.experimental.tensor_float_32_execution_enabled()
    threading = tf.config.threading
    return {
        "framework": str(tf.__version__),
        "devices": tuple(str(each.get("device_name", "gpu")) for each in details),
        "capability": _capability(details),
        "cuda": tf.sysconfig.get_build_info().get("cuda_version") or None,
        "gpu": bool(gpus),
        "tf32_allowed": ("matmul", "convolution") if tf32 else (),
        "jit": _compiles(),
        "deterministic": os.environ.get("TF_DETERMINISTIC_OPS") in {"1", "true"},
        # Zero leaves it to TensorFlow.
        "threads": {
            "in an operation": threading.get_intra_op_parallelism_threads(),
            "between operations": threading.get_inter_op_parallelism_threads(),
        },
    }


def _compiles() -> bool:
    """Whether XLA compiles here; it reads XLA_FLAGS only when it is asked."""
    try:
        _ = tf.function(tf.identity, jit_compile=True)(tf.ones(2))
    except tf.errors.OpError:
        return False
    return True


def _capability(details: list[dict[str, Any]]) -> float | None:
    told = [each["compute_capability"] for each in details if each]
    return float(f"{told[0][0]}.{told[0][1]}") if told else None
