"""`jit`: functions over Keras objects, compiled once and run without Keras' Python."""

# First: chooses a backend where nobody did, before Keras starts.
from multibackend import _default as _default
from multibackend.tracing.compiled import Compiled
from multibackend.tracing.dry import dry_run
from multibackend.tracing.jit import jit

__all__ = ["Compiled", "dry_run", "jit"]
