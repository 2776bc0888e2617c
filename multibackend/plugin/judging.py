"""Judges the cases of this process, as many at once as it is sure to get."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from multibackend.errors import MultibackendError, OutputError
from multibackend.plugin.marks import excused_on, never_judged
from multibackend.plugin.options import backends_of, record_folder
from multibackend.plugin.spread import is_worker, share_of

if TYPE_CHECKING:
    from multibackend.parity.compare.verdict import Judgement
    from multibackend.parity.run.worker import Watcher
    from multibackend.plugin.item import CaseItem

__all__ = ["judgement_on"]

_JUDGED = pytest.StashKey["dict[str, Judgement | MultibackendError]"]()


def judgement_on(item: CaseItem) -> Judgement:
    """What was found on the case of this item.

    The first item that asks has the cases of all others run that are sure to come to
    this process, so that each framework starts once.

    Raises:
        MultibackendError: They could not be run; the message says why.
    """
    judged = item.session.stash.setdefault(_JUDGED, {})
    share = share_of(item)
    if share not in judged:
        try:
            judged[share] = _judge(_together(item, share), first=not judged)
        except MultibackendError as error:  # once for all: each try starts frameworks
            judged[share] = error
    found = judged[share]
    if isinstance(found, MultibackendError):
        raise found
    return _only(found, item.case_name)


def _together(item: CaseItem, share: str) -> list[CaseItem]:
    kind = type(item)
    return [
        other
        for other in item.session.items
        if isinstance(other, kind)
        and share_of(other) == share
        and (other is item or not never_judged(other))
    ]


def _only(judgement: Judgement, name: str) -> Judgement:
    from dataclasses import replace

    some = tuple(v for v in judgement.verdicts if v.case == name)
    return replace(judgement, verdicts=some, stages={})


def _judge(items: Sequence[CaseItem], *, first: bool) -> Judgement:
    from multibackend.parity.agree.check import warm
    from multibackend.parity.compare.catalogue import read_catalogue
    from multibackend.parity.job import judge_all
    from multibackend.parity.run.config import find_catalogue, read_config
    from multibackend.parity.run.request import Request

    config = items[0].config
    names = backends_of(config)
    place, told = find_catalogue(Path.cwd())
    known = read_catalogue(place, new=not told)
    excused: dict[str, dict[str, str]] = {}
    for item in items:
        for name, reason in excused_on(item, names).items():
            excused.setdefault(name, {})[item.case_name] = reason
    with _folder(config, names, first=first) as folder, _watcher(config) as watcher:
        request = Request(
            names,
            folder,
            tuple(dict.fromkeys(item.target for item in items)),
            config=read_config(Path.cwd()),
            overwrite=True,
            excused=excused,
        )
        return judge_all(request, watcher, catalogue=known, pool=warm()).judgement


@contextmanager
def _folder(
    config: pytest.Config, names: Sequence[str], *, first: bool
) -> Generator[Path]:
    """Where the records go: the folder that was asked for, or one that is removed."""
    from multibackend.parity.report.outputs import forget_earlier

    kept = record_folder(config)
    if kept is None:
        with tempfile.TemporaryDirectory(prefix="multibackend-") as folder:
            yield Path(folder)
        return
    if not first:
        message = (
            "Expected all cases in one group for --multibackend-record, found another "
            "xdist_group. Leave the mark off, or pass -n 0."
        )
        raise OutputError(message)
    forget_earlier(kept, keep=names)
    yield kept


@contextmanager
def _watcher(config: pytest.Config) -> Generator[Watcher]:
    """Who tells meanwhile; a worker of pytest-xdist has nobody to tell."""
    from multibackend.parity.agree.silent import Silent
    from multibackend.parity.report.progress import Progress

    if is_worker(config):
        yield Silent()
        return
    with Progress() as progress:
        yield progress
