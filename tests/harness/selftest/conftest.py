"""Made-up faults and verdicts: what the score counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from multibackend.parity.compare.verdict import Difference, Judgement, Verdict
from multibackend.parity.selftest.fault import Fault

FACTS = {
    label: {"keras": "3.15.1", "framework": "1.0", "device": "cpu", "backend": label}
    for label in ("torch", "jax", "tensorflow")
}


@pytest.fixture
def fault() -> Callable[..., Fault]:
    """A fault on jax, with changes."""

    def made(case: str = "f:off", **changes: Any) -> Fault:
        about: dict[str, Any] = {"kind": "values", "size": "gross", "victim": "jax"}
        return Fault(case, **(about | changes))

    return made


@pytest.fixture
def said() -> Callable[..., Verdict]:
    """A verdict of a word, with changes."""

    def made(case: str, word: Any, *blame: str, **changes: Any) -> Verdict:
        worst = [Difference("value", b, "output", "float32", "2", "1") for b in blame]
        told: dict[str, Any] = {"check": "forward", "differences": tuple(worst)}
        return Verdict(case=case, verdict=word, blame=blame, **(told | changes))

    return made


@pytest.fixture
def judgement() -> Callable[..., Judgement]:
    """A judgement of these verdicts."""

    def made(*verdicts: Verdict) -> Judgement:
        return Judgement(verdicts=verdicts, environments=FACTS)

    return made
