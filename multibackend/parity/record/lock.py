"""One run a folder: a lock that the system lets go when its process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from multibackend.errors import OutputError

__all__ = ["alone_in"]


@contextmanager
def alone_in(record: Path) -> Generator[None]:
    """Holds the lock of a record, `OUT/.<backend>.lock`, for the length of the block.

    The lock is the system's, not the file's: what a killed process left behind holds
    nobody up.

    Raises:
        OutputError: Another run holds it, or it cannot be made.
    """
    place = record.with_name(f".{record.name}.lock")
    try:
        file = _locked(place)
    except BlockingIOError as error:
        message = (
            f"Expected to record into {record} alone, found process {_holder(place)} "
            "recording there. Wait for it or choose another folder with --out."
        )
        raise OutputError(message) from error
    except OSError as error:
        message = (
            f"Expected to write {place}, received {error.strerror or error}. "
            "Choose another folder with --out."
        )
        raise OutputError(message) from error
    try:
        yield
    finally:
        place.unlink(missing_ok=True)
        os.close(file)


def _locked(place: Path) -> int:
    """Opens and locks the file; again where its last holder removed it meanwhile."""
    while True:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        file = os.open(place, flags, 0o666)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if place.exists() and os.path.samestat(os.fstat(file), place.stat()):
                os.ftruncate(file, 0)
                _ = os.write(file, str(os.getpid()).encode())
                return file
        except OSError:
            os.close(file)
            raise
        os.close(file)


def _holder(place: Path) -> str:
    try:
        return place.read_text("ascii").strip()[:20] or "another"
    except (OSError, ValueError):
        return "another"
