"""The source that cases come from, as one digest: another one is another question."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

from multibackend.parity.cases.edited import installed
from multibackend.parity.cases.select import parse

__all__ = ["source_of"]


def source_of(targets: Sequence[str]) -> str:
    """A digest of the modules that importing the targets loaded.

    What is installed is told by its version instead, unless it is itself a target.
    """
    tops = {parse(target).module.partition(".")[0] for target in targets}
    digest = hashlib.sha256()
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.endswith(".py"):
            continue
        if name.partition(".")[0] in tops or not installed(file):
            digest.update(f"{name}\n".encode())
            digest.update(hashlib.sha256(_bytes(Path(file))).digest())
    return digest.hexdigest()


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # made by a loader of its own, or gone
        return b""
