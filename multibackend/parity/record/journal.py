"""Which cases are finished: a line each, added as it happens, so that a run can go on."""

from __future__ import annotations

from pathlib import Path

import msgspec

from multibackend.errors import OutputError, RecordError

__all__ = ["JOURNAL", "Finished", "note_finished", "read_finished"]

#: The journal's name in the folder of a record.
JOURNAL = "journal.jsonl"


class Finished(msgspec.Struct, frozen=True):
    """One case that is on disk whole.

    Attributes:
        case: Its name.
        lost: Whether it ended its process.
        left: What it left changed for the cases behind it.
        silent: Why a check had nothing to ask of it, by check.
    """

    case: str
    lost: bool = False
    left: tuple[str, ...] = ()
    silent: dict[str, str] = {}


def note_finished(folder: Path, finished: Finished) -> None:
    """Adds a line to the journal of a record.

    Raises:
        OutputError: It cannot be written.
    """
    file = folder / JOURNAL
    try:
        with file.open("ab") as journal:
            _ = journal.write(msgspec.json.encode(finished) + b"\n")
    except OSError as error:
        message = (
            f"Expected to write {file}, received {error.strerror or error}. "
            "Free the place or choose another folder with --out."
        )
        raise OutputError(message) from error


def read_finished(folder: Path) -> dict[str, Finished]:
    """The finished cases by name; a last line cut short counts for nothing.

    Raises:
        RecordError: The journal cannot be read.
    """
    file = folder / JOURNAL
    try:
        if file.is_symlink() or not file.is_file():
            return {}
        lines = file.read_bytes().splitlines()
    except OSError as error:
        message = f"Expected to read {file}, received {error.strerror or error}. Record again."
        raise RecordError(message) from error
    found: dict[str, Finished] = {}
    for line in lines:
        try:
            one = msgspec.json.decode(line, type=Finished)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue  # its case is run again
        found[one.case] = one
    return found
