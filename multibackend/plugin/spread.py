"""pytest-xdist: which cases a worker is sure to get, so that it judges them at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from multibackend.plugin.item import CaseItem

__all__ = [
    "is_worker",
    "keep_together",
    "node_id",
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


def node_id(
    collector: pytest.Collector, name: str, marks: Sequence[pytest.Mark]
) -> str | None:
    """The id of a case that keeps it with the others; `None` where pytest's own will do.

    `--dist loadgroup` reads the group from the end of the id. pytest-xdist 3.8 would
    write it there for a mark, which pytest 9.2 does not notice; so it is written here.
    """
    if not is_worker(collector.config) or _told(collector.config) != "loadgroup":
        return None
    own = [*marks, *collector.iter_markers()]
    groups = [m for m in own if m.name == "xdist_group"]
    named = [str(next(iter((*m.args, *m.kwargs.values())), GROUP)) for m in groups]
    return f"{collector.nodeid}::{name}@{'_'.join(sorted(set(named))) or GROUP}"


def share_of(item: CaseItem) -> str:
    """What the cases have in common that this process gets together with this one."""
    match _told(item.config):
        case "no" | "each":
            return ""
        case "loadgroup":
            return item.nodeid.rpartition("@")[2]
        case "loadfile":
            return str(item.path)
        case "loadscope":
            return item.nodeid.rpartition("::")[0]
        case _:  # one by one, on whichever worker is free
            return item.nodeid


def _told(config: pytest.Config) -> str:
    told: dict[str, Any] = getattr(config, "workerinput", {})
    return str(told.get(_TOLD, "no"))
