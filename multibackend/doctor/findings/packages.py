"""Are the versions that stand together meant to: Keras, NumPy, packages of CUDA?"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from multibackend.doctor.facts import Seen, Unmet
from multibackend.doctor.findings.device import hidden
from multibackend.doctor.findings.finding import (
    Finding,
    note,
    ok,
    own_interpreter,
    pip,
    problem,
)

__all__ = ["packages"]

_TOPIC = "packages"

_CUDA = re.compile(r"nvidia-|cuda-|jax-cuda")


def packages(seen: Seen) -> Iterator[Finding]:
    """Findings on what is installed beside a framework."""
    here = seen.installation
    if here is None:
        return
    for unmet in here.unmet:
        yield _unmet(seen, unmet)
    if not here.unmet and here.keras and here.numpy:
        found = (
            f"Keras {here.keras} and NumPy {here.numpy} are what the others require."
        )
        yield ok(_TOPIC, seen.backend, found)


def _unmet(seen: Seen, unmet: Unmet) -> Finding:
    name = re.split(r"[^\w.-]", unmet.needs)[0]
    have = "none is installed" if unmet.found is None else f"{unmet.found} is installed"
    found = f"{unmet.by} requires {unmet.needs}, {have}."
    if _CUDA.match(name):
        # Two frameworks pin the same package: one of them is served, and which one is
        # chance. Without a GPU nobody loads it.
        level = problem if seen.surroundings.nvidia_gpu and not hidden(seen) else note
        return level(_TOPIC, seen.backend, found, f"{own_interpreter(seen.backend)}.")
    # What we require is tested; what others do, they may say too narrowly.
    level = problem if unmet.by.startswith("keras-multibackend ") else note
    do = f"Install it: {pip(seen, shlex.quote(unmet.needs))}"
    return level(_TOPIC, seen.backend, found, do)
