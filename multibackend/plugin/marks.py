"""The marks of Keras' own suites: what they ask for, on one backend and on several.

Keras and KerasHub skip a marked test by the backend of pytest's process. A case runs on
several backends, so a mark excuses those that are not able, and the others are judged.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from multibackend import backends
from multibackend.errors import MultibackendError

__all__ = ["excused_on", "honour", "never_judged", "register"]


@dataclass(frozen=True)
class _Mark:
    """One mark: its line in the list of marks, who is able, and why others are not."""

    line: str
    able: Callable[[backends.Backend], bool]
    reason: str


_MARKS = {
    # keras/conftest.py
    "requires_trainable_backend": _Mark(
        "requires_trainable_backend: mark test for trainable backend only",
        lambda backend: backend.differentiates,
        "requires_trainable_backend: {name} does not train",
    ),
    "multi_device": _Mark(
        "multi_device: mark test for running with multiple devices only",
        lambda backend: False,  # noqa: ARG005 - no child has several devices
        "multi_device: a case runs on one device",
    ),
    # keras_hub/conftest.py
    "tf_only": _Mark(
        "tf_only: mark test as a tf only test",
        lambda backend: backend.name == "tensorflow",
        "tf_only: {name} is not tensorflow",
    ),
}

_OURS = pytest.StashKey[frozenset[str]]()


def register(config: pytest.Config) -> None:
    """Registers the marks that neither the project nor a conftest.py registered."""
    known = {line.partition(":")[0].strip() for line in config.getini("markers")}
    known = {name.partition("(")[0] for name in known}
    missing = frozenset(_MARKS) - known
    for name in sorted(missing):
        config.addinivalue_line("markers", _MARKS[name].line)
    config.stash[_OURS] = missing


def excused_on(item: pytest.Item, names: Sequence[str]) -> dict[str, str]:
    """The backends on which an item is not to run, each with the reason."""
    found: dict[str, str] = {}
    for mark, about in _MARKS.items():
        if item.get_closest_marker(mark) is None:
            continue
        for name in names:
            if not about.able(backends.find(name)):
                found[name] = about.reason.format(name=name)
    return found


def never_judged(item: pytest.Item) -> bool:
    """Whether pytest skips an item before it runs, as far as a mark tells."""
    skipped = any(True for _ in item.iter_markers("skip"))
    return skipped or any(
        mark.args[:1] == (True,) for mark in item.iter_markers("skipif")
    )


def honour(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Skips ordinary tests by those marks, where the project leaves them to us."""
    loaded: str | None = None
    with contextlib.suppress(MultibackendError):  # the header says it
        loaded = backends.chosen()
    # How many devices there are, only a test itself can tell.
    ours = config.stash.get(_OURS, frozenset()) - {"multi_device"}
    if loaded not in backends.BACKENDS:
        return
    for item in items:
        if any(item.get_closest_marker(name) for name in ours):
            for reason in excused_on(item, [str(loaded)]).values():
                item.add_marker(pytest.mark.skip(reason=reason))
