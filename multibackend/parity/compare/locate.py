"""Finds the site of each difference: the first sub-layer that differs alone.

Within its own code it is the first function of `keras.ops` that does, where it is heard.

One backend that is not blamed writes what each sub-layer is called on; every backend
then asks the same check of each sub-layer with these very inputs, and the usual judge
compares the answers. So blame does not depend on how errors grow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from multibackend.parity.checks.table import asked
from multibackend.parity.compare.judge import judge
from multibackend.parity.compare.site import step_site
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.record.atomic import make_folder
from multibackend.parity.record.observation import Observation
from multibackend.parity.record.read import Record
from multibackend.parity.record.write import file_stem
from multibackend.parity.run.captured import (
    NOT_ALONE,
    Call,
    narrow_to,
    read_captured,
    trains_in,
)

__all__ = ["ITSELF", "Suspects", "locate"]

Answers = dict[str, Observation | None]

#: The site where every sub-layer agrees alone.
ITSELF = "its own code, outside its sub-layers"

# A sub-layer that answers a check well may still be why the whole does not: a value
# that is off moves every gradient behind it, and a gradient of inputs all weights
# before. So these are asked too, where the check itself finds nobody.
_THEN = {
    "training": ("forward",),
    "state": ("training", "forward"),
    "grad_inputs": ("forward",),
    "grad_weights": ("grad_inputs", "forward"),
    "hvp": ("grad_inputs", "forward"),
}

# A run in which everything differs must end all the same: each verdict costs two
# builds and three runs of every sub-layer on each backend, a few seconds.
_LOCATED = 20
# What has no sub-layers costs one build in float64 to know.
_TRIED = 60


class Suspects(Protocol):
    """Who carries the two orders to the children that are still alive."""

    def capture(self, backend: str, case: str, check: str, file: Path) -> bool:
        """Has `file` written by one backend; `False` where its child died."""
        ...

    def alone(
        self, backend: str, case: str, check: str, file: Path, folder: Path
    ) -> bool:
        """Has every call in `file` answered into `folder`; called from threads."""
        ...


def locate(
    judgement: Judgement,
    records: Sequence[Record],
    suspects: Suspects,
    folder: Path,
    *,
    bounded: bool = True,
) -> Judgement:
    """Fills in the sites of the verdicts that differ.

    Args:
        judgement: What was judged.
        records: The records it was judged from, with the same labels.
        suspects: Who asks the children.
        folder: Where captured inputs and answers go; it is the caller's to remove.
        bounded: Whether to leave the rest alone after some.

    Returns:
        The judgement with sites, and a note where not all were looked for.

    Raises:
        OutputError: The folder cannot be written.
        RecordError: What a child wrote is damaged.
    """
    asking = _Asking(records, suspects, folder)
    differing = judgement.of("differ")
    sites = {_key(v): site for v in differing if (site := step_site(v))}
    open_ = [v for v in differing if asked(v.check) not in NOT_ALONE]
    # No ratio: a shape, a dtype or an error differs, which is worse than any number.
    waiting = sorted(open_, key=lambda v: v.ratio is not None)
    notes = judgement.notes
    for done, verdict in enumerate(waiting):
        if bounded and (asking.located == _LOCATED or asking.tried == _TRIED):
            left = len(waiting) - done
            notes += (f"no site was looked for in {left} more that differ",)
            break
        site = asking.site(verdict)
        if site is not None:
            sites[_key(verdict)] = site
    verdicts = tuple(
        replace(v, site=sites.get(_key(v), v.site)) for v in judgement.verdicts
    )
    return replace(judgement, verdicts=verdicts, notes=notes)


def _key(verdict: Verdict) -> tuple[str, str]:
    return verdict.case, verdict.check


@dataclass
class _Asking:
    """Asks, and remembers what was captured: several checks of a case share it.

    Attributes:
        tried: How many cases were captured.
        located: How many verdicts had sub-layers to ask.
        files: What was captured, by case and whether it was training.
        asked: Which checks were asked with which file.
    """

    records: Sequence[Record]
    suspects: Suspects
    folder: Path
    tried: int = 0
    located: int = 0
    files: dict[tuple[str, bool], Path | None] = field(
        default_factory=dict[tuple[str, bool], Path | None]
    )
    asked: set[tuple[str, str, Path]] = field(
        default_factory=set[tuple[str, str, Path]]
    )

    def site(self, verdict: Verdict) -> str | None:
        """The first sub-layer that differs alone, or what is left to blame."""
        key = verdict.case, trains_in(verdict.check)
        if key not in self.files:
            self.files[key] = self._captured(verdict)
        file = self.files[key]
        if file is None:
            return None
        captured = read_captured(file)
        if not captured.calls and not captured.ops:
            return None
        self.located += 1
        # By site: whether it could be asked anything.
        heard = dict.fromkeys(captured.left_out, False)
        found = self._search(verdict, captured.calls, file, heard)
        # Whose own code it is: that of the layer found, else that of the whole.
        path = "" if found is None else found.path
        own = [call for call in captured.ops if call.path == path]
        narrow = file.with_name(f"{file.stem}-ops-{len(self.asked)}.json")
        if own:
            narrow_to(own, captured, narrow)
            inner = self._search(verdict, own, narrow, {})
            if inner is not None:
                return inner.site
        return _itself(heard) if found is None else found.site

    def _search(
        self,
        verdict: Verdict,
        calls: Sequence[Call],
        file: Path,
        heard: dict[str, bool],
    ) -> Call | None:
        """The first call that differs alone, in this check or in one behind it."""
        for check in (verdict.check, *_THEN.get(verdict.check, ())):
            found = _first(verdict, calls, self._answers(verdict, check, file), heard)
            if found is not None:
                return found
        return None

    def _captured(self, verdict: Verdict) -> Path | None:
        """By a backend that is not blamed, else by the next one that can."""
        self.tried += 1
        make_folder(self.folder)
        for record in sorted(self.records, key=lambda r: r.label in verdict.blame):
            backend = record.about.backend
            file = self.folder / f"captured-{self.tried}-{backend}.json"
            written = self.suspects.capture(backend, *_key(verdict), file)
            if written and file.is_file() and not read_captured(file).fault:
                return file
        return None

    def _answers(self, verdict: Verdict, check: str, file: Path) -> Iterator[Answers]:
        """Of each call in order, the answer of every backend or `None`."""
        folders = {
            record.label: self.folder / f"{file.stem}-{check}" / str(place)
            for place, record in enumerate(self.records)
        }
        if (verdict.case, check, file) not in self.asked:
            self.asked.add((verdict.case, check, file))
            self._ask(verdict.case, check, file, folders)
        for place, call in enumerate(read_captured(file).calls):
            key = verdict.case, f"{check} at {call.site}"
            found: Answers = {}
            for record in self.records:
                folder = folders[record.label] / str(place)
                answer = folder / f"{file_stem(*key)}.json"
                files = {key: answer} if answer.is_file() else {}
                found[record.label] = replace(record, files=files).read(*key)
            yield found

    def _ask(
        self, case: str, check: str, file: Path, folders: Mapping[str, Path]
    ) -> None:
        """Has the check answered on all backends at once."""
        for folder in folders.values():
            make_folder(folder)
        pool = ThreadPoolExecutor(len(self.records))
        try:
            jobs = [
                pool.submit(
                    self.suspects.alone,
                    record.about.backend,
                    case,
                    check,
                    file,
                    folders[record.label],
                )
                for record in self.records
            ]
            for job in jobs:
                _ = job.result()
        finally:
            # After Ctrl-C nobody waits: the caller ends the children.
            pool.shutdown(wait=False, cancel_futures=True)


def _first(
    verdict: Verdict,
    calls: Sequence[Call],
    answers: Iterator[Answers],
    heard: dict[str, bool],
) -> Call | None:
    """The first call whose answers differ, with somebody to blame who is blamed above."""
    for call, found in zip(calls, answers, strict=True):
        here = {label: seen for label, seen in found.items() if seen is not None}
        if not here:
            continue  # the check does not apply to this one
        _ = heard.setdefault(call.site, False)
        if len(here) < len(found):
            continue
        blank = Verdict(verdict.case, verdict.check, "missing")
        judged = judge(here, blank, records=len(here))
        if judged.verdict == "differ" and set(judged.blame) & set(verdict.blame):
            return call
        heard[call.site] |= judged.verdict in ("agree", "differ")
    return None


def _itself(heard: Mapping[str, bool]) -> str | None:
    """What is left to blame where nobody who could be asked differs."""
    unheard = [site for site, could in heard.items() if not could]
    if len(unheard) == len(heard):
        return None  # it has no sub-layers, or none that could be asked
    if not unheard:
        return ITSELF
    return f"{ITSELF}, or what could not be asked alone: {', '.join(unheard)}"
