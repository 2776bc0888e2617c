"""What keras.json says, and what Keras makes of it without a word.

`multibackend check` gives its processes a folder without that file, unless pyproject.toml
names another: what stands there is told for the sake of the user's own code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from multibackend.backends import BACKENDS, DEFAULT, WRITTEN_BY_KERAS
from multibackend.doctor.facts import Seen
from multibackend.doctor.findings.finding import Finding, note, ok, problem

__all__ = ["keras_json"]

_TOPIC = "keras.json"

#: What Keras accepts (keras/src/backend/config.py, 3.14 to 3.15).
_FLOATX = ("float16", "float32", "float64")
_NAMES = tuple(BACKENDS)
_FORMATS = ("channels_last", "channels_first")

#: Every key that Keras reads.
_KEYS = ("floatx", "epsilon", "backend", "image_data_format", "nnx_enabled")


def keras_json(seen: Seen) -> Iterator[Finding]:
    """Findings on the file that a backend's user would have read."""
    around = seen.surroundings
    whose, file = seen.whose("KERAS_HOME"), f"{around.keras_home}/keras.json"
    if around.keras_json_error:
        yield _unreadable(whose, file, around.keras_json_error)
    elif around.keras_json is None:
        yield ok(_TOPIC, whose, f"There is no {file}.")
    elif not isinstance(around.keras_json, dict):
        found = f"{file} holds no table of settings: Keras does not import."
        yield problem(_TOPIC, whose, found, f"Remove it: rm {file}")
    else:
        settings = cast("dict[str, Any]", around.keras_json)
        told = [*_refused(settings, seen), *_unusual(settings, seen)]
        yield from told
        if not told:
            yield ok(_TOPIC, whose, f"{file} holds what Keras takes without it.")


def _unreadable(whose: str | None, file: str, error: str) -> Finding:
    if error.startswith("not JSON"):
        found = f"{file} is {error}; Keras leaves it out without a word."
        return note(_TOPIC, whose, found, f"Correct it, or remove it: rm {file}")
    found = f"{file} cannot be read ({error}): Keras does not import."
    return problem(_TOPIC, whose, found, f"Make it readable, or remove it: rm {file}")


def _refused(settings: Mapping[str, Any], seen: Seen) -> Iterator[Finding]:
    """Values that stop the import of Keras."""
    named = seen.surroundings.variables.get("KERAS_BACKEND", "").strip()
    # Keras 3.16 and later tries a plugin's.
    names = (*_NAMES, *seen.surroundings.plugins)
    accepted = {
        "floatx": (settings.get("floatx", "float32") in _FLOATX, _FLOATX),
        "epsilon": (type(settings.get("epsilon", 1e-7)) is float, ("a float",)),
        "image_data_format": (
            settings.get("image_data_format", _FORMATS[0]) in _FORMATS,
            _FORMATS,
        ),
        # The variable goes first, and nobody then reads the file's.
        "backend": (
            bool(named) or settings.get("backend", DEFAULT) in names,
            names,
        ),
    }
    for key, (fine, expected) in accepted.items():
        if not fine:
            found = (
                f"keras.json has {key} {settings[key]!r}, Keras accepts "
                f"{', '.join(expected)}: it does not import."
            )
            do = f"Correct it in {seen.surroundings.keras_home}/keras.json"
            yield problem(_TOPIC, seen.whose("KERAS_HOME"), found, do)


def _unusual(settings: Mapping[str, Any], seen: Seen) -> Iterator[Finding]:
    """Values that change what the user's code computes."""
    whose = seen.whose("KERAS_HOME")
    edit = f"Edit {seen.surroundings.keras_home}/keras.json"
    keep = f"{edit} if nobody meant it; `multibackend check` leaves the file out."
    floatx = settings.get("floatx", "float32")
    if floatx in _FLOATX and floatx != "float32":
        found = f"keras.json has floatx {floatx!r}: Keras computes in it instead of float32."
        if whose:  # the suite refuses a child whose numbers are not float32
            yield problem(_TOPIC, whose, found, f"{edit}: it must be 'float32'.")
        else:
            yield note(_TOPIC, whose, found, keep)
    epsilon = settings.get("epsilon", 1e-7)
    if type(epsilon) is float and epsilon != 1e-7:
        found = (
            f"keras.json has epsilon {epsilon!r}: losses and metrics take it for 1e-07."
        )
        yield note(_TOPIC, whose, found, keep)
    if settings.get("image_data_format") == "channels_first":
        found = (
            "keras.json has image_data_format 'channels_first': layers expect images so, "
            "and not every backend computes them on a CPU."
        )
        yield note(_TOPIC, whose, found, keep)
    if settings.get("nnx_enabled"):
        found = "keras.json has nnx_enabled: the variables of Keras on JAX are Flax's."
        yield note(_TOPIC, whose, found, keep)
    unknown = [key for key in settings if key not in _KEYS]
    if unknown:
        found = f"keras.json has {', '.join(map(repr, unknown))}, which Keras does not read."
        yield note(_TOPIC, whose, found, f"{edit}; it reads {', '.join(_KEYS)}.")
    yield from _chosen(settings, seen)


def _chosen(settings: Mapping[str, Any], seen: Seen) -> Iterator[Finding]:
    """A backend other than the default, where no variable goes before it."""
    name = settings.get("backend")
    whose = seen.whose("KERAS_HOME")
    if seen.surroundings.variables.get("KERAS_BACKEND") or name not in _NAMES:
        return
    found = f"keras.json has the backend {name!r}"
    do = f"Say which one you mean: export KERAS_BACKEND={DEFAULT}"
    if name == seen.backend and seen.missing:
        yield note(_TOPIC, whose, f"{found}, which is not installed here.", do)
    elif settings == WRITTEN_BY_KERAS:
        found = (
            f"{found}, as Keras wrote it by itself: `import keras` takes it, multibackend "
            f"takes {DEFAULT}."
        )
        yield ok(_TOPIC, whose, found)
    elif name != DEFAULT:
        found = f"{found}: without KERAS_BACKEND, your code runs on it."
        yield note(_TOPIC, whose, found, do)
