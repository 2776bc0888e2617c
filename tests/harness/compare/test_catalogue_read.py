"""The text of a catalogue: its form, its schema, and the one that ships."""

from __future__ import annotations

import ast
import importlib
import json
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from packaging.specifiers import SpecifierSet

import multibackend
from multibackend.parity.cases.select import select
from multibackend.parity.compare.catalogue import read_catalogue
from multibackend.parity.compare.catalogue_entry import Entry, schema
from multibackend.parity.compare.catalogue_names import names
from multibackend.parity.compare.catalogue_read import CatalogueError, parse
from multibackend.parity.run.config import (
    Config,
    ConfigError,
    find_catalogue,
    read_config,
)
from multibackend.parity.selftest.controls import MODULES

ROOM = resources.files("multibackend.parity.compare")
OPTIONAL = {"link", "reproducer", "outputs", "frameworks", "device"}
FIRST_SEEN = '{ date = "2026-01-31", versions = { keras = "3.15.1" } }'


def text(**changes: str | None) -> str:
    lines: dict[str, str | None] = {
        "id": '"a"',
        "objects": '["m:a"]',
        "checks": '["fit"]',
        "backends": '["jax"]',
        "precision": '"float64"',
        "kind": '"value"',
        "keras": '">=3.15"',
        "reason": '"because"',
        "reproducer": '"python -c 1"',
        "first_seen": FIRST_SEEN,
    } | changes
    told = [f"{name} = {value}" for name, value in lines.items() if value is not None]
    return "\n".join(["[[entry]]", *told])


def valid(source: str) -> bool:
    """What the schema says of a text."""
    return jsonschema.Draft202012Validator(schema()).is_valid(tomllib.loads(source))


WHOLE = text(
    link='"https://github.com/keras-team/keras/issues/1"',
    outputs='["mixed_float16/*"]',
    frameworks='{ jax = ">=0.5" }',
    device='"gpu"',
)


def test_a_whole_entry_is_read() -> None:
    (entry,) = parse(WHOLE)

    assert (entry.id, entry.objects, entry.kind) == ("a", ("m:a",), "value")
    assert (entry.device, entry.frameworks) == ("gpu", {"jax": ">=0.5"})
    assert entry.first_seen.versions == {"keras": "3.15.1"}
    assert valid(WHOLE)


def test_what_may_be_left_out_may_be_left_out() -> None:
    (entry,) = parse(text())

    assert not (entry.link)
    assert not (entry.outputs)
    assert not (entry.frameworks)
    assert not (entry.device)
    assert parse("") == ()
    assert valid(text())
    assert valid("")


def test_the_entry_that_the_page_shows_is_one() -> None:
    page = Path(__file__).parents[3] / "docs" / "my-layer-differs.md"
    (block,) = re.findall(
        r"^```toml\n(\[\[entry.*?)^```", page.read_text("utf-8"), re.M | re.S
    )

    assert len(parse(block)) == 1
    assert valid(block)


@pytest.mark.parametrize("value", ['""', '"  "'])
def test_an_entry_without_a_reason_is_refused_by_its_name(value: str) -> None:
    wrong = "\n".join([text(id='"fine"'), text(id='"lacks-it"', reason=value)])

    with pytest.raises(
        CatalogueError, match=r"a reason in entry 'lacks-it' of my\.toml"
    ):
        _ = parse(wrong, "my.toml")
    assert not valid(wrong)


def test_an_entry_has_a_link_or_a_reproducer() -> None:
    linked = text(reproducer=None, link='"https://example.org/1"')

    assert parse(linked)[0].link
    assert valid(linked)
    with pytest.raises(CatalogueError, match=r"a link or a reproducer in entry 'a'"):
        _ = parse(text(reproducer=None))
    assert not valid(text(reproducer=None))


