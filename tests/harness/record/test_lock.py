"""One run a folder: refused while it is held, free when its holder is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from multibackend.errors import OutputError
from multibackend.parity.record.lock import alone_in

HOLDER = """
import sys, time
from pathlib import Path
from multibackend.parity.record.lock import alone_in
with alone_in(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_record_is_held_by_one_and_the_holder_is_named(tmp_path: Path) -> None:
    record = tmp_path / "torch"
    with alone_in(record):
        mine = rf"process {os.getpid()} .*--out"
        with pytest.raises(OutputError, match=mine), alone_in(record):
            pass
        with alone_in(tmp_path / "jax"):
            pass
    with alone_in(record):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_holds_nobody_up(tmp_path: Path) -> None:
    record = tmp_path / "torch"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(record)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(OutputError, match=f"process {holder.pid} "), alone_in(record):
        pass
    holder.kill()
    _ = holder.communicate()

    assert (tmp_path / ".torch.lock").exists()
    with alone_in(record):
        pass


def test_a_lock_is_not_made_through_a_link(tmp_path: Path) -> None:
    _ = (tmp_path / "mine").write_text("mine")
    (tmp_path / ".torch.lock").symlink_to(tmp_path / "mine")

    with pytest.raises(OutputError, match="--out"), alone_in(tmp_path / "torch"):
        pass
    assert (tmp_path / "mine").read_text() == "mine"
