"""The table of planted faults is sound, and is read without Keras."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest

from multibackend import backends
from multibackend.parity.cases.case import declared_in
from multibackend.parity.selftest.fault import faults, planted
from multibackend.parity.selftest.faults import MODULES
from multibackend.parity.selftest.plant import SIZES

FAULTS = faults()


def test_there_are_enough_faults_of_enough_kinds() -> None:
    assert len(FAULTS) >= 120
    assert len({fault.kind for fault in FAULTS}) >= 15


def test_every_fault_has_a_case_of_its_own_name() -> None:
    declared = [case.name for module in MODULES for case in declared_in(module)]

    assert sorted(declared) == sorted({fault.case for fault in FAULTS})


def test_the_victims_are_balanced() -> None:
    counts = Counter(fault.victim for fault in FAULTS)

    assert set(counts) == set(backends.TRAINABLE)
    assert max(counts.values()) - min(counts.values()) <= len(MODULES)


def test_every_size_is_planted_and_no_other() -> None:
    assert {fault.size for fault in FAULTS} == set(SIZES)


def test_enough_faults_sit_in_a_known_sub_layer() -> None:
    assert sum(fault.site is not None for fault in FAULTS) >= 30


def test_faults_of_other_victims_are_left_out() -> None:
    assert {fault.victim for fault in faults(["torch"])} == {"torch"}


def test_a_victim_does_not_depend_on_what_was_imported_before() -> None:
    """Parent and child must agree on it, and they import in another order."""
    code = (
        "import importlib, sys\n"
        "from multibackend.parity.selftest.faults import MODULES\n"
        "for module in reversed(MODULES): importlib.import_module(module)\n"
        "from multibackend.parity.selftest.fault import faults\n"
        "print(*sorted(fault.case for fault in faults()), sep='\\n')\n"
        "sys.exit('keras' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr  # 1 where Keras was imported
    assert done.stdout.split() == sorted(fault.case for fault in FAULTS)


def test_an_unknown_size_is_refused() -> None:
    with pytest.raises(ValueError, match="received 'huge'"):
        _ = planted("values", checks=(), sizes=("huge",))