@pytest.mark.parametrize("field", sorted(set(Entry.__struct_fields__) - OPTIONAL))
def test_an_entry_without_one_of_its_fields_is_refused(field: str) -> None:
    with pytest.raises(CatalogueError, match=f"`{field}`"):
        _ = parse(text(**{field: None}))
    assert not valid(text(**{field: None}))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": '"colour"'},
        {"objects": '"m:a"'},
        {"objects": "[]"},
        {"objects": '[""]'},
        {"checks": "[]"},
        {"backends": "[]"},
        {"precision": '"float16"'},
        {"device": '"abacus"'},
        {"link": '"ask somebody"'},
        {"id": '"two words"'},
        {"first_seen": '"2026-01-31"'},
        {"first_seen": "{}"},
        {"first_seen": '{ date = "31.1.2026", versions = { keras = "3" } }'},
        {"first_seen": '{ date = "2026-01-31", versions = {} }'},
        {"cases": '["m:a"]'},
        {"tolerance": "1e-3"},
    ],
    ids=str,
)
def test_a_field_that_cannot_be_meant_is_refused_by_type_and_schema(
    change: dict[str, str],
) -> None:
    wrong = text(**({"id": '"named"'} | change))

    with pytest.raises(CatalogueError, match=r"entry '(named|two words)' of my\.toml"):
        _ = parse(wrong, "my.toml")
    assert not valid(wrong)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"checks": '["fti"]'}, "Did you mean 'fit'"),
        ({"checks": '["save*x"]'}, "checks among"),
        ({"backends": '["pytorch"]'}, "Did you mean 'torch'"),
        ({"frameworks": '{ jxa = ">=1" }'}, "Did you mean 'jax'"),
        ({"frameworks": '{ torch = ">=1" }'}, "its own backends only.*'torch'"),
        ({"frameworks": '{ jax = "new" }'}, "version specifier.*'new'"),
        ({"keras": '"3.15"'}, "version specifier.*'3.15'"),
        (
            {"first_seen": '{ date = "2026-02-31", versions = { keras = "3" } }'},
            "2026-02-31",
        ),
    ],
    ids=str,
)
def test_what_the_types_do_not_see_is_refused_too(
    change: dict[str, str], told: str
) -> None:
    """A misspelt check or backend covers nothing, and would never be missed."""
    with pytest.raises(CatalogueError, match=told) as no:
        _ = parse(text(**change))

    assert "entry 'a'" in str(no.value)


@pytest.mark.parametrize("check", ["fit", "f*", "*", "fit from *", "build"])
def test_a_check_may_be_a_pattern_or_one_of_its_pairs(check: str) -> None:
    assert parse(text(checks=f'["{check}"]'))[0].checks == (check,)


def test_two_entries_of_one_name_are_refused() -> None:
    with pytest.raises(CatalogueError, match="'a' twice"):
        _ = parse(f"{text()}\n{text()}")


def test_an_entry_without_a_name_is_told_by_its_number() -> None:
    with pytest.raises(CatalogueError, match=r"entry number 2 of my\.toml"):
        _ = parse(f"{text()}\n{text(id=None)}", "my.toml")


@pytest.mark.parametrize(
    "wrong",
    ["[[entries]]\nid = 'a'", "[[entry", "entry = 3", "entry = ['a']"],
)
def test_another_text_is_refused(wrong: str) -> None:
    with pytest.raises(CatalogueError, match=r"Expected a catalogue.*my\.toml") as no:
        _ = parse(wrong, "my.toml")

    assert no.value.exit_code == 2


# ------------------------------------------------------------------------- the schema


def test_the_schema_that_ships_is_the_one_that_is_read_by() -> None:
    """Write it anew with `python -m multibackend.parity.compare.catalogue_entry`."""
    told = json.loads((ROOM / "catalogue.schema.json").read_text("utf-8"))

    assert told == schema()
    jsonschema.Draft202012Validator.check_schema(told)


def test_the_catalogue_that_ships_is_valid_by_the_schema_that_ships() -> None:
    told = json.loads((ROOM / "catalogue.schema.json").read_text("utf-8"))
    catalogue = tomllib.loads((ROOM / "catalogue.toml").read_text("utf-8"))

    jsonschema.validate(catalogue, told)
    assert len(catalogue["entry"]) == len(ENTRIES)


def test_every_field_is_described() -> None:
    fields = schema()["$defs"]["Entry"]["properties"]

    assert [
        n for n, f in fields.items() if "$ref" not in f and "description" not in f
    ] == []


# ---------------------------------------------------------------- the one that ships


def declared() -> set[str]:
    """Every declared case, by reading: functions under `@case` or `@variant`."""
    room = Path(multibackend.__file__).parent / "parity" / "cases" / "declared"
    found: set[str] = set()
    for file in room.glob("*.py"):
        module = f"multibackend.parity.cases.declared.{file.stem}"
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                marks = [ast.unparse(mark) for mark in node.decorator_list]
                if {mark.partition("(")[0] for mark in marks} & {"case", "variant"}:
                    found.add(f"{module}:{node.name}")
    return found


