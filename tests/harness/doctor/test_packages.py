"""What is installed, read from real metadata in a folder that goes before others."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from multibackend import __version__
from multibackend.backends import BACKENDS
from multibackend.doctor.facts import Installation, Told, Unmet
from multibackend.doctor.inside.packages import installation, unmet, version

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Lays the metadata of a distribution into a folder that is searched first."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def made(name: str, number: str, *needs: str, extras: tuple[str, ...] = ()) -> None:
        folder = tmp_path / f"{name.replace('-', '_')}-{number}.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {number}"]
        lines += [f"Provides-Extra: {extra}" for extra in extras]
        lines += [f"Requires-Dist: {need}" for need in needs]
        _ = (folder / "METADATA").write_text("\n".join(lines) + "\n")
        importlib.invalidate_caches()

    return made


def test_a_requirement_that_is_not_met_is_told_with_what_is_there(
    install: Install,
) -> None:
    install("low", "1.5")
    install("one", "3.0", "low>=2", "none-such", "numpy")

    assert list(unmet("one")) == [
        Unmet("one 3.0", "low>=2", "1.5"),
        Unmet("one 3.0", "none-such", None),
    ]


def test_local_and_early_versions_meet_what_they_are_builds_of(
    install: Install,
) -> None:
    install("built", "2.13.0+cpu")
    install("early", "3.0rc1")
    install("one", "3.0", "built==2.13.0", "early>=2")

    assert list(unmet("one")) == []


def test_a_requirement_of_an_extra_counts_where_it_is_asked_for(
    install: Install,
) -> None:
    install("low", "1.5")
    needs = ("low>=2; extra == 'more'", "none-such; extra == 'more'")
    install("one", "3.0", *needs, "low>=3; python_version < '3'", extras=("more",))

    assert list(unmet("one")) == []
    assert [each.needs for each in unmet("one", "more")] == ["low>=2", "none-such"]
    # Which extra it was installed with is not known: only what is there counts.
    assert [e.needs for e in unmet("one", "more", whole=False)] == ["low>=2"]


def test_places_and_old_spellings_are_left_out(install: Install) -> None:
    install("one", "3.0", "there @ https://example.org/there.whl", "old (>=1.0.*)")

    assert list(unmet("one")) == []


def test_nothing_is_said_of_what_is_not_installed() -> None:
    assert list(unmet("no-such-distribution")) == []
    assert version("no-such-distribution") is None


def test_another_distribution_of_the_framework_meets_the_requirement(
    install: Install,
) -> None:
    """`tensorflow-cpu` brings tensorflow, and pip knows nothing of it."""
    install("tensorflow-cpu", "2.18.0")
    install("one", "3.0", "tensorflow>=2.17")
    install("two", "3.0", "tensorflow>=99")

    if version("tensorflow") is None:
        assert list(unmet("one")) == []
    (found,) = unmet("two")
    assert found.found == BACKENDS["tensorflow"].version()


def test_a_package_of_cuda_in_another_version_than_jax_pins_is_told(
    install: Install,
) -> None:
    install(
        "jax",
        "0.9.9",
        "jax-cuda12-plugin==0.9.9; extra == 'cuda12'",
        extras=("cuda12",),
    )
    install(
        "jax-cuda12-plugin",
        "0.9.8",
        "nvidia-x==1; extra == 'with-cuda'",
        extras=("with-cuda",),
    )
    install("nvidia-x", "2")
    told = installation(BACKENDS["jax"]).unmet

    assert Unmet("jax 0.9.9", "jax-cuda12-plugin==0.9.9", "0.9.8") in told
    assert Unmet("jax-cuda12-plugin 0.9.8", "nvidia-x==1", "2") in told


def test_the_package_itself_has_what_it_requires() -> None:
    """This environment was installed with it."""
    told = installation(BACKENDS["torch"])

    assert [each for each in told.unmet if each.by.startswith("keras-multi")] == []
    assert told.multibackend == __version__
    assert told.interpreter == sys.executable
    assert told.numpy == version("numpy")


def child(folder: Path, backend: str) -> Installation:
    """What the process of a backend tells first, started in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "multibackend.doctor.inside.child", backend],
        cwd=folder,
        env=os.environ | {"KERAS_HOME": str(folder / "home"), "KERAS_BACKEND": backend},
        capture_output=True,
        timeout=120,
        check=False,
    )
    told = msgspec.json.decode(done.stdout.splitlines()[0], type=Told).installation
    assert told is not None, done.stderr
    return told


def test_a_file_of_the_folder_that_hides_a_library_is_told(tmp_path: Path) -> None:
    _ = (tmp_path / "jax.py").write_text("raise RuntimeError('not me')\n")
    (tmp_path / "keras").mkdir()
    _ = (tmp_path / "keras" / "__init__.py").write_text("")

    assert child(tmp_path, "jax").shadows == ("keras/__init__.py", "jax.py")


def test_a_folder_without_code_is_no_framework(tmp_path: Path) -> None:
    """A folder `openvino` of models would else be imported as an empty package."""
    (tmp_path / "openvino").mkdir()
    told = child(tmp_path, "openvino")

    assert told.shadows == ()
    assert told.installed == (told.framework is not None)


def test_the_process_says_what_raised_and_nothing_of_it_is_printed(
    tmp_path: Path,
) -> None:
    _ = (tmp_path / "keras.py").write_text(
        "print('hello')\nraise OSError('no\\nlibz')\n"
    )
    _ = (tmp_path / "jax.py").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "multibackend.doctor.inside.child", "jax"],
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
        check=False,
    )
    lines = done.stdout.splitlines()

    assert len(lines) == 2
    assert msgspec.json.decode(lines[1], type=Told).raised == "OSError: no libz"
    assert b"hello" in done.stderr
