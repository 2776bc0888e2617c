"""The plugin's options, marks and groups; nothing here is judged, so nothing starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from multibackend.parity.cases.case import Case
from multibackend.parity.compare.verdict import Difference, Judgement, Verdict
from multibackend.plugin.item import made_of
from multibackend.plugin.told import properties

pytest_plugins = ["pytester"]

CASES = """
import pytest

from multibackend import case

@case
@pytest.mark.requires_trainable_backend
def below():
    return 1.0


@pytest.mark.skipif(True, reason="not today")
@pytest.mark.multi_device
@case
def above():
    return 1.0


@pytest.mark.requires_trainable_backend
def test_ordinary():
    pass
"""


@pytest.fixture
def bare(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with those cases, for pytest as a user runs it."""
    for name in [n for n in os.environ if n.startswith(("KERAS_", "PYTEST_"))]:
        monkeypatch.delenv(name)
    _ = pytester.makepyfile(test_marked=CASES)
    _ = pytester.makeini("[pytest]\naddopts = --strict-markers -p no:cacheprovider")
    return pytester


def test_marks_above_and_below_a_case_are_its_marks(bare: pytest.Pytester) -> None:
    done = bare.runpytest_subprocess("-rs", "--multibackend", "numpy")

    done.assert_outcomes(skipped=3)
    done.stdout.fnmatch_lines(["*not today*"])
    done.stdout.fnmatch_lines(["*requires_trainable_backend: numpy does not train*"])


def test_a_mark_of_keras_can_be_selected(bare: pytest.Pytester) -> None:
    done = bare.runpytest_subprocess("--co", "-q", "-m", "multi_device")

    done.stdout.fnmatch_lines(["test_marked.py::above"])
    done.stdout.no_fnmatch_line("*below*")


def test_the_marks_are_registered_once(bare: pytest.Pytester) -> None:
    _ = bare.makeconftest(
        "def pytest_configure(config):\n"
        "    line = 'requires_trainable_backend: as we understand it'\n"
        "    config.addinivalue_line('markers', line)\n"
    )
    done = bare.runpytest_subprocess("--markers")

    lines = [x for x in done.outlines if x.startswith("@pytest.mark.")]
    ours = [x for x in lines if "requires_trainable_backend" in x]
    assert ours == ["@pytest.mark.requires_trainable_backend: as we understand it"]
    assert any("multi_device" in line for line in lines)


def test_an_ordinary_test_is_left_to_a_project_that_has_the_mark(
    bare: pytest.Pytester,
) -> None:
    _ = bare.makeini("[pytest]\nmarkers =\n    requires_trainable_backend: ours")
    done = bare.runpytest_subprocess(
        "--multibackend", "numpy", "-k", "ordinary", "-p", "no:cacheprovider"
    )

    done.assert_outcomes(passed=1, deselected=2)


def test_a_conftest_that_imports_keras_gets_the_first_of_the_backends(
    bare: pytest.Pytester,
) -> None:
    """Keras reads the variable when it is imported, before anything is configured."""
    _ = bare.makeconftest(
        "import os\nassert os.environ['KERAS_BACKEND'] == 'openvino', os.environ"
    )
    done = bare.runpytest_subprocess("--co", "-q", "--multibackend", "openvino,jax")

    assert done.ret == 0, done.outlines


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--multibackend", "jaxx"], "received 'jaxx'. Did you mean 'jax'?"),
        (["--multibackend", ","], "Expected --multibackend to name backends"),
        (["--multibackend-record", "test_marked.py"], "found a file at"),
        (["--multibackend-record", ".."], "Name another."),
        (
            ["--multibackend-record", "new", "-n", "2", "--dist", "load"],
            "received --dist load. Leave --dist out",
        ),
    ],
)
def test_wrong_usage_is_one_sentence(
    bare: pytest.Pytester, arguments: list[str], told: str
) -> None:
    done = bare.runpytest_subprocess(*arguments)

    assert done.ret == pytest.ExitCode.USAGE_ERROR
    text = done.stdout.str() + done.stderr.str()
    assert told in text
    assert "Traceback" not in text


def test_a_folder_of_records_may_be_recorded_into_again(bare: pytest.Pytester) -> None:
    folder = Path(bare.path, "records", "jax")
    folder.mkdir(parents=True)
    (folder / "record.json").touch()
    again = ("--co", "-q", "--multibackend-record", "records")
    assert bare.runpytest_subprocess(*again).ret == 0

    _ = (folder / "record.json").rename(folder / "thesis.json")
    assert bare.runpytest_subprocess(*again).ret == pytest.ExitCode.USAGE_ERROR


def test_workers_keep_the_cases_together(bare: pytest.Pytester) -> None:
    _ = bare.makeconftest(
        "def pytest_collection_finish(session):\n"
        "    if hasattr(session.config, 'workerinput'):\n"
        "        with open('ids', 'a') as file:\n"
        "            file.write(' '.join(i.nodeid for i in session.items))\n"
    )
    given = ("-n", "1", "--multibackend", "numpy")
    done = bare.runpytest_subprocess(*given)
    assert done.ret == 0, done.outlines
    told = Path(bare.path, "ids").read_text()
    assert told.count("@multibackend") == 2
    assert "test_ordinary@" not in told

    Path(bare.path, "ids").unlink()
    _ = bare.runpytest_subprocess("--dist", "load", *given)
    assert "@" not in Path(bare.path, "ids").read_text()


def test_what_is_no_case_is_left_to_pytest() -> None:
    assert made_of(pytest.mark.skipif(True, reason="no")) == (None, ())
    assert made_of(3) == (None, ())
    case = Case("m:a", lambda: 1.0, "m.py", 1)
    found, (mark,) = made_of(pytest.mark.skip(reason="no")(case))
    assert found is case
    assert (mark.name, mark.args, dict(mark.kwargs)) == ("skip", (), {"reason": "no"})


def test_properties_name_who_deviates_and_by_how_much() -> None:
    gap = Difference("value", "jax", "y", "float32", "1.5", "1.0", (0,), 0.5, 1e-6)
    verdicts = (
        Verdict("m:a", "forward", "differ", ("jax",), (gap,), error=0.5, budget=1e-6),
        Verdict("m:a", "jit", "agree"),
    )
    facts = {"jax": {"keras": "3.15.1", "framework": "jax 0.10.2", "device": "cpu"}}

    assert dict(properties(Judgement(verdicts, facts))) == {
        "multibackend.jax": "keras 3.15.1, jax 0.10.2, cpu",
        "multibackend.case": "m:a",
        "multibackend.forward": "differ",
        "multibackend.forward.blame": "jax",
        "multibackend.forward.error": "0.5",
        "multibackend.forward.budget": "1.0e-6",
        "multibackend.forward.detail": (
            "jax y[0] in float32: expected 1.0, received 1.5, error 0.5, budget 1.0e-6"
        ),
        "multibackend.jit": "agree",
    }
