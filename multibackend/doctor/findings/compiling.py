"""Do compilers compile: switched off by a variable, or without what they need?"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from multibackend.doctor.facts import Seen
from multibackend.doctor.findings.finding import (
    ITSELF_UNSETS,
    Finding,
    note,
    ok,
    problem,
    unset,
)
from multibackend.doctor.surroundings import usual_compiler

__all__ = ["compiling"]

_TOPIC = "compiling"

_SWITCHES = {
    "torch": ("TORCHDYNAMO_DISABLE", "TORCH_COMPILE_DISABLE"),
    "jax": ("JAX_DISABLE_JIT",),
}


def compiling(seen: Seen) -> Iterator[Finding]:
    """Findings on the compiler of one backend."""
    found = [*(list(_switched_off(seen)) or _idle(seen)), *_auto(seen), *_fused(seen)]
    yield from found
    if not found and seen.works and seen.backend in {"torch", "jax", "tensorflow"}:
        yield ok(_TOPIC, seen.backend, "Its compiler is not switched off.")


def _switched_off(seen: Seen) -> Iterator[Finding]:
    """In the user's own code; a child of ours has these only from `env`.

    There the check `jit` would compare a run without a compiler with another such run.
    """
    variables = seen.surroundings.variables
    for variable in _SWITCHES.get(seen.backend, ()):
        if variables.get(variable, "").lower() in {"1", "true", "yes", "on", "t", "y"}:
            found = (
                f"{variable}={variables[variable]} switches the compiler of {seen.backend} "
                "off"
            )
            if seen.whose(variable):
                found += ": the check `jit` would ask nothing."
                yield problem(_TOPIC, seen.backend, found, unset(seen, variable))
            else:
                do = f"For your own code: unset {variable}; {ITSELF_UNSETS}."
                yield note(_TOPIC, seen.backend, f"{found}.", do)


def _idle(seen: Seen) -> Iterator[Finding]:
    """Off, though no variable of the environment says so."""
    if seen.computation is not None and seen.computation.jit is False:
        found = (
            f"The compiler of {seen.backend} compiles nothing here: the check `jit` would "
            "ask nothing."
        )
        do = "Look what switches it off: a sitecustomize.py, or a build without XLA."
        yield problem(_TOPIC, seen.backend, found, do)


def _auto(seen: Seen) -> Iterator[Finding]:
    flags = seen.surroundings.variables.get("TF_XLA_FLAGS", "")
    if seen.backend == "tensorflow" and "tf_xla_auto_jit" in flags:
        found = f"TF_XLA_FLAGS={flags} lets TensorFlow compile what nobody asked it to."
        yield note(_TOPIC, seen.backend, found, unset(seen, "TF_XLA_FLAGS"))


def _fused(seen: Seen) -> Iterator[Finding]:
    """PyTorch's fused code on a CPU is C++ that is compiled on this machine."""
    told = seen.computation
    if told is None or seen.backend != "torch" or told.python_headers is None:
        return
    without = (
        "torch.compile cannot fuse, and `multibackend.jit` replays its graph unfused."
    )
    if told.compiler is None:
        name = seen.surroundings.variables.get("CXX") or usual_compiler()
        found = f"No C++ compiler {name!r} is found: {without}"
        do = f"Install it ({_package()}), or name one with the variable CXX."
        yield note(_TOPIC, seen.backend, found, do)
    if not told.python_headers:
        found = f"Python.h, which compiled code includes, is not found: {without}"
        do = "Install the headers of this Python, such as: apt-get install python3-dev"
        yield note(_TOPIC, seen.backend, found, do)


def _package() -> str:
    return {
        "darwin": "xcode-select --install",
        "win32": "the build tools of Visual Studio",
    }.get(sys.platform, "apt-get install g++")
