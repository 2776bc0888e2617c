"""The clean controls: enough of them, each named once, none left out of the list."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from multibackend.parity.cases.case import declared_in
from multibackend.parity.cases.select import select
from multibackend.parity.selftest import controls

#: Files of the room that declare nothing themselves.
TOOLS = {"__init__", "declare", "inputs"}


def test_there_are_at_least_240_controls_and_every_module_has_some() -> None:
    cases = select(controls.MODULES)

    assert len(cases) >= 240
    assert [module for module in controls.MODULES if not declared_in(module)] == []


def test_every_file_of_controls_is_listed() -> None:
    files = {path.stem for path in Path(controls.__path__[0]).glob("*.py")} - TOOLS

    assert {module.rpartition(".")[2] for module in controls.MODULES} == files


def test_no_two_controls_share_a_name() -> None:
    names = Counter(case.name.partition(":")[2] for case in select(controls.MODULES))

    assert [name for name, count in names.items() if count > 1] == []


def test_controls_are_declared_without_keras() -> None:
    code = (
        "import importlib, sys\n"
        "from multibackend.parity.selftest.controls import MODULES\n"
        "for module in MODULES:\n"
        "    importlib.import_module(module)\n"
        "print('keras' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"


def test_a_control_is_declared_in_the_line_that_says_it() -> None:
    one, two = select(
        [f"{controls.__name__}.layers_core:{n}" for n in ("dense", "identity")]
    )

    assert Path(one.file).name == "layers_core.py"
    assert one.line < two.line
