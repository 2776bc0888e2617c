"""What a case changes around itself is put back before the next one, and named."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

__all__ = ["Surroundings"]

# Libraries set variables of their own on the way, when they first load or compile.
_LIBRARIES = (
    *("CUDA", "JAX", "KMP_", "PYTORCH", "TF", "TORCH", "TPU", "TRITON", "XLA"),
    *("ENABLE_RUNTIME_UPTIME", "GRPC", "HDF5", "LIBTPU"),
)

_STREAMS = ("stdin", "stdout", "stderr")


@dataclass
class Surroundings:
    """How things stood before a case: folder, variables, streams, threads.

    The settings of Keras are those that a case is built under, see `once.build`.
    """

    folder: str = field(default_factory=os.getcwd)
    variables: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    streams: dict[str, Any] = field(
        default_factory=lambda: {name: getattr(sys, name) for name in _STREAMS}
    )
    threads: set[int | None] = field(
        default_factory=lambda: {thread.ident for thread in threading.enumerate()}
    )

    def restore(self) -> tuple[str, ...]:
        """Puts everything back that can be; returns what had been changed."""
        return (
            *self._folder(),
            *self._variables(),
            *self._streams(),
            *_keras_settings(),
            *self._threads(),
        )

    def _folder(self) -> Iterator[str]:
        here = ""
        with suppress(OSError):  # the case removed the folder that it went into
            here = str(Path.cwd())
        if here != self.folder:
            os.chdir(self.folder)
            yield "the working folder"

    def _variables(self) -> Iterator[str]:
        now = dict(os.environ)
        for name in sorted(now.keys() | self.variables.keys()):
            before = self.variables.get(name)
            library = name.lstrip("_").startswith(_LIBRARIES)
            if library or now.get(name) == before:
                continue
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before
            yield f"the variable {name}"

    def _streams(self) -> Iterator[str]:
        for name, stream in self.streams.items():
            if getattr(sys, name) is not stream:
                setattr(sys, name, stream)
                yield f"sys.{name}"

    def _threads(self) -> Iterator[str]:
        """A thread cannot be put back: it runs on, and is only named."""
        running = threading.enumerate()
        if new := sum(thread.ident not in self.threads for thread in running):
            yield "a running thread" if new == 1 else f"{new} running threads"


def _keras_settings() -> Iterator[str]:
    config = keras.config
    changed = {
        "floatx": config.floatx() not in ("float32", "float64"),
        "dtype_policy": config.dtype_policy().name not in ("float32", "float64"),
        "epsilon": config.epsilon() != 1e-7,
        "image_data_format": config.image_data_format() != "channels_last",
    }
    for limit in ("max_epochs", "max_steps_per_epoch"):  # Keras 3.12 and later
        if (ask := getattr(config, limit, None)) and ask() is not None:
            getattr(config, f"set_{limit}")(None)
            changed[limit] = True
    config.set_floatx("float32")
    config.set_dtype_policy("float32")
    config.set_epsilon(1e-7)
    config.set_image_data_format("channels_last")
    for name, told in changed.items():
        if told:
            yield f"keras.config's {name}"
