"""Lists the cases of targets in a process of its own: importing them imports Keras."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import msgspec

from multibackend import backends
from multibackend.errors import MultibackendError, TargetError
from multibackend.parity.cases.select import precheck, select
from multibackend.parity.run.messages import Fault, Planned, read, write

__all__ = ["listed"]

# As long as a child may take to start.
_LIMIT = 300


class _Listed(msgspec.Struct, frozen=True, tag="listed"):
    cases: tuple[Planned, ...]


def listed(targets: tuple[str, ...]) -> tuple[Planned, ...]:
    """Returns the cases of the targets.

    Raises:
        TargetError: A target does not exist, does not import or declares no case.
    """
    precheck(targets)
    name = backends.chosen() or backends.DEFAULT
    try:
        done = _asked(targets, name)
    except subprocess.TimeoutExpired as error:
        message = f"Expected {', '.join(targets)} to import within {_LIMIT} s, it did not. Import it by hand."
        raise TargetError(message) from error
    lines = done.stdout.splitlines()
    if not lines:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        message = (
            f"Expected to import {', '.join(targets)}, the process ended with exit code "
            f"{done.returncode}{': ' if words else ''}{' '.join(words)}. Import it by hand."
        )
        raise TargetError(message)
    answer = read(lines[-1], _Listed | Fault)
    if isinstance(answer, Fault):
        raise TargetError(answer.message)
    return answer.cases


def _asked(
    targets: tuple[str, ...], backend: str
) -> subprocess.CompletedProcess[bytes]:
    with tempfile.TemporaryDirectory(prefix="multibackend-") as home:
        return subprocess.run(
            [sys.executable, "-m", "multibackend.parity.run.listing", *targets],
            env=os.environ | {"KERAS_BACKEND": backend, "KERAS_HOME": home},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_LIMIT,
        )


def main() -> int:
    """Imports the targets named on the command line and prints their cases."""
    out = os.fdopen(os.dup(1), "wb")
    _ = os.dup2(2, 1)
    try:
        cases = tuple(Planned(c.name, c.file, c.line) for c in select(sys.argv[1:]))
    except MultibackendError as error:
        _ = out.write(write(Fault(type(error).__name__, str(error), error.exit_code)))
        return error.exit_code
    _ = out.write(write(_Listed(cases)))
    out.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
