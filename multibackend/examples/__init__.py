"""The notes, runnable on every backend: one idea a file, each with `main()`."""

from multibackend import _default  # noqa: F401 - chooses torch where nobody chose
