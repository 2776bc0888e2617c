"""Files that are whole or not there: written beside their place, then renamed."""

from __future__ import annotations

import secrets
from pathlib import Path

from multibackend.errors import OutputError

__all__ = ["make_folder", "replace_whole", "write_atomically"]


def replace_whole(path: Path, data: bytes) -> None:
    """Writes a file so that a crash leaves the old one or the new one, never half.

    Raises:
        OSError: The folder cannot be written.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        # Mode x: never somebody else's file, and the permissions that umask gives.
        with temporary.open("xb") as file:
            _ = file.write(data)
        _ = temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes) -> None:
    """Writes a file of a record, whole or not at all.

    Args:
        path: Where to write; its folder must exist.
        data: What to write.

    Raises:
        OutputError: The folder cannot be written.
    """
    try:
        replace_whole(path, data)
    except OSError as error:
        message = (
            f"Expected to write {path}, received {error.strerror or error}. "
            "Free the place or choose another folder with --out."
        )
        raise OutputError(message) from error


def make_folder(path: Path) -> None:
    """Makes a folder and its parents.

    Raises:
        OutputError: It cannot be made, or a file stands in its place.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = (
            f"Expected to make the folder {path}, received {error.strerror or error}. "
            "Choose another folder with --out."
        )
        raise OutputError(message) from error
