"""What the tests of misuse share: files to misuse, and the command line itself."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from multibackend.cli import main
from multibackend.parity.record.observation import BUILD, Observation
from multibackend.parity.record.schema import SCHEMA, RecordFile
from multibackend.parity.record.write import RecordWriter

GOOD = """
import keras

from multibackend import case, normal


@case(checks=["forward"])
def good():
    return keras.ops.tanh, normal(5)
"""

FILES = {
    "good.py": GOOD,
    "raises.py": "raise RuntimeError('no luck')\n",
    "leaves.py": "import sys\n\nsys.exit(7)\n",
    "unfinished.py": "def broken(:\n",
    "imports.py": "import a_module_that_is_not_there\n",
    "empty.py": "x = 1\n",
    "twice.py": (
        "from multibackend import case\n\n\n@case\ndef one():\n    return {'a': 1.0}\n"
        "\n\n@case\ndef one():\n    return {'a': 2.0}\n"
    ),
    "takes.py": "from multibackend import case\n\n\n@case\ndef one(x):\n    return x\n",
    "damaged.json": '{"schema": 1, "summ',
    "deep.json": '{"schema": 1, "notes": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "newer.json": '{"schema": 99}',
    "other.json": '{"name": "left-pad"}',
    "no.toml": "[[entry",
    "field.toml": '[[entry]]\nid = "a"\nreasn = "typed in haste"\n',
    "table.toml": '[[entries]]\nid = "a"\n',
    "light.py": "from multibackend import case\n\n\n@case\ndef one():\n    return 1.0\n",
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """The case files, a file where a folder should be, and a record of `numpy`."""
    made = Path(tmp_path_factory.mktemp("misuse"))
    for name, text in FILES.items():
        _ = (made / name).write_text(text, "utf-8")
    _ = (made / "a_file").write_text("in the way", "utf-8")
    (made / "nothing_in_it").mkdir()
    (made / "kept").mkdir()
    _record(made / "kept" / "numpy")
    return made


def _record(place: Path) -> None:
    """A small, whole record, as `multibackend run` leaves it."""
    writer = RecordWriter(place)
    about = RecordFile(
        format="multibackend record",
        schema=SCHEMA,
        backend="numpy",
        environment={"backend": "numpy", "keras": "3.15.1", "device": "cpu"},
        started="2026-01-01T00:00:00+00:00",
        cases=("m:one",),
    )
    writer.open(about, overwrite=False)
    ones = np.ones(3, "float32")
    writer.add(Observation("m:one", BUILD, "ok", outputs={"input": ones}))
    writer.add(
        Observation(
            *("m:one", "forward", "ok"),
            structure="*",
            outputs={"output": ones},
            referee={"output": ones.astype("float64")},
        )
    )
    writer.close(about)


@dataclass(frozen=True)
class Done:
    """A command that has ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def is_one_sentence(self) -> bool:
        """One line of ours and nothing else: no traceback, no second message."""
        lines = self.err.splitlines()
        return len(lines) == 1 and lines[0].startswith("multibackend: ")


@pytest.fixture
def multibackend(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Done]]:
    """Runs the command line in this process, in a folder, as its script does."""
    before = {
        number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)
    }
    monkeypatch.setenv("KERAS_BACKEND", "numpy")

    def run(*arguments: str | Path, cwd: Path, **env: str) -> Done:
        monkeypatch.chdir(cwd)
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["multibackend", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capfd.readouterr()
        return Done(int(left.value.code or 0), out, err)

    yield run
    for number, handler in before.items():
        _ = signal.signal(number, handler)
