"""What the doctor saw: of the surroundings, of an interpreter, of a framework.

Facts are told without a judgement; what follows from them stands in `findings`.
`Told` is what the process of a backend says, everything else stands in the JSON too.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

__all__ = [
    "Computation",
    "Installation",
    "Seen",
    "Surroundings",
    "Told",
    "Trouble",
    "Unmet",
]


class Unmet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A requirement that an installed distribution states and its environment misses.

    `by` is the distribution with its version, `needs` what it asks for, and `found` the
    version that is there, null where there is none.
    """

    by: str
    needs: str
    found: str | None


class Installation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in a backend's environment, told before anything is imported.

    `installed` says whether the framework can be imported. A version is null where there
    is no such distribution. `shadows` are files of the working folder that are imported
    instead of a library. `extras` are those of multibackend that are not installed.
    """

    multibackend: str
    python: str
    interpreter: str
    prefix: str
    cores: int
    installed: bool
    keras: str | None
    framework: str | None
    numpy: str | None
    shadows: tuple[str, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    extras: tuple[str, ...] = ()


class Computation(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """How a framework computes, told after it did; null where it does not say.

    `backend` is what Keras loaded. `device` is the kind of device that held a product,
    and `devices` are all that the framework sees. `cuda` is the version that it was built
    for. `tf32_allowed` names the operations that TF32 is allowed in on a GPU, which has it from
    the compute `capability` 8 on. `compiler` is the C++ compiler that PyTorch's fused code
    needs beside `python_headers`; it is null where there is none.
    """

    backend: str
    keras: str
    framework: str
    device: str
    device_name: str
    seconds: float
    devices: tuple[str, ...] = ()
    capability: float | None = None
    cuda: str | None = None
    gpu: bool | None = None
    tf32_allowed: tuple[str, ...] = ()
    precision: str | None = None
    x64: bool | None = None
    jit: bool | None = None
    deterministic: bool | None = None
    threads: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    compiler: str | None = None
    python_headers: bool | None = None


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a backend's process: it tells one of these."""

    installation: Installation | None = None
    computation: Computation | None = None
    raised: str | None = None


class Trouble(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a backend's process did not tell all that was asked.

    `interpreter`: it could not be started; `raised`: Keras or the framework did not
    import; `ended`: it is gone without a word; `overdue`: it hung; `rubbish`: it said
    something else than facts. `words` are the last ones that it wrote.
    """

    kind: Literal["interpreter", "raised", "ended", "overdue", "rubbish"]
    how: str
    words: str = ""


class Surroundings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the user's environment says to Keras and to the frameworks.

    `variables` are those that are set among the ones that change results, and `project`
    names those of them that pyproject.toml sets for this backend. `xla_flags` are the
    flags of XLA_FLAGS, read from its file where it names one. `keras_json` is the content
    of that file, null where there is none, and `keras_json_error` why it cannot be read.
    `nvidia_gpu` says whether the machine has one. `plugins` are the backends that
    KERAS_BACKEND or keras.json names and an installed package offers to Keras.
    """

    variables: dict[str, str]
    project: tuple[str, ...]
    xla_flags: dict[str, str]
    keras_home: str
    keras_home_writable: bool
    keras_json: Any
    keras_json_error: str
    nvidia_gpu: bool
    plugins: tuple[str, ...] = ()


class Seen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that was seen of one backend.

    `interpreter` is the one that pyproject.toml names for it, else null.
    """

    backend: str
    surroundings: Surroundings
    interpreter: str | None = None
    installation: Installation | None = None
    computation: Computation | None = None
    trouble: Trouble | None = None

    @property
    def works(self) -> bool:
        """Whether the backend that was asked for has computed something."""
        told = self.computation
        return (
            self.trouble is None and told is not None and told.backend == self.backend
        )

    @property
    def missing(self) -> bool:
        """Whether its framework is not installed."""
        return self.installation is not None and not self.installation.installed

    @property
    def prefix(self) -> str:
        """The environment that it is installed in."""
        return "" if self.installation is None else self.installation.prefix

    def whose(self, variable: str) -> str | None:
        """This backend where pyproject.toml sets the variable for it, else `None`."""
        return self.backend if variable in self.surroundings.project else None
