"""The notes, runnable on every backend: one idea a file, each with `main()`."""

# First: chooses a backend where nobody did, before Keras starts.
from multibackend import _default as _default
