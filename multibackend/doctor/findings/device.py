"""Which device computes, and does a framework see the GPU that the machine has?"""

from __future__ import annotations

from collections.abc import Iterator

from multibackend.backends import named
from multibackend.doctor.facts import Computation, Seen
from multibackend.doctor.findings.finding import (
    Finding,
    note,
    ok,
    own_interpreter,
    problem,
)

__all__ = ["device", "hidden"]

_TOPIC = "device"


def device(seen: Seen) -> Iterator[Finding]:
    """Findings on the device of one backend."""
    told = seen.computation
    if told is None or not seen.works or told.gpu is None:
        return
    if told.device != "cpu":
        found = f"{seen.backend} computes on a {told.device}: {told.device_name}."
        yield ok(_TOPIC, seen.backend, found)
    elif not seen.surroundings.nvidia_gpu:
        yield ok(_TOPIC, seen.backend, "This machine has no NVIDIA GPU to be seen.")
    elif hidden(seen):
        found = f"The GPU is hidden from {seen.backend} by {_hides(seen)}."
        yield ok(_TOPIC, seen.backend, found)
    else:
        yield _unseen(seen, told)


def hidden(seen: Seen) -> bool:
    """Whether a variable hides the GPU from a backend."""
    return bool(_hides(seen))


def _hides(seen: Seen) -> str:
    variables = seen.surroundings.variables
    if variables.get("CUDA_VISIBLE_DEVICES", "0").strip() in {"", "-1"}:
        return "CUDA_VISIBLE_DEVICES"
    platforms = variables.get("JAX_PLATFORMS", "")
    return "JAX_PLATFORMS" if seen.backend == "jax" and platforms == "cpu" else ""


def _unseen(seen: Seen, told: Computation) -> Finding:
    name = seen.backend
    extra = f"python -m pip install 'keras-multibackend[{name}-cuda]'"
    fresh = f"{own_interpreter(name)}; install there: {extra}"
    framework = f"{named(name).framework} {told.framework}"
    if told.cuda is None:
        found = f"{framework} was built without CUDA and leaves the NVIDIA GPU alone."
        return note(_TOPIC, name, found, f"To compare on the GPU: {_lower(fresh)}")
    found = (
        f"{framework} was built for CUDA {told.cuda} and does not find the NVIDIA GPU."
    )
    if name == "tensorflow":
        # Its only build for Linux is for CUDA, and looks for CUDA elsewhere.
        return note(_TOPIC, name, found, f"To compare on the GPU: {_lower(fresh)}")
    do = (
        f"Ask `nvidia-smi` whether the driver knows CUDA {told.cuda}, and renew it; to "
        "compare on the CPU, set CUDA_VISIBLE_DEVICES=-1."
    )
    return problem(_TOPIC, name, found, do)


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:]
