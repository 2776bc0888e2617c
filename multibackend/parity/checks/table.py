"""The table of checks: which there are, what each asks, and which apply to a subject.

Lists every check without importing it: a check imports Keras.
"""

from __future__ import annotations

import ast
import difflib
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from multibackend.errors import CaseError
from multibackend.parity.record.observation import Judged

__all__ = ["CHECKS", "Check", "asked", "load", "names", "pair", "sender", "sentences"]

#: Every check, in the order in which they are asked.
CHECKS = (
    "forward",
    "training",
    "jit",
    "grad_inputs",
    "grad_weights",
    "hvp",
    "spec",
    "dtype",
    "mask",
    "config",
    "save",
    "fit",
    "state",
    "random",
    "errors",
    "layout",
    "batch",
    "determinism",
)

_FROM = " from "


@dataclass(frozen=True)
class Check:
    """One question.

    Attributes:
        name: Its name, which is that of its file.
        kinds: The kinds of subject it applies to.
        observe: Asks it: takes a `Subject`, returns nested arrays or a `Related`.
        applies: Says of a built `Subject` of these kinds whether to ask at all.
        judged: How the answers are compared.
    """

    name: str
    kinds: tuple[str, ...]
    observe: Callable[[Any], Any]
    applies: Callable[[Any], bool]
    judged: Judged


def names(wanted: Sequence[str]) -> tuple[str, ...]:
    """The wanted checks, all of them for an empty list.

    Raises:
        CaseError: There is no check of such a name.
    """
    for name in wanted:
        if name not in CHECKS:
            near = difflib.get_close_matches(name, CHECKS, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "Choose one of these."
            message = (
                f"Expected checks among {', '.join(CHECKS)}, received {name!r}. {hint}"
            )
            raise CaseError(message)
    return tuple(name for name in CHECKS if name in wanted) or CHECKS


def pair(check: str, sender: str) -> str:
    """The name of a check that depends on another backend, such as `save from torch`."""
    return f"{check}{_FROM}{sender}"


def asked(name: str) -> str:
    """The check that a name in a record belongs to: `save` for `save from torch`."""
    return name.partition(_FROM)[0]


def sender(name: str) -> str:
    """The backend that `save from torch` starts from; nothing for any other check."""
    return name.partition(_FROM)[2]


def load(name: str) -> Check:
    """Imports one check; the process must have a backend by now."""
    module = importlib.import_module(f"multibackend.parity.checks.{name}")
    return Check(
        name,
        tuple(module.KINDS),
        module.observe,
        getattr(module, "applies", _always),
        getattr(module, "JUDGED", "numbers"),
    )


def _always(_: Any) -> bool:
    return True


def sentences() -> dict[str, str]:
    """What each check asks: the first line of its file, read without importing it."""
    room = resources.files("multibackend.parity.checks")
    found: dict[str, str] = {}
    for name in CHECKS:
        tree = ast.parse((room / f"{name}.py").read_text("utf-8"))
        found[name] = (
            (ast.get_docstring(tree) or "").partition("\n\n")[0].partition(": ")[2]
        )
    return found
