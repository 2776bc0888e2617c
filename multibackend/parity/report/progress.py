"""What is shown while the backends run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars
from rich.table import Column
from rich.text import Text

from multibackend.parity.report.text import visible
from multibackend.parity.report.wording import facts_of, split_case

__all__ = ["Progress"]


class Progress:
    """A live line per backend on a terminal; elsewhere a line at each milestone.

    A backend may be named in any order, at any time; what is shown never decides
    whether the run goes on.

    Args:
        console: Where to; standard error by default, so that what is printed on
            standard output can be piped.

    Example:
    >>> with Progress(Console(quiet=True)) as progress:
    ...     progress.started("torch")
    ...     progress.ready("torch", {"framework": "2.13.0", "device": "cpu"}, 3.1)
    ...     progress.total("torch", 1)
    ...     progress.case_done("torch", "m:dense", 0.2)
    ...     progress.finished("torch")
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        # A dumb terminal, such as that of an editor, can show no line twice.
        self._live = self._console.is_terminal and not self._console.is_dumb_terminal
        self._tasks: dict[str, TaskID] = {}
        self._begun: dict[str, float] = {}
        self._bars = Bars(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}", markup=False, style="bold"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn(
                "{task.fields[doing]}",
                markup=False,
                table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
            ),
            console=self._console,
            expand=True,
            disable=not self._live,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def started(self, backend: str) -> None:
        """The backend's process is being started."""
        self._show(backend, doing="starting")
        self._say(backend, "starting")

    def ready(
        self, backend: str, environment: Mapping[str, Any], seconds: float
    ) -> None:
        """The backend has said who it is.

        Args:
            backend: Its label.
            environment: What its record says of itself.
            seconds: From the start until now.
        """
        facts = ", ".join(facts_of(backend, environment))
        told = f"ready after {seconds:.1f} s ({facts})"
        self._show(backend, doing=told)
        self._say(backend, told)

    def total(self, backend: str, cases: int) -> None:
        """How many cases the backend will run."""
        self._show(backend, total=cases)

    def case_done(self, backend: str, name: str, seconds: float) -> None:
        """The backend has run one more case."""
        _, short = split_case(name)
        self._show(backend, doing=f"{visible(short)} {seconds:.1f} s", advance=1)

    def restarted(self, backend: str, reason: str) -> None:
        """The backend's process died and another one goes on."""
        told = f"started again: {visible(reason)}"
        self._show(backend, doing=told)
        self._say(backend, told)

    def finished(self, backend: str) -> None:
        """The backend has run what it could."""
        self._show(backend, doing="finished")
        task = self._bars.tasks[self._tasks[backend]]
        self._bars.stop_task(task.id)
        cases = f"{task.completed:.0f} of {task.total or task.completed:.0f} cases"
        seconds = time.monotonic() - self._begun[backend]
        self._say(backend, f"finished {cases} in {seconds:.1f} s")

    def _show(
        self,
        backend: str,
        doing: str | None = None,
        total: int | None = None,
        advance: int = 0,
    ) -> None:
        if backend not in self._tasks:
            self._begun[backend] = time.monotonic()
            self._tasks[backend] = self._bars.add_task(
                visible(backend), total=None, doing=""
            )
        task = self._tasks[backend]
        self._bars.update(task, total=total, advance=advance)
        if doing is not None:
            self._bars.update(task, doing=doing)

    def _say(self, backend: str, told: str) -> None:
        if not self._live:
            line = Text(f"{visible(backend)}: {told}")
            self._console.print(line, soft_wrap=True)
