"""Proposed entries: everything is filled in but the reason."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from multibackend.errors import OutputError
from multibackend.parity.compare.catalogue import apply, read_catalogue
from multibackend.parity.compare.catalogue_read import CatalogueError, parse
from multibackend.parity.compare.catalogue_update import propose, update
from multibackend.parity.compare.catalogue_write import append
from multibackend.parity.compare.verdict import Difference, Judgement, Verdict

ENVIRONMENTS = {
    name: {
        "backend": name,
        "keras": "3.15.1",
        "framework": f"{name} 2.6.0+cpu",
        "device": "cpu",
    }
    for name in ("torch", "jax", "tensorflow")
}
OFF = Difference("value", "jax", "kernel", "float64", "1.1", "1.0", (0,), 0.1, 1e-9)
TODAY = dt.date(2026, 1, 31)


def verdict(*differences: Difference, **changes: Any) -> Verdict:
    found = Verdict("m:a", "fit", "differ", differences=differences or (OFF,))
    return replace(found, **changes)


def judged(*verdicts: Verdict, about: Any = None) -> Judgement:
    return Judgement(verdicts, ENVIRONMENTS if about is None else about)


def proposed(*verdicts: Verdict, taken: Any = (), about: Any = None) -> Any:
    return propose(
        judged(*verdicts, about=about), taken=taken, rerun=_rerun, today=TODAY
    )


def _rerun(verdict: Verdict) -> str:
    return f"multibackend check {verdict.case} --checks {verdict.check}"


def written(file: Path, *verdicts: Verdict) -> str:
    return update(file, judged(*verdicts), taken=(), rerun=_rerun)


def reasoned(file: Path) -> None:
    """What a person does next."""
    told = file.read_text("utf-8").replace('reason = ""', 'reason = "it rounds"')
    _ = file.write_text(told, "utf-8")


def test_everything_is_filled_in_but_the_reason() -> None:
    (entry,) = proposed(verdict())

    assert entry.reason == ""
    assert entry.id == "jax-fit-value-float64"
    assert (entry.objects, entry.checks, entry.backends) == (
        ("m:a",),
        ("fit",),
        ("jax",),
    )
    assert (entry.precision, entry.kind) == ("float64", "value")
    assert entry.keras == ">=3.15,<3.16"
    assert entry.reproducer == "multibackend check m:a --checks fit"
    assert entry.first_seen.date == "2026-01-31"
    assert entry.first_seen.versions == {"keras": "3.15.1", "jax": "2.6.0+cpu"}
    assert not entry.device


def test_cases_that_differ_alike_are_one_entry() -> None:
    found = [verdict(case=f"m:{name}") for name in "abc"]
    (entry,) = proposed(*found, verdict(OFF, OFF, case="m:c"))

    assert entry.objects == ("m:a", "m:b", "m:c")


@pytest.mark.parametrize(
    "change",
    [{"backend": "torch"}, {"precision": "float32"}, {"kind": "nonfinite"}],
    ids=str,
)
def test_what_differs_otherwise_is_an_entry_of_its_own(change: Any) -> None:
    assert len(proposed(verdict(OFF, replace(OFF, **change)))) == 2


def test_another_check_is_an_entry_of_its_own() -> None:
    entries = proposed(verdict(), verdict(check="save from torch"))

    assert [entry.id for entry in entries] == [
        "jax-fit-value-float64",
        "jax-save-from-torch-value-float64",
    ]


@pytest.mark.parametrize(
    "word", ["agree", "known", "abstain", "unsupported", "failed", "missing"]
)
def test_only_what_differs_is_proposed(word: Any) -> None:
    assert proposed(verdict(verdict=word)) == ()


def test_a_name_that_is_taken_gets_a_number() -> None:
    taken = ("jax-fit-value-float64", "jax-fit-value-float64-2")

    assert proposed(verdict(), taken=taken)[0].id == "jax-fit-value-float64-3"


@pytest.mark.parametrize(
    ("version", "specifier"),
    [
        ("3.15.1", ">=3.15,<3.16"),
        ("3.16.0.dev20260101", ">=3.16.0.dev20260101,<3.17"),
        ("3.16.0rc1", ">=3.16.0rc1,<3.17"),
        ("main", ">=0"),
    ],
)
def test_the_versions_of_keras_are_those_it_was_seen_in(
    version: str, specifier: str
) -> None:
    about = ENVIRONMENTS | {"jax": ENVIRONMENTS["jax"] | {"keras": version}}

    assert proposed(verdict(), about=about)[0].keras == specifier


def test_a_device_is_named_where_another_one_is_free_of_it() -> None:
    about = {
        f"jax-{device}": ENVIRONMENTS["jax"] | {"device": device}
        for device in ("cpu", "gpu")
    }
    on = {d: replace(OFF, backend=f"jax-{d}") for d in ("cpu", "gpu")}

    (one,) = proposed(verdict(on["gpu"]), about=about)
    (both,) = proposed(verdict(on["cpu"], on["gpu"]), about=about)

    assert one.device == "gpu"
    assert not both.device


# ---------------------------------------------------------------------------- the file


def test_with_its_reason_written_a_proposed_entry_explains_what_it_was_made_of(
    tmp_path: Path,
) -> None:
    file = tmp_path / "mine.toml"
    odd = 'm:a "quoted" \\ \t \x7f é'
    found = [
        verdict(OFF, replace(OFF, backend="torch", kind="shape"), case=case)
        for case in ("m:b", odd)
    ]
    told = written(file, *found)

    assert "jax-fit-value-float64, torch-fit-shape-float64" in told
    assert "Write each `reason`" in told
    with pytest.raises(
        CatalogueError, match="a reason in entry 'jax-fit-value-float64'"
    ):
        _ = read_catalogue(file)
    reasoned(file)
    again = apply([read_catalogue(file)], found, ENVIRONMENTS)
    assert [v.verdict for v in again] == ["known", "known"]


def test_what_stands_in_the_file_stays_to_the_byte(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    _ = written(file, verdict())
    reasoned(file)
    old = b"# ours\r\n\n" + file.read_bytes() + b"# the end"
    _ = file.write_bytes(old)
    _ = update(
        file,
        judged(verdict(case="m:z")),
        taken=("jax-fit-value-float64",),
        rerun=_rerun,
    )
    new = file.read_bytes()

    assert new.startswith(old)
    assert b'id = "jax-fit-value-float64-2"' in new[len(old) :]
    reasoned(file)
    assert len(parse(file.read_text("utf-8"))) == 2


def test_where_nothing_differs_nothing_is_written(tmp_path: Path) -> None:
    told = written(tmp_path / "mine.toml", verdict(verdict="agree"))

    assert "Nothing differs unexplained" in told
    assert list(tmp_path.iterdir()) == []


def test_the_catalogue_that_ships_is_never_written(tmp_path: Path) -> None:
    shipped = Path(
        str(resources.files("multibackend.parity.compare") / "catalogue.toml")
    )
    before = shipped.read_bytes()
    (tmp_path / "link.toml").symlink_to(shipped)

    for file in (shipped, tmp_path / "link.toml"):
        with pytest.raises(OutputError, match="which the package ships"):
            _ = written(file, verdict())
    assert shipped.read_bytes() == before


@pytest.mark.parametrize("old", ["entry = []", "[[entry", "[entry]"])
def test_a_file_of_another_form_is_left_as_it_is(old: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    _ = file.write_text(old, "utf-8")

    with pytest.raises(OutputError, match=r"\[\[entry\]\] tables"):
        _ = written(file, verdict())
    assert file.read_text("utf-8") == old
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OutputError, match="--catalogue"):
        append(tmp_path / "file" / "mine.toml", proposed(verdict()))


# ------------------------------------------------------------------- the command line


@pytest.fixture
def records(recorded, built, observed, truth, tmp_path: Path) -> Path:
    """Two honest records and one whose float64 run is off."""
    off = observed(truth, referee={"output": truth + 1e-3})
    for label in ("torch", "jax", "tensorflow"):
        _ = recorded(label, [built(), off if label == "jax" else observed()])
    return tmp_path


def compare(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "multibackend", "compare", ".", *options],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_from_a_difference_to_a_known_one(records: Path) -> None:
    """Proposed, refused without its reason, then applied: by default beside pyproject."""
    _ = (records / "pyproject.toml").write_text("[project]\nname = 'a'\n", "utf-8")
    file = records / "multibackend-catalogue.toml"
    first = compare(records, "--update-catalogue")
    second = compare(records)
    reasoned(file)
    third = compare(records, "--update-catalogue")

    assert first.returncode == 1
    assert "Write each `reason`" in first.stdout
    assert second.returncode == 2
    assert "a reason in entry 'jax-forward-value-float64'" in second.stderr
    assert "multibackend-catalogue.toml" in second.stderr
    assert second.stderr.count("\n") == 1
    assert third.returncode == 0, third.stdout
    assert "it rounds" in third.stdout
    assert "Nothing differs unexplained" in third.stdout
    assert len(tomllib.loads(file.read_text("utf-8"))["entry"]) == 1


def test_a_catalogue_is_named_by_an_option_before_the_project(records: Path) -> None:
    told = "[tool.multibackend]\ncatalogue = 'nowhere.toml'\n"
    _ = (records / "pyproject.toml").write_text(told, "utf-8")
    without = compare(records)
    made = compare(records, "--catalogue", "mine.toml", "--update-catalogue")
    reasoned(records / "mine.toml")

    assert without.returncode == 2
    assert "nowhere.toml" in without.stderr
    assert made.returncode == 1
    assert compare(records, "--catalogue", "mine.toml").returncode == 0
    assert compare(records, "--catalogue", "other.toml").returncode == 2


def test_an_entry_of_the_user_that_is_gone_fails_the_comparison(records: Path) -> None:
    _ = compare(records, "--catalogue", "mine.toml", "--update-catalogue")
    file = records / "mine.toml"
    reasoned(file)
    told = file.read_text("utf-8").replace('["jax"]', '["torch"]')
    _ = file.write_text(told, "utf-8")
    found = compare(records, "--catalogue", "mine.toml")

    assert found.returncode == 1
    assert "catalogue jax-forward-value-float64" in found.stdout
