"""What other repositories use: two actions, a workflow and a hook, run as they stand."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main
from ruamel.yaml import YAML

from multibackend.backends import TRAINABLE
from multibackend.cli import app
from multibackend.parity.record.observation import Observation
from multibackend.parity.record.schema import SCHEMA, RecordFile
from multibackend.parity.record.write import RecordWriter

ROOT = Path(__file__).parents[2]
ACTIONS = ("record", "compare")
FILES = (
    ".github/workflows/parity.yml",
    *(f".github/actions/{name}/action.yml" for name in ACTIONS),
)
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
OURS = "$/.github/actions/"

# A command that only tells its arguments, the first of them its own name.
_TELLS = f"""#!{sys.executable}
import json, sys
print(json.dumps(sys.argv[1:]))
"""


def read(name: str) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load((ROOT / name).read_text("utf-8"))


def action(name: str) -> dict[str, Any]:
    return read(f".github/actions/{name}/action.yml")


def called() -> dict[str, Any]:
    """The inputs of the workflow, as it declares them."""
    # YAML 1.2 leaves `on` a word.
    return read(".github/workflows/parity.yml")["on"]["workflow_call"]["inputs"]


def steps(name: str) -> list[dict[str, Any]]:
    """Every step of a file, whatever it belongs to."""
    content = read(name)
    if "runs" in content:
        return content["runs"]["steps"]
    return [step for job in content["jobs"].values() for step in job["steps"]]


def script(action_name: str, step: str) -> str:
    """What a named step of an action runs."""
    (found,) = (
        s for s in action(action_name)["runs"]["steps"] if s.get("name") == step
    )
    return found["run"]


def bash(
    code: str, folder: Path, env: Mapping[str, str], commands: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a script as GitHub does: `bash --noprofile --norc -eo pipefail FILE`."""
    path = f"{commands}{os.pathsep}{os.environ['PATH']}" if commands else None
    file = folder / ".script.sh"
    _ = file.write_text(code, "utf-8")
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(file)],
        cwd=folder,
        env={**os.environ, **env, **({"PATH": path} if path else {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def telling(tmp_path: Path) -> Path:
    """A folder with commands that tell their arguments and do nothing."""
    folder = tmp_path / "commands"
    folder.mkdir()
    for name in ("multibackend", "python"):
        _ = (folder / name).write_text(_TELLS, "utf-8")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A folder with the real command line of this very package."""
    folder = tmp_path / "commands"
    folder.mkdir()
    line = f'#!/bin/sh\nexec "{sys.executable}" -m multibackend "$@"\n'
    _ = (folder / "multibackend").write_text(line, "utf-8")
    (folder / "multibackend").chmod(0o755)
    return folder


def accepted(arguments: list[str]) -> dict[str, Any]:
    """What the command line's parser makes of arguments; it raises where it refuses."""
    group: Any = typer.main.get_command(app)
    name, *rest = arguments
    return group.commands[name].make_context(name, list(rest)).params


@pytest.mark.parametrize("name", FILES)
def test_an_input_reaches_a_script_through_its_environment_alone(name: str) -> None:
    """Written into the script itself, a branch named `$(...)` would be run."""
    scripts = [step["run"] for step in steps(name) if "run" in step]

    assert scripts or name.endswith("parity.yml")
    assert [text for text in scripts if "${{" in text or "|| true" in text] == []


@pytest.mark.parametrize("name", FILES)
def test_an_action_is_pinned_by_hash_or_one_of_ours_at_the_same_commit(
    name: str,
) -> None:
    lines = [
        line
        for line in (ROOT / name).read_text("utf-8").splitlines()
        if re.search(r"^\s*(- )?uses:", line)
    ]
    own = {line.partition(OURS)[2] for line in lines if OURS in line}

    assert lines
    assert [ln for ln in lines if OURS not in ln and not PINNED.search(ln)] == []
    assert own == (set(ACTIONS) if name.endswith("parity.yml") else set())


@pytest.mark.parametrize("name", FILES)
def test_a_checkout_keeps_no_token_and_an_upload_misses_no_file(name: str) -> None:
    for step in steps(name):
        if "actions/checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False
        if "actions/upload-artifact@" in step.get("uses", ""):
            assert step["if"] == "${{ !cancelled() }}"
            assert step["with"]["if-no-files-found"] == "error"


def test_the_workflow_asks_for_nothing_but_to_read_and_ends_in_time() -> None:
    content = read(".github/workflows/parity.yml")

    assert content["permissions"] == {}
    # A group here would be the caller's own: it would cancel its caller, and so itself.
    assert "concurrency" not in content
    for job in content["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert "timeout-minutes" in job


def test_the_workflow_gives_each_action_what_it_takes_and_needs() -> None:
    given = {
        step["uses"].removeprefix(OURS): step["with"]
        for step in steps(".github/workflows/parity.yml")
        if step["uses"].startswith(OURS)
    }

    for name, values in given.items():
        taken = action(name)["inputs"]
        needed = {key for key, value in taken.items() if value.get("required")}
        assert needed <= values.keys() <= taken.keys(), name


@pytest.mark.parametrize("name", FILES)
def test_every_input_is_used_and_every_input_used_is_declared(name: str) -> None:
    inputs = read(name).get("inputs") or called()
    text = (ROOT / name).read_text("utf-8")

    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(inputs)


def test_an_input_of_the_workflow_has_a_type_a_sentence_and_a_default() -> None:
    for name, told in called().items():
        assert told["type"] in ("string", "number"), name
        assert told["description"].endswith("."), name
        assert ("default" in told) is not told.get("required", False), name
    assert tuple(json.loads(called()["backends"]["default"])) == TRAINABLE


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_and_the_workflow_mean_the_same_by_an_input(name: str) -> None:
    """The name of an artifact is said for each part by itself."""
    own = action(name)["inputs"]
    both = own.keys() & called().keys() - {"name"}

    assert own["name"]["default"] == called()["name"]["default"]
    assert "python-version" in both
    for key in both:
        told = {k: v for k, v in called()[key].items() if k != "type"}
        assert own[key] == told, key


def test_the_record_step_hands_on_each_target_as_it_is(
    tmp_path: Path, telling: Path
) -> None:
    """Names with blanks, stars, quotes, code or a leading dash are names."""
    names = ["my cases.py::a", "tests/*.py", "$(touch run)", "`touch run`", "--help"]
    asked = bash(
        script("record", "record"),
        tmp_path,
        {
            "BACKEND": "jax",
            "CHECKS": "forward,jit",
            "DEVICE": "cpu",
            "TARGETS": "\n".join(["", *names, ""]),
        },
        telling,
    )

    assert asked.returncode == 0, asked.stderr
    arguments = json.loads(asked.stdout)
    assert arguments[0] == "run"
    told = accepted(arguments)
    assert told["targets"] == names
    assert (told["backend"], told["checks"]) == ("jax", "forward,jit")
    assert (told["device"], told["out"]) == ("cpu", Path("records"))
    assert not (tmp_path / "run").exists()


def test_the_record_step_without_a_target_says_so(
    tmp_path: Path, telling: Path
) -> None:
    """Without any, the cases of multibackend itself would be run, for minutes."""
    asked = bash(
        script("record", "record"),
        tmp_path,
        {"BACKEND": "jax", "CHECKS": "", "DEVICE": "cpu", "TARGETS": " \n\n"},
        telling,
    )

    assert asked.returncode == 2
    assert asked.stdout == ""
    assert "Expected targets" in asked.stderr


@pytest.mark.parametrize(
    ("device", "extra"), [("auto", "torch"), ("cpu", "torch"), ("gpu", "torch-cuda")]
)
def test_the_install_step_takes_the_repository_that_the_action_stands_in(
    tmp_path: Path, telling: Path, device: str, extra: str
) -> None:
    here = ROOT / ".github/actions/record"
    asked = bash(
        script("record", "install"),
        tmp_path,
        {
            "BACKEND": "torch",
            "DEVICE": device,
            "REQUIREMENTS": "-e .\n-r more.txt",
            "GITHUB_ACTION_PATH": str(here),
        },
        telling,
    )

    assert asked.returncode == 0, asked.stderr
    *head, place, option, file = json.loads(asked.stdout)
    assert head == ["-m", "pip", "install"]
    folder, _, extras = place.partition("[")
    assert Path(folder).resolve() == ROOT
    assert extras == f"{extra}]"
    assert option == "--requirement"
    assert (tmp_path / file).read_text("utf-8") == "-e .\n-r more.txt\n"


def test_the_compare_steps_judge_records_and_write_the_summary(
    tmp_path: Path, real: Path
) -> None:
    """The very scripts, over records of three backends that agree."""
    for backend in TRAINABLE:
        _record(tmp_path / "records" / backend, backend)
    env = {"REQUIRE": ",".join(TRAINABLE), "GITHUB_STEP_SUMMARY": "summary.md"}
    judged = bash(script("compare", "compare"), tmp_path, env, real)
    told = bash(script("compare", "summary"), tmp_path, env, real)

    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert told.returncode == 0, told.stderr
    verdicts = json.loads((tmp_path / "verdicts.json").read_text("utf-8"))["verdicts"]
    assert [verdict["verdict"] for verdict in verdicts] == ["agree"]
    assert (tmp_path / "verdicts.html").is_file()
    summary = (tmp_path / "summary.md").read_text("utf-8")
    assert "agree" in summary
    assert summary == (tmp_path / "verdicts.md").read_text("utf-8")


def test_the_compare_step_misses_a_backend_that_did_not_record(
    tmp_path: Path, real: Path
) -> None:
    _record(tmp_path / "records" / "torch", "torch")
    judged = bash(
        script("compare", "compare"), tmp_path, {"REQUIRE": "torch,jax"}, real
    )

    assert judged.returncode == 1
    assert "no record of jax" in judged.stdout


def _record(folder: Path, backend: str) -> None:
    """A record of one case with one check, as a backend leaves it."""
    writer = RecordWriter(folder)
    about = RecordFile(
        format="multibackend record",
        schema=SCHEMA,
        backend=backend,
        environment={"backend": backend, "keras": "3.15.1", "device": "cpu"},
        started="2026-01-02T03:04:05+00:00",
        cases=("my_cases:silu_dense",),
    )
    wide = np.linspace(-1, 1, 5)
    writer.open(about, overwrite=False)
    writer.add(Observation("my_cases:silu_dense", "build", "ok", "*"))
    writer.add(
        Observation(
            "my_cases:silu_dense",
            "forward",
            "ok",
            "*",
            outputs={"output": wide.astype("float32")},
            noise={"output": np.abs(wide) * 2.0**-24},
            referee={"output": wide},
            spread={"output": np.abs(wide) * 2.0**-24},
        )
    )
    writer.close(about)


def test_the_hook_runs_a_command_that_exists_on_files_of_cases() -> None:
    (hook,) = YAML(typ="safe", pure=True).load(
        (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    )
    command, *arguments = shlex.split(hook["entry"])
    files = re.compile(hook["files"])
    cases = ["cases.py", "tests/my_cases.py", "tests/cases_losses.py"]
    others = ["setup.py", "showcases.py", "tests/test_cases.txt", "casestudy.py"]

    assert (hook["id"], hook["language"]) == ("multibackend-check", "python")
    assert command == "multibackend"
    assert accepted([*arguments, *cases])["targets"] == cases
    assert [name for name in cases if not files.search(name)] == []
    assert [name for name in others if files.search(name)] == []
    # Several processes at once would start every backend several times.
    assert hook["pass_filenames"] is hook["require_serial"] is True


def examples() -> list[dict[str, Any]]:
    """The YAML that docs/ci.md shows."""
    page = (ROOT / "docs/ci.md").read_text("utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", page, re.M | re.S)
    return [YAML(typ="safe", pure=True).load(block) for block in blocks]


def test_the_example_calls_the_workflow_with_inputs_that_it_has() -> None:
    page = (ROOT / "docs/ci.md").read_text("utf-8")
    block = page.partition("```yaml\n")[2].partition("```")[0]
    job = examples()[0]["jobs"]["parity"]
    needed = {key for key, told in called().items() if told.get("required")}

    assert len(block.splitlines()) <= 10
    assert job["uses"] == "OWNER/multibackend/.github/workflows/parity.yml@main"
    assert needed <= job["with"].keys() <= called().keys()


def test_the_longer_example_gives_each_action_what_it_needs() -> None:
    used = [
        step
        for job in examples()[1]["jobs"].values()
        for step in job["steps"]
        if step["uses"].startswith("OWNER/")
    ]

    assert len(used) == len(ACTIONS)
    for step, name in zip(used, ACTIONS, strict=True):
        assert step["uses"] == f"OWNER/multibackend/.github/actions/{name}@main"
        taken = action(name)["inputs"]
        needed = {key for key, told in taken.items() if told.get("required")}
        assert needed <= step["with"].keys() <= taken.keys()


def test_the_table_of_inputs_is_that_of_the_workflow() -> None:
    page = (ROOT / "docs/ci.md").read_text("utf-8")
    table = page.partition("| input | means | without it |")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^\| `([\w-]+)` \|.*\| (.*) \|$", table, re.M))

    assert rows.keys() == called().keys()
    for name, told in called().items():
        default = str(told.get("default", ""))
        assert rows[name].strip("`'") == default if default else rows[name], name


def test_the_example_of_the_hook_names_it() -> None:
    (repo,) = examples()[2]["repos"]

    assert repo["repo"].endswith("/OWNER/multibackend")
    assert [hook["id"] for hook in repo["hooks"]] == ["multibackend-check"]
