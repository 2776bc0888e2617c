"""Does the backend work: is it installed, does it start, is it the one asked for?"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from multibackend import __version__
from multibackend.backends import named
from multibackend.doctor.facts import Seen, Trouble
from multibackend.doctor.findings.finding import (
    Finding,
    install,
    note,
    ok,
    problem,
    python,
    taken_out,
)

__all__ = ["backend"]

_TOPIC = "backend"


def backend(seen: Seen) -> Iterator[Finding]:
    """Findings on one backend as a whole."""
    name = seen.backend
    if seen.missing:
        yield _missing(seen)
    if seen.trouble is not None:
        yield _troubled(seen, seen.trouble)
    yield from _installed(seen)
    told = seen.computation
    if told is None:
        return
    if told.backend != name:
        found = (
            f"Keras loaded the backend {told.backend!r} where {name!r} was asked for."
        )
        do = "Unset what overrides KERAS_BACKEND."
        if seen.whose("KERAS_BACKEND"):
            do = taken_out(name, "KERAS_BACKEND")
        yield problem(_TOPIC, name, found, do)
        return
    found = (
        f"{named(name).framework} {told.framework} computes on a {told.device}, with "
        f"Keras {told.keras}."
    )
    yield ok(_TOPIC, name, found)


def _missing(seen: Seen) -> Finding:
    framework = named(seen.backend).framework
    where = seen.installation.interpreter if seen.installation else "its interpreter"
    found = f"{framework} is not installed in {where}."
    return note(_TOPIC, seen.backend, found, f"Install it: {install(seen)}")


def _installed(seen: Seen) -> Iterator[Finding]:
    here = seen.installation
    if here is None:
        return
    if here.multibackend != __version__:
        found = (
            f"The interpreter of {seen.backend} has multibackend {here.multibackend}, this "
            f"one has {__version__}."
        )
        yield problem(_TOPIC, seen.backend, found, f"Install the same: {_ours(seen)}")
    for file in here.shadows:
        found = (
            f"{file} in this folder is imported in place of the library of that name."
        )
        yield problem(_TOPIC, None, found, "Rename it, or run from another folder.")


def _troubled(seen: Seen, trouble: Trouble) -> Finding:
    """A process that did not answer, told by how it went."""
    name, how = seen.backend, trouble.how.rstrip(".")
    words = f": {trouble.words.rstrip('.')}" if trouble.words else ""
    alone = f"`KERAS_BACKEND={name} {python(seen)} -X faulthandler -c 'import keras'`"
    match trouble.kind:
        case "interpreter":
            found = f"{seen.interpreter} does not start: {how}."
            do = (
                f"Correct `python` in [tool.multibackend.backends.{name}] of "
                "pyproject.toml, or make that environment."
            )
        case "raised":
            found = f"Keras does not compute with the backend {name!r}: {how}."
            do = f"Reinstall it: {install(seen)}"
        case "overdue":
            found = f"{name} did not answer within {how}{words}."
            do = f"Try {alone}, or wait longer with --time-limit."
        case "rubbish":
            found = f"The process of {name} said something else than facts: {how!r}."
            do = f"Install the same multibackend there: {_ours(seen)}"
        case "ended":
            found = f"The process of {name} {_how(how)}{words}."
            do = f"Try {alone}, then reinstall it: {install(seen)}"
            if "XLA_FLAGS" in words:
                do = f"Correct XLA_FLAGS, or unset it: {_unset(seen)}"
            elif "No module named 'multibackend" in words.replace('"', "'"):
                do = f"Install the same multibackend there: {_ours(seen)}"
    return problem(_TOPIC, name, found, do)


def _how(how: str) -> str:
    return f"was {how}" if how.startswith("killed") else how


def _ours(seen: Seen) -> str:
    return f"{python(seen)} -m pip install {shlex.quote(f'keras-multibackend=={__version__}')}"


def _unset(seen: Seen) -> str:
    if seen.whose("XLA_FLAGS"):
        return f"it stands in [tool.multibackend.backends.{seen.backend}] of pyproject.toml"
    return "unset XLA_FLAGS"
