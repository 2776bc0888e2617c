"""Variables that Keras and TensorFlow read: is what they say what somebody means?"""

from __future__ import annotations

from collections.abc import Iterator

from multibackend.backends import BACKENDS
from multibackend.doctor.facts import Seen
from multibackend.doctor.findings.finding import (
    Finding,
    note,
    ok,
    problem,
    taken_out,
    unset,
)

__all__ = ["environment"]

_TOPIC = "environment"

_ON = {"1", "true"}

#: What ends `fit` early.
_LIMITS = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH")


def environment(seen: Seen) -> Iterator[Finding]:
    """Findings on the variables that a backend's process would be given."""
    found = [*_backend(seen), *_home(seen), *_limits(seen), *_switches(seen)]
    yield from found
    if not found:
        yield ok(_TOPIC, seen.backend, "No variable of Keras changes what is computed.")


def _backend(seen: Seen) -> Iterator[Finding]:
    name = seen.surroundings.variables.get("KERAS_BACKEND")
    whose = seen.whose("KERAS_BACKEND")
    known = ", ".join(BACKENDS)
    if name is None or name in BACKENDS:
        return
    if not name:
        found = (
            "KERAS_BACKEND is set and empty: Keras takes keras.json or tensorflow, and "
            "multibackend refuses to guess."
        )
        yield note(
            _TOPIC, whose, found, "unset KERAS_BACKEND, or name a backend in it."
        )
        return
    if name in seen.surroundings.plugins:
        found = (
            f"KERAS_BACKEND={name} names the installed plugin keras_{name}, which Keras "
            "3.16 and later tries."
        )
        do = f"Ask whether it works: multibackend doctor --backends {name}"
        yield note(_TOPIC, whose, found, do)
        return
    found = f"KERAS_BACKEND={name} names no backend: Keras does not import."
    yield problem(_TOPIC, whose, found, f"Set it to one of {known}, or unset it.")


def _home(seen: Seen) -> Iterator[Finding]:
    around = seen.surroundings
    whose = seen.whose("KERAS_HOME")
    if around.variables.get("KERAS_HOME") == "":
        found = (
            "KERAS_HOME is set and empty: Keras reads keras.json of whatever folder."
        )
        yield note(_TOPIC, whose, found, "unset KERAS_HOME, or name a folder in it.")
    elif not around.keras_home_writable:
        found = (
            f"{around.keras_home} cannot be written: what Keras downloads is not kept "
            "there."
        )
        do = "Make it writable, or set KERAS_HOME to a folder that is."
        yield note(_TOPIC, whose, found, do)


def _limits(seen: Seen) -> Iterator[Finding]:
    for name in _LIMITS:
        if (value := seen.surroundings.variables.get(name)) is not None:
            what = name.removeprefix("KERAS_MAX_").lower().replace("_", " ")
            found = (
                f"{name}={value}: `fit` ends after so many {what}, whatever it is told."
            )
            yield note(_TOPIC, seen.whose(name), found, unset(seen, name))


def _switches(seen: Seen) -> Iterator[Finding]:
    variables = seen.surroundings.variables
    if seen.backend == "jax" and variables.get("KERAS_NNX_ENABLED", "").lower() in _ON:
        found = "KERAS_NNX_ENABLED makes the variables of Keras on JAX those of Flax."
        yield note(_TOPIC, "jax", found, unset(seen, "KERAS_NNX_ENABLED"))
    if seen.backend != "tensorflow":
        return
    if variables.get("TF_USE_LEGACY_KERAS", "").lower() in _ON:
        found = "TF_USE_LEGACY_KERAS makes `tf.keras` Keras 2, which is not `keras`."
        do = "Import keras instead of tf.keras, or unset TF_USE_LEGACY_KERAS."
        yield note(_TOPIC, "tensorflow", found, do)
    if variables.get("TF_ENABLE_ONEDNN_OPTS", "").lower() in {"0", "false"}:
        found = (
            "TF_ENABLE_ONEDNN_OPTS=0: a convolution on the CPU takes no channels first, "
            "and is slower."
        )
        do = "For your own code: unset TF_ENABLE_ONEDNN_OPTS; `multibackend check` sets it to 1."
        if seen.whose("TF_ENABLE_ONEDNN_OPTS"):
            do = taken_out("tensorflow")
        yield note(_TOPIC, "tensorflow", found, do)
