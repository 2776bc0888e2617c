"""From targets to cases: every form of a target, and every way to get it wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import multibackend.parity.cases.case as registry
from multibackend.errors import CaseError, TargetError
from multibackend.parity.cases.select import OWN, dotted, parse, precheck, select

HEAD = "from multibackend import case\n"
ONE = f"{HEAD}\n@case\ndef one():\n    return 1.0\n"
TWO = f"{ONE}\n@case(name='second')\ndef two():\n    return 2.0\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty project in which one stands; what is imported in it is forgotten."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    declared = {name: list(cases) for name, cases in registry._DECLARED.items()}
    monkeypatch.setattr(registry, "_DECLARED", declared)
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        # What declared a case, since that is forgotten too. Not what is installed: NumPy
        # cannot be loaded twice.
        spec = sys.modules[name].__spec__
        if spec is None:
            continue
        places = [spec.origin or "", *(spec.submodule_search_locations or ())]
        mine = any(Path(place).is_relative_to(tmp_path) for place in places)
        if mine or name.startswith(OWN):
            del sys.modules[name]


def write(file: Path, text: str = ONE) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    _ = file.write_text(text)
    return file


def names(*targets: str) -> list[str]:
    return [case.name for case in select(targets)]


# ------------------------------------------------------------------------------ parse


@pytest.mark.parametrize(
    ("text", "module", "file", "name"),
    [
        ("pkg", "pkg", None, None),
        ("pkg.module", "pkg.module", None, None),
        ("pkg.module:one", "pkg.module", None, "one"),
        ("cases.py", "cases", "cases.py", None),
        ("tests/cases/one.py", "tests.cases.one", "tests/cases/one.py", None),
        ("tests/one.py::two", "tests.one", "tests/one.py", "two"),
        ("./tests/my-cases.py", "tests.my_cases", "tests/my-cases.py", None),
    ],
)
def test_a_target_is_taken_apart(
    text: str, module: str, file: str | None, name: str | None
) -> None:
    target = parse(text)

    assert (target.text, target.module, target.name) == (text, module, name)
    assert target.file == (None if file is None else Path(file))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "::",
        ":one",
        "::one",
        "pkg:",
        "pkg::one",
        "pkg..a",
        "pkg/a",
        "a b",
        "-x",
    ],
)
def test_what_has_no_form_of_a_target_is_refused(text: str) -> None:
    with pytest.raises(TargetError, match=r"Expected a target such as pkg\.module"):
        _ = parse(text)


def test_a_file_elsewhere_is_a_module_by_its_name_alone(tmp_path: Path) -> None:
    assert dotted(tmp_path / "elsewhere" / "one.py") == "one"


# ------------------------------------------------------------------------------- find


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("rooms.cases", ["one", "second"]),
        ("rooms.cases:one", ["one"]),
        ("rooms.cases:second", ["second"]),
        ("rooms/cases.py", ["one", "second"]),
        ("rooms/cases.py::second", ["second"]),
        ("rooms", ["one", "second", "one"]),
        ("rooms:second", ["second"]),
        ("rooms:one", ["one", "one"]),
    ],
)
def test_every_form_of_a_target_finds_its_cases(
    target: str, expected: list[str], project: Path
) -> None:
    _ = write(project / "rooms" / "__init__.py", "")
    _ = write(project / "rooms" / "cases.py", TWO)
    _ = write(project / "rooms" / "inner" / "__init__.py", "")
    _ = write(project / "rooms" / "inner" / "more.py", ONE)
    found = names(target)

    assert [name.partition(":")[2] for name in found] == expected
    assert len(set(found)) == len(found)


def test_cases_come_in_the_order_of_targets_and_declarations(project: Path) -> None:
    _ = write(project / "a.py", TWO)
    _ = write(project / "b.py", ONE)

    assert names("b.py", "a.py") == ["b:one", "a:one", "a:second"]


def test_a_case_that_two_targets_name_is_run_once(project: Path) -> None:
    _ = write(project / "a.py", TWO)

    assert names("a.py", "a.py::one", "./a.py") == ["a:one", "a:second"]
    assert names("a", "a:second") == ["a:one", "a:second"]


def test_a_file_elsewhere_is_found_with_its_neighbours(
    tmp_path: Path, project: Path
) -> None:
    """It may import what lies beside it, as a script may."""
    _ = write(tmp_path / "elsewhere" / "neighbour.py", "value = 3\n")
    text = f"import neighbour\n{ONE}"
    file = write(tmp_path / "elsewhere" / "cases_of_mine.py", text)
    before = list(sys.path)

    assert names(str(file)) == ["cases_of_mine:one"]
    assert sys.path == before


def test_a_file_may_have_a_name_that_no_module_has(project: Path) -> None:
    _ = write(project / "my-cases.py")

    assert names("my-cases.py") == ["my_cases:one"]


def test_cases_that_are_only_imported_are_not_declared_again(project: Path) -> None:
    _ = write(project / "a.py", ONE)
    _ = write(project / "b.py", f"from a import one as first\n{ONE}")

    assert names("b.py") == ["b:one"]


def test_this_packages_own_cases_are_declared_without_keras() -> None:
    """They are listed where no framework is: only running a case imports Keras."""
    loaded = "keras" in sys.modules
    found = select([OWN])

    assert len(found) > 50
    assert len({case.name for case in found}) == len(found)
    assert ("keras" in sys.modules) == loaded


# ----------------------------------------------------------------------------- refuse


@pytest.mark.parametrize("find", [precheck, select])
@pytest.mark.parametrize(
    "target", ["nowhere.py", "nowhere/at_all.py::one", "no_such_package.module"]
)
def test_a_target_that_is_not_there_is_refused(find, target: str) -> None:
    with pytest.raises(TargetError, match=target.partition("::")[0]):
        find([target])


def test_a_missing_file_is_told_with_the_place_that_was_looked_at(
    project: Path,
) -> None:
    with pytest.raises(TargetError) as refused:
        precheck(["nowhere.py"])

    assert str(project / "nowhere.py") in str(refused.value)
    assert refused.value.exit_code == 2


def test_the_precheck_imports_nothing(project: Path) -> None:
    _ = write(project / "loud.py", "raise RuntimeError('imported')\n")
    precheck(["loud.py", "loud", "loud:one", "sys"])

    assert "loud" not in sys.modules


def test_a_module_inside_a_package_that_is_not_there_is_refused(project: Path) -> None:
    _ = write(project / "rooms" / "__init__.py", "")

    with pytest.raises(TargetError, match=r"'rooms\.nothing' to import"):
        _ = select(["rooms.nothing"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("raise RuntimeError('broken')", "RuntimeError: broken"),
        ("import no_such_module", "ModuleNotFoundError"),
        ("def (", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("from multibackend import case\n@case\ndef a(x): ...", "CaseError"),
    ],
)
@pytest.mark.parametrize("target", ["broken.py", "broken", "broken.py::one"])
def test_a_target_that_does_not_import_is_refused_with_the_place(
    target: str, text: str, told: str, project: Path
) -> None:
    _ = write(project / "broken.py", text)

    with pytest.raises(TargetError) as refused:
        _ = select([target])

    assert told in str(refused.value)
    assert "by hand" in str(refused.value)


def test_a_file_that_did_not_import_does_not_on_a_second_try(project: Path) -> None:
    """What it declared before it broke is not all that it declares."""
    _ = write(project / "broken.py", f"{ONE}\nraise RuntimeError('broken')")
    for _ in range(2):
        with pytest.raises(TargetError, match="RuntimeError: broken"):
            _ = select(["broken.py"])


def test_a_module_of_a_package_that_does_not_import_is_not_left_out(
    project: Path,
) -> None:
    _ = write(project / "rooms" / "__init__.py", ONE)
    _ = write(project / "rooms" / "broken.py", "raise RuntimeError('broken')")

    with pytest.raises(TargetError, match="RuntimeError: broken"):
        _ = select(["rooms"])


def test_ctrl_c_in_an_import_is_no_error_of_the_target(project: Path) -> None:
    _ = write(project / "stopped.py", "raise KeyboardInterrupt")

    with pytest.raises(KeyboardInterrupt):
        _ = select(["stopped.py"])


@pytest.mark.parametrize("target", ["empty.py", "empty"])
def test_a_target_without_a_case_is_refused(target: str, project: Path) -> None:
    _ = write(project / "empty.py", "def one(): ...\n")

    with pytest.raises(TargetError, match=r"an optimizer, found none"):
        _ = select([target])


def test_a_name_that_is_not_there_is_refused_with_those_that_are(
    project: Path,
) -> None:
    _ = write(project / "a.py", TWO)

    with pytest.raises(TargetError, match=r"a case 'third'.*found one, second\."):
        _ = select(["a.py::third"])


def test_two_cases_of_one_name_in_one_file_are_refused_with_both_lines(
    project: Path,
) -> None:
    """The second would take the place of the first, and one would never run."""
    _ = write(project / "twice.py", ONE + ONE.removeprefix(HEAD))

    with pytest.raises(CaseError, match=r"'twice:one' twice: .*:3 and .*:7"):
        _ = select(["twice.py"])


def test_two_cases_of_one_name_in_two_files_are_refused(tmp_path: Path) -> None:
    one = write(tmp_path / "x" / "same.py")
    other = write(tmp_path / "y" / "same.py", "\n\n" + ONE)

    with pytest.raises(CaseError, match=r"'same:one' twice: .*x/same.*y/same"):
        _ = select([str(one), str(other)])


def test_two_cases_of_one_name_from_a_loop_are_refused(project: Path) -> None:
    text = (
        f"{HEAD}for width in (1, 2):\n    @case\n    def one(width=width): return width"
    )
    _ = write(project / "loop.py", text)

    with pytest.raises(CaseError, match="'loop:one' twice"):
        _ = select(["loop.py"])


def test_a_loop_that_names_its_cases_declares_them_all(project: Path) -> None:
    text = (
        f"{HEAD}for width in (1, 2):\n    @case(name=f'one {{width}}')\n"
        "    def one(width=width): return width"
    )
    _ = write(project / "loop.py", text)

    assert names("loop.py") == ["loop:one 1", "loop:one 2"]
    assert [case() for case in select(["loop.py"])] == [1, 2]


def test_a_package_with_a_main_is_not_run(project: Path) -> None:
    _ = write(project / "rooms" / "__init__.py", ONE)
    _ = write(project / "rooms" / "__main__.py", "raise SystemExit('it ran')")

    assert names("rooms") == ["rooms:one"]
