"""What examples and plots need beside a backend."""

from __future__ import annotations

from collections.abc import Iterator

from multibackend.doctor.facts import Seen
from multibackend.doctor.findings.finding import Finding, note, ok, pip

__all__ = ["extras"]

_TOPIC = "extras"

_BRINGS = {
    "plot": "matplotlib: no example can plot",
    "data": "scikit-learn: examples on digits do not run",
}


def extras(seen: Seen) -> Iterator[Finding]:
    """Findings on the optional extras of one environment."""
    if seen.installation is None:
        return
    whose = None if seen.interpreter is None else seen.backend
    for extra in seen.installation.extras:
        found = f"The extra {extra!r} is not installed, {_BRINGS[extra]}."
        what = f"'keras-multibackend[{extra}]'"
        yield note(_TOPIC, whose, found, f"Install it: {pip(seen, what)}")
    if not seen.installation.extras:
        yield ok(_TOPIC, whose, "Every optional extra is installed.")