ENTRIES = read_catalogue().entries


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_an_entry_that_ships_is_about_cases_that_exist_and_versions_that_end(
    entry: Entry,
) -> None:
    cases = declared() | {case.name for case in select(MODULES)}
    dead = [o for o in entry.objects if not any(c in names([o]) for c in cases)]

    assert dead == []
    assert len(set(entry.objects)) == len(entry.objects)
    assert SpecifierSet(entry.keras).contains(entry.first_seen.versions["keras"])
    assert set(entry.backends) <= set(entry.first_seen.versions)
    assert "<" in entry.keras, "an entry for all times to come is never looked at again"


def test_the_cases_that_are_read_are_those_that_are_declared() -> None:
    """Reading finds what running finds, or the test above would prove nothing."""
    select = importlib.import_module("multibackend.parity.cases.select")

    assert {case.name for case in select.select([select.OWN])} == declared()


# -------------------------------------------------------------- the one of the user


def project(folder: Path, pyproject: str | None, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if pyproject is not None:
        _ = (folder / "pyproject.toml").write_text(pyproject, "utf-8")
    for name, content in files.items():
        _ = (folder / f"{name}.toml").write_text(content, "utf-8")
    return folder


def test_a_file_is_read_under_its_own_name(tmp_path: Path) -> None:
    file = project(tmp_path, None, mine=text()) / "mine.toml"
    catalogue = read_catalogue(file)

    assert [entry.id for entry in catalogue.entries] == ["a"]
    assert catalogue.name == str(file)
    assert not catalogue.shipped
    assert read_catalogue().shipped


@pytest.mark.parametrize("place", ["nowhere.toml", "."])
def test_a_catalogue_that_cannot_be_read_is_refused(place: str, tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="Correct the path"):
        _ = read_catalogue(tmp_path / place)


def test_a_catalogue_that_is_no_text_is_refused(tmp_path: Path) -> None:
    _ = (tmp_path / "a.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(CatalogueError, match=r"a\.toml"):
        _ = read_catalogue(tmp_path / "a.toml")


def test_a_catalogue_that_is_about_to_be_made_has_no_entries(tmp_path: Path) -> None:
    assert read_catalogue(tmp_path / "new.toml", new=True).entries == ()


def test_the_project_says_where_its_catalogue_is(tmp_path: Path) -> None:
    """The command may be given in any folder below."""
    told = "[tool.multibackend]\ncatalogue = 'tests/known.toml'"
    below = project(project(tmp_path, told) / "src" / "pkg", None)

    assert find_catalogue(below) == (tmp_path / "tests" / "known.toml", True)
    assert read_config(below) == Config()


def test_without_a_word_it_stands_beside_the_pyproject(tmp_path: Path) -> None:
    below = project(project(tmp_path, "[project]\nname = 'a'") / "src", None)

    assert find_catalogue(below) == (tmp_path / "multibackend-catalogue.toml", False)


@pytest.mark.parametrize("told", ["../known.toml", "/tmp/known.toml", "", "a/../../b"])  # noqa: S108
def test_a_catalogue_outside_of_the_project_is_refused(
    told: str, tmp_path: Path
) -> None:
    folder = project(tmp_path, f"[tool.multibackend]\ncatalogue = '{told}'")

    with pytest.raises(ConfigError, match="inside the project") as no:
        _ = find_catalogue(folder)

    assert str(folder / "pyproject.toml") in str(no.value)
    assert no.value.exit_code == 2


@pytest.mark.parametrize("told", ["catalogue = 3", "catalog = 'a.toml'"])
def test_a_wrong_setting_is_refused(told: str, tmp_path: Path) -> None:
    folder = project(tmp_path, f"[tool.multibackend]\n{told}")

    for read in (find_catalogue, read_config):
        with pytest.raises(ConfigError, match="catalog"):
            _: Any = read(folder)


def test_where_the_catalogue_is_asks_for_no_interpreter(tmp_path: Path) -> None:
    """Records are compared where no backend is installed."""
    told = "[tool.multibackend.backends.jax]\npython = 'not/here'"

    assert find_catalogue(project(tmp_path, told))[1] is False


def test_a_message_is_one_sentence_and_its_cure() -> None:
    with pytest.raises(CatalogueError) as no:
        _ = parse(text(reason='""'), "my.toml")

    assert str(no.value) == (
        "Expected a reason in entry 'a' of my.toml, received an empty one. "
        "Write why the difference is there."
    )
