"""A record with this framework alone: the command, a case of the library, every check."""

import subprocess
import sys

import keras

from multibackend.parity.checks.table import CHECKS
from multibackend.parity.record.read import read_record

CASE = "multibackend.parity.cases.declared.dense:simple_dense"


def test_the_command_records_where_no_other_framework_is_needed(tmp_path):
    backend = keras.config.backend()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "multibackend", "run", CASE),
            *("--backend", backend, "--out", str(tmp_path)),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    record = read_record(tmp_path / backend)
    assert record.about.complete
    assert record.about.backend == backend
    asked = {check for _, check in record.files}
    assert {"forward", "jit", "grad_weights", "spec", "config"} <= asked & set(CHECKS)
    seen = record.read(CASE, "forward")
    assert seen is not None
    assert seen.outputs
