"""Files that are whole or not there: written beside their place, then renamed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from multibackend.errors import OutputError

__all__ = ["make_folder", "write_atomically"]


def write_atomically(path: Path, data: bytes) -> None:
    """Writes a file so that a crash leaves the old one or the new one, never half.

    Args:
        path: Where to write; its folder must exist.
        data: What to write.

    Raises:
        OutputError: The folder cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                _ = file.write(data)
            temporary.chmod(0o644)
            _ = temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
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
