"""The process of one backend: what is installed, then how the framework computes.

Started as `python -m multibackend.doctor.inside.child BACKEND`. Each of the two is one
line of JSON on what was standard output; the first is written before anything is
imported, so that it is known of a framework that crashes.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from typing import Any

import msgspec

from multibackend import backends
from multibackend.doctor.facts import Computation, Told
from multibackend.doctor.inside.packages import installation

__all__ = ["main"]


def main() -> int:
    """Tells what is installed and, where the framework is, how it computes."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    _ = os.dup2(2, 1)  # what a framework prints is no answer
    backend = backends.find(sys.argv[1])
    here = installation(backend)
    _ = out.write(_line(Told(installation=here)))
    if here.installed:
        _ = out.write(_line(_computed(backend)))
    return 0


def _line(told: Told) -> bytes:
    return msgspec.json.encode(told) + b"\n"


def _computed(backend: backends.Backend) -> Told:
    """Imports Keras, multiplies two matrices, and asks the framework who it is."""
    start = time.perf_counter()
    try:
        return Told(computation=_computation(backend, start))
    except Exception as error:  # noqa: BLE001 - whatever a broken installation raises
        words = " ".join(str(error).split())[:600]
        return Told(raised=f"{type(error).__name__}: {words}")


def _computation(backend: backends.Backend, start: float) -> Computation:
    import keras

    loaded = keras.config.backend()
    product = keras.ops.matmul(keras.ops.ones((2, 2)), keras.ops.ones((2, 2)))
    framework = _framework(loaded)
    kind, name = framework.device(product) if framework else ("cpu", "cpu")
    told: dict[str, Any] = {"framework": str(backend.version())}
    if framework:
        told = framework.facts()
    return Computation(
        backend=loaded,
        keras=keras.version(),
        device=kind,
        device_name=name,
        seconds=round(time.perf_counter() - start, 2),
        **told,
    )


def _framework(name: str) -> Any:
    """The file of the framework that Keras loaded; other backends have none."""
    if name not in backends.TRAINABLE:
        return None
    return importlib.import_module(f"multibackend.doctor.inside._{name}")


if __name__ == "__main__":
    sys.exit(main())
