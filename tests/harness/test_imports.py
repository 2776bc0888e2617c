"""The package, its command line and its plugin are light; proven in new processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Seconds that a whole process computes: the interpreter's own start counts, too, but not
# what it waits for while others compute.
LIMIT = 0.5
TRIES = 5

DOORS = {
    "the package": "import multibackend",
    "its public makers": "from multibackend import case, normal; normal(2)",
    "the command line": (
        "import runpy; runpy.run_module('multibackend', run_name='__main__')"
    ),
    "its agreement": "from multibackend import check_agreement",
    "the plugin": "import multibackend.plugin",
}


@pytest.mark.parametrize("code", DOORS.values(), ids=DOORS.keys())
def test_a_door_loads_no_framework_and_no_keras(
    code: str, load_in_fresh_interpreter: Callable[..., Any]
) -> None:
    assert load_in_fresh_interpreter(code).heavy == []


def test_pytest_with_the_plugin_loads_no_framework_and_no_keras(
    tmp_path: Path, load_in_fresh_interpreter: Callable[..., Any]
) -> None:
    _ = (tmp_path / "test_nothing.py").write_text("def test_nothing(): pass\n")
    code = f"import pytest; assert pytest.main(['-q', {str(tmp_path)!r}]) == 0"

    assert load_in_fresh_interpreter(code).heavy == []


@pytest.mark.parametrize("name", ["keras", "torch", "jax", "tensorflow"])
def test_the_proof_sees_a_framework_that_is_loaded(
    name: str, tmp_path: Path, load_in_fresh_interpreter: Callable[..., Any]
) -> None:
    (tmp_path / f"{name}.py").touch()
    code = f"import multibackend, {name}"

    assert load_in_fresh_interpreter(code, path=tmp_path).heavy == [name]


@pytest.mark.parametrize("code", DOORS.values(), ids=DOORS.keys())
def test_a_door_opens_in_half_a_second(
    code: str, load_in_fresh_interpreter: Callable[..., Any]
) -> None:
    assert _best(load_in_fresh_interpreter, code) < LIMIT


def test_the_stopwatch_sees_a_slow_import(
    load_in_fresh_interpreter: Callable[..., Any],
) -> None:
    # The system counts in hundredths of a second.
    longer = LIMIT + 0.05
    slow = f"import multibackend, time\nwhile time.process_time() < {longer}: pass"

    assert _best(load_in_fresh_interpreter, slow) > LIMIT


def _best(load: Callable[..., Any], code: str) -> float:
    """The best of a few: noise only ever adds."""
    best = float("inf")
    for _ in range(TRIES):
        best = min(best, load(code).seconds)
        if best < LIMIT:
            break
    return best
