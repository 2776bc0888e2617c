"""The example of the README runs as it stands, and all backends agree on it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.parity
def test_the_case_of_the_readme_agrees_on_every_backend(tmp_path: Path) -> None:
    text = README.read_text("utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
    _ = (tmp_path / "my_cases.py").write_text(block, "utf-8")

    done = subprocess.run(
        [
            *(sys.executable, "-m", "multibackend", "check", "my_cases.py"),
            *("--json", "verdicts.json", "--out", "report"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    judged = json.loads((tmp_path / "verdicts.json").read_text("utf-8"))
    assert set(judged["environments"]) == {"torch", "jax", "tensorflow"}
    assert {verdict["verdict"] for verdict in judged["verdicts"]} == {"agree"}
    assert {"forward", "grad_inputs", "grad_weights"} <= {
        verdict["check"] for verdict in judged["verdicts"]
    }
