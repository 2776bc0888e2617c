"""A finding, and the words that several topics share."""

from __future__ import annotations

import shlex
from typing import Literal, get_args

import msgspec

from multibackend.backends import named
from multibackend.doctor.facts import Seen

__all__ = [
    "ITSELF_UNSETS",
    "LEVELS",
    "Finding",
    "Level",
    "Topic",
    "install",
    "note",
    "ok",
    "own_interpreter",
    "pip",
    "problem",
    "python",
    "taken_out",
    "unset",
]

#: Why a variable of the shell is a note: see `multibackend.parity.run.settings.UNSET`.
ITSELF_UNSETS = "`multibackend check` unsets it in its own processes"

#: `problem`: results may be wrong, or something does not work; `note`: good to know.
Level = Literal["problem", "note", "ok"]

#: The levels, what matters first.
LEVELS: tuple[Level, ...] = get_args(Level)

Topic = Literal[
    "backend",
    "packages",
    "device",
    "precision",
    "compiling",
    "environment",
    "keras.json",
    "extras",
]


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was found, in one sentence, and what to do about it, in another.

    `backend` is null where it concerns the machine or all of them. `do` is empty where
    there is nothing to do.
    """

    level: Level
    topic: Topic
    backend: str | None
    found: str
    do: str


def problem(topic: Topic, backend: str | None, found: str, do: str) -> Finding:
    """What makes results wrong, or does not work."""
    return Finding("problem", topic, backend, found, do)


def note(topic: Topic, backend: str | None, found: str, do: str) -> Finding:
    """What is good to know."""
    return Finding("note", topic, backend, found, do)


def ok(topic: Topic, backend: str | None, found: str) -> Finding:
    """What was looked at and is as it should be."""
    return Finding("ok", topic, backend, found, "")


def python(seen: Seen) -> str:
    """The interpreter of a backend as a word of a command."""
    return "python" if seen.interpreter is None else shlex.quote(seen.interpreter)


def pip(seen: Seen, what: str) -> str:
    """The command that installs something for a backend."""
    return f"{python(seen)} -m pip install {what}"


def install(seen: Seen) -> str:
    """The command that installs a backend's framework."""
    return named(seen.backend).install.replace("python", python(seen), 1)


def taken_out(whose: str, what: str = "it") -> str:
    """What to do with a variable that the project's configuration sets for a backend."""
    return f"Take {what} out of `env` in [tool.multibackend.backends.{whose}]."


def unset(seen: Seen, variable: str) -> str:
    """What to do with a variable, wherever it was set."""
    if whose := seen.whose(variable):
        return taken_out(whose)
    return f"Unset it: unset {variable}"


def own_interpreter(backend: str) -> str:
    """How a backend gets an environment to itself."""
    return (
        f"Give {backend} an environment of its own, and name its interpreter as `python` "
        f"under [tool.multibackend.backends.{backend}] in pyproject.toml"
    )
