"""The workflows: what they name exists, and what they run works elsewhere, too."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from multibackend.backends import BACKENDS, TRAINABLE

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = ("ci.yml", "gpu.yml")

# A use of an action by hash, with its version beside it for the reader.
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@dataclass(frozen=True)
class Run:
    """One `run:` line of one leg of a job, with its variables filled in."""

    job: str
    line: str


def text(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def workflow(name: str) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(text(name))


def legs(job: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The matrix of a job, leg by leg; one empty leg where it has none."""
    matrix = job.get("strategy", {}).get("matrix", {})
    for values in product(*matrix.values()):
        yield dict(zip(matrix, values, strict=True))


def runs(name: str) -> Iterator[Run]:
    for label, job in workflow(name)["jobs"].items():
        for leg in legs(job):
            variables = {
                key: re.sub(
                    r"\$\{\{ matrix\.(\w+) \}\}", lambda m, leg=leg: leg[m[1]], value
                )
                for key, value in job.get("env", {}).items()
            }
            for step in job["steps"]:
                if "run" in step:
                    yield Run(label, _filled(step["run"], variables))


def _filled(line: str, variables: dict[str, str]) -> str:
    """A line as the shell sees it: `${NAME:-default}` with the job's variables."""
    return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda m: variables.get(m[1]) or m[2], line)


def environments(line: str) -> list[str]:
    """The tox environments that a command line names."""
    words = shlex.split(line)
    if words[:4] != ["python", "-m", "tox", "run"]:
        return []
    return words[words.index("-e") + 1].split(",")


def known_to_tox(names: list[str]) -> subprocess.CompletedProcess[str]:
    """Asks tox, which knows all its factors."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith("TOX")}
    command = ["-m", "tox", "config", "-e", ",".join(names), "-k", "description"]
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_environment_that_a_workflow_names_exists(name: str) -> None:
    named = sorted({env for run in runs(name) for env in environments(run.line)})
    asked = known_to_tox(named)

    assert len(named) >= 4
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert [env for env in named if f"[testenv:{env}]" not in asked.stdout] == []


def test_tox_refuses_an_environment_that_does_not_exist() -> None:
    """The proof above needs this: tox might as well make up any name."""
    assert known_to_tox(["py312-trch"]).returncode != 0


def test_every_environment_that_tox_runs_by_itself_runs_in_ci() -> None:
    listed = re.search(
        r"^env_list = (.*)$", (ROOT / "tox.ini").read_text("utf-8"), re.M
    )
    named = {env for run in runs("ci.yml") for env in environments(run.line)}
    factors = {factor for env in named for factor in env.split("-")}

    assert listed is not None
    # `torch` does all that `torch-library` does, and records too.
    own = {env.removesuffix("-library") for env in listed[1].split(", ")}
    assert own <= factors


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_matrix_of_backends_is_the_table_of_backends(name: str) -> None:
    """A backend added to the table would otherwise be recorded nowhere."""
    matrices = [
        job["strategy"]["matrix"]["backend"]
        for job in workflow(name)["jobs"].values()
        if "strategy" in job
    ]

    assert matrices
    assert all(tuple(matrix) == TRAINABLE for matrix in matrices)
    assert set(TRAINABLE) <= BACKENDS.keys()


@pytest.mark.parametrize("name", WORKFLOWS)
def test_comparing_requires_every_backend(name: str) -> None:
    required = re.findall(r"--require (\S+)", text(name))

    assert required
    assert set(required) == {",".join(TRAINABLE)}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_action_is_pinned_by_hash(name: str) -> None:
    """A tag can be moved to other code after it was read."""
    uses = [line for line in text(name).splitlines() if "uses:" in line]

    assert uses
    assert [line for line in uses if not PINNED.search(line)] == []


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_command_works_on_a_developers_machine_as_it_stands(name: str) -> None:
    """No expression of the service inside, and no failure waved through."""
    lines = [run.line for run in runs(name)]

    assert lines
    assert [line for line in lines if "${{" in line] == []
    assert [line for line in lines if "|| true" in line] == []
    assert {shlex.split(line)[0] for line in lines} == {"python", "cat"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_is_permitted_that_is_not_asked_for(name: str) -> None:
    content = workflow(name)

    assert content["permissions"] == {}
    assert content["concurrency"]["cancel-in-progress"] is True
    for job in content["jobs"].values():
        assert job.get("permissions", {}) in ({}, {"contents": "read"})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_records_are_uploaded_even_when_tests_fail(name: str) -> None:
    uploads = [
        step
        for job in workflow(name)["jobs"].values()
        for step in job["steps"]
        if "actions/upload-artifact@" in step.get("uses", "")
    ]

    assert uploads
    for step in uploads:
        assert step["if"] == "${{ !cancelled() }}"
        assert step["with"]["if-no-files-found"] == "error"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_one_gate_waits_for_every_other_job(name: str) -> None:
    """A job that the gate forgets may fail unseen."""
    jobs = workflow(name)["jobs"]
    gate = jobs["required"]

    assert set(gate["needs"]) == jobs.keys() - {"required"}
    assert "always()" in gate["if"]


def test_a_gpu_leg_insists_on_a_gpu() -> None:
    """Without `--device gpu` a leg would pass on the runner's CPU."""
    shown = subprocess.run(
        [
            *(sys.executable, "-m", "tox", "config", "-k", "commands", "-e"),
            ",".join(f"{name}-cuda" for name in TRAINABLE),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout

    for name in TRAINABLE:
        wanted = f"run --backend {name} --device gpu --out records/{name}-cuda "
        assert wanted in shown
