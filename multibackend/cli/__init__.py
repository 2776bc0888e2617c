"""The command line: `check`, `run`, `compare`, `report`, `list`, `doctor`, `selftest`.

A file a command; every command reads like the data flows: run -> record -> compare ->
report. What costs time to import is imported inside the command that needs it.
"""

from multibackend.cli.commands import app, main

__all__ = ["app", "main"]
