"""A check asked of a case on this backend, and what of its answer breaks its rule."""

import numpy as np
import pytest

from multibackend.inputs import Working, working
from multibackend.parity.cases.case import Case
from multibackend.parity.checks.table import load
from multibackend.parity.run.once import build, run_once


@pytest.fixture
def ask():
    """Takes the name of a check and the function of a case."""

    def asked(check, function):
        case = Case("case", function, "", 0)
        with working(Working(name="case")):
            subject = build(case)
            return run_once(load(check), case, subject)

    return asked


@pytest.fixture
def broken(ask):
    """The outputs that are not what the same backend must yield, by name."""

    def differing(check, function):
        answer = ask(check, function)
        assert answer.expected
        return {
            name: str(answer.outputs[name])
            for name, want in answer.expected.items()
            if not _alike(answer.outputs[name], want)
        }

    return differing


def _alike(got, want):
    """Equal, or for floats equal up to a few roundings."""
    if got.shape != want.shape or got.dtype != want.dtype:
        return False
    if got.dtype.kind != "f":
        return bool(np.all(got == want))
    bound = 64 * np.finfo(got.dtype).eps * max(1, np.abs(want).max(initial=0))
    return bool(np.abs(got - want).max(initial=0) <= bound)
