"""The environment of a child: every switch set on purpose, nothing leaked."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from multibackend.parity.run.settings import (
    UNSET,
    DeviceError,
    Settings,
    as_device,
    variables,
)

PLAIN = Settings()
CACHE = "JAX_COMPILATION_CACHE_DIR"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("KERAS_", "JAX_", "CUDA_", "OMP_")):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("backend", ["torch", "jax", "tensorflow", "numpy"])
def test_a_child_has_its_backend_and_an_own_home(backend: str) -> None:
    found = variables(backend, PLAIN, "/empty")

    assert found["KERAS_BACKEND"] == backend
    assert found["KERAS_HOME"] == "/empty"


def test_what_the_parent_says_to_keras_does_not_reach_the_child(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A parent under tensorflow must not make a torch child compute there."""
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setenv("KERAS_HOME", "/home/me/.keras")
    monkeypatch.setenv("KERAS_FLOATX", "float16")
    monkeypatch.setenv("KERAS_NNX_ENABLED", "1")
    found = variables("torch", PLAIN, "/empty")

    keras = {name: value for name, value in found.items() if name.startswith("KERAS_")}
    assert keras == {"KERAS_BACKEND": "torch", "KERAS_HOME": "/empty"}
    assert os.environ["KERAS_BACKEND"] == "tensorflow"


def test_everything_else_of_the_parent_reaches_the_child(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/my/bin")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/my/cuda")
    found = variables("torch", PLAIN, "/empty")

    assert found["PATH"] == "/my/bin"
    assert found["LD_LIBRARY_PATH"] == "/my/cuda"


@pytest.mark.parametrize("backend", ["torch", "jax", "tensorflow"])
def test_on_cpu_accelerators_are_hidden(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    found = variables(backend, replace(PLAIN, device="cpu"), "/empty")

    assert found["CUDA_VISIBLE_DEVICES"] == "-1"
    assert found["JAX_PLATFORMS"] == "cpu"


@pytest.mark.parametrize("name", sorted(UNSET))
def test_what_turns_a_compiler_off_or_changes_dtypes_is_not_inherited(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With it `jit` would say that it agrees, and have compiled nothing."""
    monkeypatch.setenv(name, "1")

    assert name not in variables("jax", PLAIN, "/empty")
    meant = replace(PLAIN, extra={name: "1"})
    assert variables("jax", meant, "/empty")[name] == "1"


@pytest.mark.parametrize("device", ["auto", "gpu"])
def test_elsewhere_the_users_choice_of_accelerators_stands(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(PLAIN, device=as_device(device))
    assert "CUDA_VISIBLE_DEVICES" not in variables("jax", settings, "/empty")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")

    assert variables("jax", settings, "/empty")["CUDA_VISIBLE_DEVICES"] == "1"


@pytest.mark.parametrize("threads", [1, 4])
def test_the_number_of_threads_is_set_over_the_parents(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sums are added in another order with another number."""
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    found = variables("torch", replace(PLAIN, threads=threads), "/empty")

    assert found["OMP_NUM_THREADS"] == found["MKL_NUM_THREADS"] == str(threads)


def test_no_product_is_rounded_to_tf32() -> None:
    assert variables("torch", PLAIN, "/empty")["NVIDIA_TF32_OVERRIDE"] == "0"


def test_jax_keeps_what_it_compiled_under_the_users_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    found = variables("jax", PLAIN, "/empty")
    assert found[CACHE] == str(tmp_path / "multibackend" / "jax")
    assert list(tmp_path.iterdir()) == []


def test_a_jax_cache_of_the_users_own_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(CACHE, "/my/cache")
    found = variables("jax", PLAIN, "/empty")

    assert found[CACHE] == "/my/cache"
    assert not any(
        name.startswith(("JAX_PERSISTENT_", "JAX_COMPILATION_CACHE_MAX"))
        for name in found
    )


@pytest.mark.parametrize("backend", ["torch", "tensorflow", "numpy"])
def test_only_jax_has_a_cache(backend: str) -> None:
    assert CACHE not in variables(backend, PLAIN, "/empty")


def test_extra_variables_go_over_everything() -> None:
    extra = {"OMP_NUM_THREADS": "8", "MINE": "yes"}
    found = variables("torch", replace(PLAIN, extra=extra), "/empty")

    assert found["OMP_NUM_THREADS"] == "8"
    assert found["MINE"] == "yes"


@pytest.mark.parametrize("device", ["auto", "cpu", "gpu"])
def test_a_device_is_read_by_its_name(device: str) -> None:
    assert as_device(device) == device


@pytest.mark.parametrize("text", ["", "GPU", "cuda", "cuda:0", "tpu"])
def test_an_unknown_device_is_refused(text: str) -> None:
    with pytest.raises(DeviceError, match="among auto, cpu, gpu") as refused:
        _ = as_device(text)
    assert refused.value.exit_code == 2
