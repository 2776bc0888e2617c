"""pytest-xdist: which cases a worker is sure to get, so that it judges them at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from multibackend.plugin.item import CaseItem

__all__ = [
    "group",
    "is_worker",
    "keep_together",
    "refuse_scattered",
    "share_of",
    "tell",
]

#: The group of all cases, and what a worker is told.
GROUP = "multibackend"
_TOLD = "multibackend_dist"
# In these, a worker gets all cases or none.
_WHOLE = ("no", "loadgroup")


def keep_together(config: pytest.Config) -> None:
    """Asks for `--dist loadgroup` where `-n` is given without `--dist`.

    All cases are one group then: every framework is started once, not on each worker.
    Only `--multibackend` does so: without cases, tests are spread as ever. A worker reads
    the command line anew, and is told.
    """
    option = config.option
    if is_worker(config):
        option.loadgroup = option.loadgroup or _told(config) == "loadgroup"
        return
    if not config.getoption("--multibackend", ""):
        return
    if getattr(option, "numprocesses", None) and getattr(option, "dist", "") == "no":
        option.dist = "loadgroup"


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def refuse_scattered(config: pytest.Config) -> None:
    """One record is written by one process.

    Raises:
        pytest.UsageError: Several workers would each record some of the cases.
    """
    mode = str(getattr(config.option, "dist", "no"))
    if config.getoption("--multibackend-record") and mode not in _WHOLE:
        message = (
            "Expected --multibackend-record with every case on one worker, received "
            f"--dist {mode}. Leave --dist out, or pass --dist loadgroup or -n 0."
        )
        raise pytest.UsageError(message)


def tell(node: Any) -> None:
    """Tells a worker how the controller spreads tests, which it cannot see itself."""
    node.workerinput[_TOLD] = str(node.config.option.dist)


def group(items: Iterable[CaseItem]) -> None:
    """Puts every case into one group, unless it has one already."""
    for item in items:
        if is_worker(item.config) and not _groups(item):
            item.add_marker(pytest.mark.xdist_group(GROUP))


def share_of(item: CaseItem) -> str:
    """What the cases have in common that this process gets together with this one."""
    match _told(item.config):
        case "no" | "each":
            return ""
        case "loadgroup":
            return " ".join(_groups(item))
        case "loadfile":
            return str(item.path)
        case "loadscope":
            return item.nodeid.rpartition("::")[0]
        case _:  # one by one, on whichever worker is free
            return item.nodeid


def _told(config: pytest.Config) -> str:
    told: dict[str, Any] = getattr(config, "workerinput", {})
    return str(told.get(_TOLD, "no"))


def _groups(item: pytest.Item) -> list[str]:
    marks = item.iter_markers("xdist_group")
    return [str(next(iter((*m.args, *m.kwargs.values())), "default")) for m in marks]
