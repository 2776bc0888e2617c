"""Writes a file whole or not at all."""

from __future__ import annotations

from pathlib import Path

from multibackend.errors import OutputError
from multibackend.parity.record.atomic import replace_whole

__all__ = ["write_text"]


def write_text(path: str | Path, text: str) -> None:
    r"""Writes text to a temporary file in the same folder, then renames it.

    A reader sees the old file or the new one, never a half. What is no regular file,
    such as `/dev/stdout` or a named pipe, is written to directly.

    Args:
        path: The file; its folder is made if need be, and a link is followed.
        text: Its content; what UTF-8 cannot hold is written as an escape, `\udc80`.

    Raises:
        OutputError: The folder or the file cannot be written.
    """
    content = text.encode("utf-8", "backslashreplace")
    named = Path(path)
    try:
        if named.exists() and not named.is_file() and not named.is_dir():
            _ = named.write_bytes(content)
        else:
            target = named.resolve()
            target.parent.mkdir(parents=True, exist_ok=True)
            replace_whole(target, content)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = (
            f"Expected to write {str(path)!r}, received: {reason}. "
            "Name a file in a folder that you may write to."
        )
        raise OutputError(message) from error
