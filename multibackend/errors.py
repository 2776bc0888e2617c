"""Every exception of the package: one sentence each, with its cure.

A message says what was expected, what was received and what to do. `exit_code`
is what the command line returns for it: 2 wrong usage, 3 an unfit environment.
"""

from __future__ import annotations

__all__ = [
    "BackendError",
    "CaseError",
    "EnvironmentUnfitError",
    "MultibackendError",
    "NotBuiltError",
    "OutputError",
    "RecordError",
    "TargetError",
    "UnknownBackendError",
]


class MultibackendError(Exception):
    """Something the caller can mend; printed as one sentence, never as a traceback."""

    exit_code = 2


class BackendError(MultibackendError):
    """`KERAS_BACKEND` is empty, or was changed after Keras was imported."""


class UnknownBackendError(BackendError):
    """A backend name that Keras does not have: correct the spelling."""


class EnvironmentUnfitError(MultibackendError):
    """This machine lacks something (a framework, a device): install or choose it."""

    exit_code = 3


class TargetError(MultibackendError):
    """A target does not exist, does not import, or declares no case."""


class CaseError(MultibackendError):
    """A case is declared wrongly: two of one name, or nothing returned."""


class NotBuiltError(MultibackendError):
    """Nothing was built: guessing did not help, or an older Keras lacks the symbol."""


class RecordError(MultibackendError):
    """A record is cut short, of another schema, or not ours: record it again."""


class OutputError(MultibackendError):
    """The output folder cannot be written or is taken: name another one."""
