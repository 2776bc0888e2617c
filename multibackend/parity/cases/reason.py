"""What an exception says, as text for a report."""

from __future__ import annotations

import re

__all__ = ["message_of"]


def message_of(error: BaseException) -> str:
    r"""What an exception says, without the colours that Keras puts into it.

    Example:
    >>> message_of(ValueError("\x1b[1mInvalid dtype\x1b[0m"))
    'Invalid dtype'
    """
    return re.sub("\x1b\\[[0-9;]*m", "", str(error))
