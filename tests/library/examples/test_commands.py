"""Each example is a command: it runs, prints, and its docstring names it."""

import importlib
import os
import pkgutil
import re
import subprocess
import sys

import pytest

from multibackend import examples

EXAMPLES = sorted(
    module.name
    for module in pkgutil.iter_modules(examples.__path__)
    if not module.name.startswith("_")
)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_docstring_names_the_command(name):
    module = importlib.import_module(f"multibackend.examples.{name}")
    command = re.escape(f"KERAS_BACKEND=jax python -m {module.__name__}")
    # In a sentence, or on a line of its own.
    assert re.search(f"`{command}`|^ +{command}$", str(module.__doc__), re.MULTILINE)


def test_the_command_prints_and_names_who_computes():
    command = [sys.executable, "-m", "multibackend.examples.who_computes"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=300
    )
    assert f"backend: {os.environ.get('KERAS_BACKEND', 'torch')}" in done.stdout
    assert "product: [[7.0, 10.0], [15.0, 22.0]]" in done.stdout
