"""The examples of the library's docstrings, run on this backend."""

import doctest
import importlib
import pkgutil

import pytest

import multibackend.autodiff
import multibackend.layers
import multibackend.losses
import multibackend.metrics

MODULES = [
    "multibackend.weights",
    *(
        inner.name
        for room in (
            multibackend.autodiff,
            multibackend.layers,
            multibackend.losses,
            multibackend.metrics,
        )
        for inner in pkgutil.iter_modules(room.__path__, f"{room.__name__}.")
        if not inner.name.rpartition(".")[2].startswith("_")
    ),
]


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_an_example_that_prints_what_it_says(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name))

    assert outcome.attempted > 0, "a public docstring lost its example"
    assert outcome.failed == 0
