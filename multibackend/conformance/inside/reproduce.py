"""Runs the reproducers of causes under this process' backend, one after the other.

Started as `python -m multibackend.conformance.inside.reproduce [ID]...`; prints JSON:
what each raised, or nothing where it ran to its end.
"""

from __future__ import annotations

import json
import os
import sys

from multibackend.conformance.causes import Cause, causes

__all__ = ["outcome"]


def outcome(cause: Cause) -> str:
    """`AssertionError: received 3` where the reproducer failed, else nothing."""
    code = compile(cause.reproducer, f"<reproducer of {cause.id}>", "exec")
    try:
        exec(code, {"__name__": "__main__"})  # noqa: S102 - our own files, and their point
    except Exception as error:  # noqa: BLE001 - whatever a backend raises is the answer
        return f"{type(error).__name__}: {error}"
    return ""


def _put_back() -> None:
    """Switches JAX' 64 bits off, which a reproducer that failed has left on."""
    if jax := sys.modules.get("jax"):
        jax.config.update("jax_enable_x64", False)  # noqa: FBT003 - as JAX does


def main() -> None:
    """Prints the outcome of every reproducer, or of those named."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    _ = os.dup2(2, 1)
    import keras

    found: dict[str, str] = {}
    for cause in causes():
        if sys.argv[1:] and cause.id not in sys.argv[1:]:
            continue
        keras.utils.set_random_seed(0)
        keras.config.set_floatx("float32")
        keras.config.set_image_data_format("channels_last")
        found[cause.id] = outcome(cause)
        _put_back()
    with out:
        json.dump(found, out, indent=2)


if __name__ == "__main__":
    main()
