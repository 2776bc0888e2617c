"""All tables of samples: a file of the folder `samples` each."""

from __future__ import annotations

import importlib
import pkgutil

from multibackend.conformance import samples
from multibackend.conformance.sample import Sample
from multibackend.conformance.table import Table

__all__ = ["MODULE", "every", "tables"]

#: The module whose cases all samples are.
MODULE = "multibackend.conformance.suite"


def tables() -> list[Table]:
    """The tables by the names of their files: each holds its own as `T`."""
    names = sorted(found.name for found in pkgutil.iter_modules(samples.__path__))
    return [importlib.import_module(f"{samples.__name__}.{name}").T for name in names]


def every() -> list[Sample]:
    """All samples of all tables."""
    return [sample for table in tables() for sample in table.every()]
