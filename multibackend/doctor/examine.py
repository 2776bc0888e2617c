"""From what was seen to what was found: every topic is asked, problems come first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from multibackend.doctor.facts import Seen
from multibackend.doctor.findings.backend import backend
from multibackend.doctor.findings.compiling import compiling
from multibackend.doctor.findings.device import device
from multibackend.doctor.findings.environment import environment
from multibackend.doctor.findings.extras import extras
from multibackend.doctor.findings.finding import LEVELS, Finding
from multibackend.doctor.findings.keras_json import keras_json
from multibackend.doctor.findings.packages import packages
from multibackend.doctor.findings.precision import precision
from multibackend.doctor.findings.together import together

__all__ = ["examine", "fit"]

#: What is asked of each backend, in the order in which it is told.
TOPICS = (
    backend,
    packages,
    device,
    precision,
    compiling,
    environment,
    keras_json,
    extras,
)


def examine(seen: Sequence[Seen]) -> tuple[Finding, ...]:
    """Returns every finding once, problems first, then notes, then what is fine.

    Args:
        seen: The backends as they were seen.
    """
    found = tuple(dict.fromkeys(_all(seen)))
    return tuple(sorted(found, key=lambda each: LEVELS.index(each.level)))


def fit(seen: Sequence[Seen], findings: Sequence[Finding]) -> bool:
    """Whether a backend works and nothing is a problem."""
    problems = any(each.level == "problem" for each in findings)
    return any(each.works for each in seen) and not problems


def _all(seen: Sequence[Seen]) -> Iterator[Finding]:
    yield from together(seen)
    for topic in TOPICS:
        for each in seen:
            yield from topic(each)
