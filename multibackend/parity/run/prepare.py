"""Who computes in this process: Keras and its framework, imported and set up."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from multibackend import __version__, backends
from multibackend.errors import EnvironmentUnfitError
from multibackend.parity.checks.table import names
from multibackend.parity.run.messages import Order

__all__ = ["Here", "framework_of", "observer", "prepare"]


@dataclass(frozen=True)
class Here:
    """Who computes in this process, and how its referee is opened, if it has one."""

    environment: dict[str, Any]
    backend: backends.Backend
    float64: Callable[[], AbstractContextManager[Any]] | None


def prepare(order: Order) -> Here:
    """Imports Keras, sets the switches, and says who computes here.

    Raises:
        EnvironmentUnfitError: The framework or the device is not there, or Keras
            loaded another backend than the one asked for.
    """
    wanted = os.environ["KERAS_BACKEND"]
    backend = backends.find(wanted)
    backends.require(backend)
    keras = _keras(backend)
    framework = framework_of(backend)
    switches = framework.prepare(order.threads)

    from multibackend.parity.run.capable import found_out
    from multibackend.parity.run.referee import float64, lacking

    probe = keras.ops.matmul(keras.ops.ones((2, 2)), keras.ops.ones((2, 2)))
    kind, device = framework.device(probe)
    if order.device == "gpu" and kind != "gpu":
        message = (
            f"Expected {wanted} to compute on a gpu, found {kind} ({device}). Install "
            f"the CUDA build of {backend.framework} or pass --device cpu."
        )
        raise EnvironmentUnfitError(message)

    def wide() -> Any:
        return float64(framework.wide())

    no_float64 = lacking(wide)
    if not backend.listed:
        backend = found_out(backend)
    environment = {
        "multibackend": __version__,
        "backend": keras.config.backend(),
        "keras": keras.version(),
        "framework": f"{backend.framework} {backend.version() or 'unknown'}",
        "device": kind,
        "device_name": device,
        "dtype": keras.backend.standardize_dtype(probe.dtype),
        "referee": "none" if no_float64 else "float64",
        "cannot": _cannot(backend, no_float64),
        "python": platform.python_version(),
        "numpy": importlib.metadata.version("numpy"),
        "platform": f"{platform.system()} {platform.machine()}",
        "interpreter": sys.executable,
        "switches": switches,
    }
    return Here(environment, backend, None if no_float64 else wide)


def observer(order: Order, here: Here) -> Any:
    """Who asks the checks that were ordered."""
    from multibackend.parity.checks.table import load
    from multibackend.parity.run.exchange import keeping
    from multibackend.parity.run.observe import Observer

    record = Path(order.folder).parent
    return Observer(
        checks=tuple(keeping(load(name), record) for name in names(order.checks)),
        twins=order.twins,
        reruns=order.reruns,
        float64=here.float64,
        selected=bool(order.checks),
        backend=here.backend,
    )


def _cannot(backend: backends.Backend, no_float64: str) -> dict[str, str]:
    """What this backend cannot do, each with the reason; for the record."""
    told = {c: backend.lacks(c, "model") for c in backends.NEEDS}
    found = {check: reason for check, reason in told.items() if reason}
    return found | ({"float64": no_float64} if no_float64 else {})


def _keras(backend: backends.Backend) -> Any:
    try:
        import keras
    except Exception as error:  # whatever a broken installation raises
        message = (
            f"Expected Keras to import with the backend {backend.name!r}, received "
            f"{type(error).__name__}: {error}. {_cure(backend)}"
        )
        raise EnvironmentUnfitError(message) from error
    if keras.config.backend() != backend.name:
        message = (
            f"Expected Keras to load the backend {backend.name!r}, found "
            f"{keras.config.backend()!r}. Unset what overrides KERAS_BACKEND."
        )
        raise EnvironmentUnfitError(message)
    return keras


def _cure(backend: backends.Backend) -> str:
    if backend.listed:
        return f"Reinstall it: {backend.install}"
    version = importlib.metadata.version("keras")
    return (
        f"Keras {version} decides which plugins it takes: install one that takes "
        f"{backend.framework}, or name one of {', '.join(backends.BACKENDS)}."
    )


def framework_of(backend: backends.Backend) -> Any:
    """The framework's own switches; backends without a file here get plain ones."""
    name = backend.name if backend.driven else "plain"
    return importlib.import_module(f"multibackend.parity.run._{name}")
