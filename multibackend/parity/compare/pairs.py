"""Checks that go from one backend to another: who owes an answer, and who is to blame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from multibackend.parity.checks.table import CHECKS, asked, sender
from multibackend.parity.compare.verdict import Verdict
from multibackend.parity.record.read import Record

__all__ = ["blame_sender", "in_order", "never_exchanged", "owes"]


def in_order(checks: set[str]) -> list[str]:
    """Checks in the order of the table; `save from jax` stands where `save` does."""
    known = {name: place for place, name in enumerate(CHECKS)}
    return sorted(checks, key=lambda name: (known.get(asked(name), len(known)), name))


def owes(record: Record, case: str, check: str) -> bool:
    """Whether a record must hold an answer to this check, or holds one.

    What `torch` saved is loaded where both were run together, or where `--exchange`
    said so; nobody else was ever asked.
    """
    origin = sender(check)
    return (
        not origin
        or origin == record.about.backend
        or origin in record.about.exchanged
        or (case, check) in record.files
    )


def never_exchanged(records: Sequence[Record]) -> list[str]:
    """A note for each record that has not loaded what another one here saved."""
    notes: list[str] = []
    for record in records:
        theirs = {
            other.about.backend: other.folder
            for other in records
            if any(sender(check) == other.about.backend for _, check in other.files)
        }
        known = {record.about.backend, *record.about.exchanged}
        lacking = {name: at for name, at in theirs.items() if name not in known}
        if lacking:
            folders = " ".join(f"--exchange {at}" for at in lacking.values())
            notes.append(
                f"{record.label} has not loaded what {', '.join(lacking)} saved; to ask "
                f"that, record it again with: multibackend run --backend "
                f"{record.about.backend} {folders}"
            )
    return notes


def blame_sender(verdict: Verdict, records: Sequence[Record]) -> Verdict:
    """Blames who saved where nobody else could load it; else who could not.

    Args:
        verdict: The verdict on any check.
        records: The records that were asked.
    """
    origin = sender(verdict.check)
    savers = {record.label for record in records if record.about.backend == origin}
    loaders = {record.label for record in records} - savers
    if verdict.verdict != "differ" or not savers or not loaders <= set(verdict.blame):
        return verdict
    return replace(verdict, blame=tuple(sorted(savers))) if loaders else verdict
