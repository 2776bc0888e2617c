"""The pytest plugin: `@case` functions in test files are items. Loads no framework.

Each case is run in child processes, never in pytest's own, on the backends of
`--multibackend torch,jax` and judged across them. Without the option it is run on the one
backend that is chosen for this process, and judged by that backend's own float64 run.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from multibackend import backends
from multibackend.errors import MultibackendError

if TYPE_CHECKING:
    from multibackend.parity.cases.case import Case
    from multibackend.parity.compare.verdict import Judgement, Verdict

__all__ = ["CaseFailed", "CaseItem"]


class CaseFailed(Exception):  # noqa: N818 - pytest shows it as a failure, not an error
    """A case does not agree; the text says where."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--multibackend`."""
    group = parser.getgroup("multibackend", "parity of Keras backends")
    group.addoption(
        "--multibackend",
        metavar="BACKENDS",
        default="",
        help="judge @case functions across these backends, such as torch,jax,tensorflow",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Fixes the backends, and lets the test files import Keras with the first of them.

    Raises:
        pytest.UsageError: `--multibackend` names no backend.
    """
    if not config.getoption("--multibackend"):
        with contextlib.suppress(MultibackendError):  # the header and the items say it
            _ = _backends(config)
        return
    try:
        names = _backends(config)
        if backends.chosen() is None:
            os.environ["KERAS_BACKEND"] = names[0]
    except MultibackendError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_report_header(config: pytest.Config) -> str:
    """Says which backends the cases are judged on."""
    try:
        return f"multibackend: {', '.join(_backends(config))}"
    except MultibackendError as error:
        return f"multibackend: {error}"


def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: Any) -> Any:
    """Makes an item of a `Case` that the test file itself declares."""
    if (
        type(obj).__name__ != "Case"
        or type(obj).__module__ != "multibackend.parity.cases.case"
    ):
        return None
    if Path(obj.file) != collector.path:
        return None
    return CaseItem.from_parent(collector, name=name, case=obj)


class CaseItem(pytest.Item):
    """One case: it passes if every check of it agrees."""

    def __init__(self, *, case: Case, **given: Any) -> None:
        """Keeps the case."""
        super().__init__(**given)
        self.case = case

    @property
    def target(self) -> str:
        """What the command line would call it."""
        return f"{self.path}::{self.case.name.partition(':')[2]}"

    def runtest(self) -> None:
        """Looks up the verdicts; the first item runs the cases of all of them.

        Raises:
            CaseFailed: A check differs, failed, or is missing.
        """
        from multibackend.parity.report.wording import OPEN

        verdicts = _verdicts(self)
        if not verdicts:
            message = f"Expected a verdict on {self.target}, found none."
            raise CaseFailed(message)
        opened = [verdict for verdict in verdicts if verdict.verdict in OPEN]
        if opened:
            raise CaseFailed("\n".join(_lines(opened)))
        excused = [v for v in verdicts if v.verdict != "agree"]
        if len(excused) == len(verdicts):
            pytest.skip("; ".join(f"{v.check}: {v.detail}" for v in excused))

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Shows the differences without a traceback of ours."""
        if isinstance(excinfo.value, CaseFailed | MultibackendError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case is declared."""
        return self.path, max(0, self.case.line - 1), self.name


_JUDGED = pytest.StashKey["Judgement | MultibackendError"]()
_NAMES = pytest.StashKey[tuple[str, ...]]()


def _verdicts(item: CaseItem) -> list[Verdict]:
    from multibackend.parity.cases.select import parse

    stash = item.session.stash
    if _JUDGED not in stash:
        items = [other for other in item.session.items if isinstance(other, CaseItem)]
        try:
            stash[_JUDGED] = _judge(items, _backends(item.config))
        except MultibackendError as error:  # once for all: each try starts frameworks
            stash[_JUDGED] = error
    judged = stash[_JUDGED]
    if isinstance(judged, MultibackendError):
        raise judged
    wanted = parse(item.target)
    name = f"{wanted.module}:{wanted.name}"
    return [verdict for verdict in judged.verdicts if verdict.case == name]


def _judge(items: list[CaseItem], names: tuple[str, ...]) -> Judgement:
    """Runs all cases of the session at once, so that each framework starts once."""
    from multibackend.parity.compare.catalogue import read_catalogue
    from multibackend.parity.job import judge_all
    from multibackend.parity.report.progress import Progress
    from multibackend.parity.run.config import find_catalogue, read_config
    from multibackend.parity.run.request import Request

    place, told = find_catalogue(Path.cwd())
    known = read_catalogue(place, new=not told)
    targets = tuple(dict.fromkeys(item.target for item in items))
    with (
        tempfile.TemporaryDirectory(prefix="multibackend-") as folder,
        Progress() as progress,
    ):
        request = Request(names, Path(folder), targets, config=read_config(Path.cwd()))
        return judge_all(request, progress, catalogue=known).judgement


def _backends(config: pytest.Config) -> tuple[str, ...]:
    """The backends of `--multibackend`, else the one chosen for this process.

    Asked once, before a test file imports Keras: what Keras then loads is no choice.
    """
    if _NAMES not in config.stash:
        option = str(config.getoption("--multibackend") or "")
        given = [name.strip() for name in option.split(",")]
        wanted = [name for name in given if name]
        names = wanted or [backends.chosen() or backends.DEFAULT]
        config.stash[_NAMES] = tuple(
            dict.fromkeys(backends.find(name).name for name in names)
        )
    return config.stash[_NAMES]


def _lines(verdicts: list[Verdict]) -> Iterator[str]:
    from multibackend.parity.report.wording import sentence

    for verdict in verdicts:
        yield f"{verdict.check}: {verdict.verdict}: {sentence(verdict)}"
