"""The main job: record on every backend, exchange, compare, and look for the sites."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from multibackend.parity.compare.catalogue import Catalogue
from multibackend.parity.compare.compare import compare, load_records
from multibackend.parity.compare.evidence import with_evidence
from multibackend.parity.compare.locate import locate
from multibackend.parity.compare.verdict import Judgement
from multibackend.parity.record.read import Record
from multibackend.parity.reproduce.search import RUN, reproduce
from multibackend.parity.run.messages import Alone, Capture, Describe, Try
from multibackend.parity.run.pool import Pool
from multibackend.parity.run.request import Request
from multibackend.parity.run.team import Team, team
from multibackend.parity.run.worker import Watcher

__all__ = ["TOTAL", "Asked", "Judged", "judge_all"]

#: The stage that holds all others.
TOTAL = "total"


@dataclass(frozen=True)
class Judged:
    """What the main job left.

    Attributes:
        judgement: The verdicts, with sites and the seconds of each stage.
        records: What they were judged from.
        folders: Where each backend's record lies.
    """

    judgement: Judgement
    records: tuple[Record, ...]
    folders: Mapping[str, Path] = field(default_factory=dict[str, Path])


def judge_all(
    request: Request,
    watcher: Watcher,
    *,
    catalogue: Catalogue | None = None,
    whole: Collection[str] | None = (),
    recorded: Callable[[], object] = lambda: None,
    pool: Pool | None = None,
    reproducers: bool = False,
) -> Judged:
    """Runs a request and judges it, while the children stay warm.

    Args:
        request: What to run, and where the records go.
        watcher: Who is told what happens.
        catalogue: The user's own known differences.
        whole: Modules of which no case is left out; see `compare`.
        recorded: Called once the records of this run have taken their places.
        pool: Where warm children come from and go to.
        reproducers: Whether to look for a program that shows each difference.

    Raises:
        MultibackendError: Nothing could be run; the message says why.
        Interrupted: The user pressed Ctrl-C; what was recorded stays.
    """
    begun = time.perf_counter()
    spent: dict[str, float] = {}
    with team(request, watcher, pool=pool) as members:
        members.record()
        members.exchange()
        _ = recorded()
        folders = members.left.folders
        records = load_records(folders.values())
        judgement = compare(records, catalogue=catalogue, whole=whole)
        with _timed(spent, "locate"), tempfile.TemporaryDirectory() as folder:
            judgement = locate(judgement, records, Asked(members), Path(folder))
        if reproducers:
            with _timed(spent, "reproduce"), tempfile.TemporaryDirectory() as folder:
                judgement = reproduce(judgement, records, Asked(members), Path(folder))
        judgement = with_evidence(judgement, records)
    stages = {**judgement.stages, **spent, TOTAL: time.perf_counter() - begun}
    return Judged(replace(judgement, stages=stages), tuple(records), folders)


@dataclass(frozen=True)
class Asked:
    """Carries the orders of `locate` and `reproduce` to the children of a team."""

    members: Team

    def capture(self, backend: str, case: str, check: str, file: Path) -> bool:
        """Has `file` written by one backend; `False` where its child died."""
        order = Capture(case, check, str(file))
        return self.members.ask(backend, order, check=check) is None

    def alone(
        self, backend: str, case: str, check: str, file: Path, folder: Path
    ) -> bool:
        """Has every call in `file` answered into `folder`."""
        order = Alone(case, check, str(file), str(folder))
        return self.members.ask(backend, order, check=check) is None

    def describe(
        self, backend: str, case: str, check: str, about: Mapping[str, Any], file: Path
    ) -> bool:
        """Has one backend write what a reproducer can be made of."""
        order = Describe(case=case, check=check, file=str(file), **about)
        return self.members.ask(backend, order, check=check) is None

    def attempt(
        self, backend: str, case: str, check: str, file: Path, answer: Path
    ) -> bool:
        """Has one backend run a program and write what it yields."""
        order = Try(case, str(file), str(answer))
        return self.members.ask(backend, order, check=check, limit=RUN) is None


@contextmanager
def _timed(spent: dict[str, float], stage: str) -> Generator[None]:
    begun = time.perf_counter()
    try:
        yield
    finally:
        spent[stage] = time.perf_counter() - begun
