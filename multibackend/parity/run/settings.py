"""Every switch of a child process, set on purpose and in this one place.

The variables below must stand before a framework is imported; what a framework
only accepts afterwards is set by `prepare` in `_torch.py`, `_jax.py` and
`_tensorflow.py`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from multibackend.errors import MultibackendError
from multibackend.parity.run.cache import compiled_before

__all__ = ["TWINS", "UNSET", "Device", "Settings", "as_device", "variables"]

#: How many times the referee runs again on moved numbers; the float32 run half as many.
TWINS = 4

#: Variables of the parent that no child inherits: they switch a compiler off, so that
#: `jit` asks nothing, or change dtypes, so that Keras' own promise is not what is tested.
#: Who means them names them in `[tool.multibackend.backends.NAME] env`.
UNSET = frozenset(
    [
        "JAX_DISABLE_JIT",
        "TORCHDYNAMO_DISABLE",
        "TORCH_COMPILE_DISABLE",
        "JAX_ENABLE_X64",
        "JAX_DEFAULT_DTYPE_BITS",
        "JAX_NUMPY_DTYPE_PROMOTION",
        "JAX_NUMPY_RANK_PROMOTION",
    ]
)

Device = Literal["auto", "cpu", "gpu"]


def as_device(text: str) -> Device:
    """Reads the name of a device.

    Raises:
        DeviceError: It is none of `auto`, `cpu` and `gpu`.
    """
    for device in get_args(Device):
        if text == device:
            return device
    message = f"Expected a device among auto, cpu, gpu, received {text!r}. Choose one of these."
    raise DeviceError(message)


class DeviceError(MultibackendError):
    """There is no device of this name."""


@dataclass(frozen=True)
class Settings:
    """How a child runs.

    Attributes:
        device: `"cpu"` hides accelerators, `"gpu"` insists on one, `"auto"` takes
            what Keras takes.
        threads: Threads inside one operation; one by default, so that sums are
            added in the same order everywhere and children share the cores.
        twins: How many times the referee runs again on moved numbers; the float32 run
            half as many times.
        reruns: The same for cases that compute everything themselves, such as the
            training examples: they have no start to go back to and run whole again.
        time_limit: Seconds that one case may take.
        start_limit: Seconds that importing the framework and targets may take.
        checks: The only checks to ask, or none to ask all.
        shuffle: The seed of the order in which cases are run; `None` for the order of
            declaration.
    """

    device: Device = "auto"
    threads: int = 1
    twins: int = TWINS
    reruns: int = 1
    time_limit: float = 120.0
    start_limit: float = 300.0
    checks: tuple[str, ...] = ()
    shuffle: int | None = None
    extra: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def variables(backend: str, settings: Settings, home: str) -> dict[str, str]:
    """The environment of a child process.

    Args:
        backend: What `KERAS_BACKEND` is to hold.
        settings: How the child runs; `extra` goes over everything else.
        home: An empty folder: importing Keras writes `keras.json` there, and a
            user's own file must not change `floatx` or the image layout.

    Returns:
        A whole environment, not only what changes.
    """
    own = {
        "KERAS_BACKEND": backend,
        "KERAS_HOME": home,
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "PYTHONFAULTHANDLER": "1",
        # Code that takes over when it is ready would change the rounding at random.
        "MULTIBACKEND_OPTIMIZE": "never",
        # One thread a operation: see `Settings.threads`.
        "OMP_NUM_THREADS": str(settings.threads),
        "MKL_NUM_THREADS": str(settings.threads),
        "OPENBLAS_NUM_THREADS": str(settings.threads),
        "TF_NUM_INTRAOP_THREADS": str(settings.threads),
        # TF32 keeps 10 bits of a float32: never what a comparison means.
        "NVIDIA_TF32_OVERRIDE": "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # Else it depends on the processor, and without it a convolution on a CPU takes
        # no channels first (TensorFlow 2.21).
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        # Three frameworks on one accelerator: nobody takes all of its memory.
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }
    own |= compiled_before(backend)
    if settings.device == "cpu":
        own |= {"CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("KERAS_") and name not in UNSET
    }
    return kept | own | dict(settings.extra)
