"""What the tests of the house share: its root, and a fresh interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

#: What nobody may load who only asks for the command line, the plugin or the judge.
HEAVY = ("keras", "torch", "jax", "jaxlib", "tensorflow")

_PROBE = f"""
import sys
sys.argv = ["multibackend", "--help"]
try:
    exec(compile(sys.stdin.read(), "<probe>", "exec"), {{"__name__": "__main__"}})
except SystemExit as stop:
    if stop.code:
        raise
import json
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""


@dataclass(frozen=True)
class Loaded:
    """The heavy modules that some code loaded, and the seconds that it computed."""

    heavy: list[str]
    seconds: float


@pytest.fixture
def root() -> Path:
    """The folder of the repository."""
    return Path(__file__).parents[2]


def _computed() -> float:
    """Seconds that children have computed so far, whatever else the machine does."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.fixture
def load_in_fresh_interpreter(
    tmp_path: Path,
) -> Callable[..., Loaded]:
    """Runs code in a new interpreter; folders in `path` go before everything else."""

    def load(code: str, *, path: Path | None = None) -> Loaded:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        if path is not None:
            environment["PYTHONPATH"] = str(path)
        before = _computed()
        done = subprocess.run(
            [sys.executable, "-c", _PROBE],
            input=code,
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        seconds = _computed() - before
        assert done.returncode == 0, done.stderr
        return Loaded(json.loads(done.stdout.splitlines()[-1]), seconds)

    return load
