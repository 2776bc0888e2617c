"""Modules of the user's own are read again once one was edited."""

from __future__ import annotations

import importlib
import os
import sys

import pytest

from multibackend.parity.cases.edited import drop_edited, edited, installed


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A module of the user's own, dated as we like, and what it holds now."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    file = tmp_path / "mine_to_edit.py"

    def write(value, date):
        _ = file.write_text(f"VALUE = {value}\n", "utf-8")
        os.utime(file, (date, date))

    def read():
        return importlib.import_module("mine_to_edit").VALUE

    before = dict(sys.modules)
    yield write, read
    # It forgets what else is not installed as well, such as the tests themselves.
    _ = sys.modules.pop("mine_to_edit", None)
    sys.modules.update(before)


def test_an_edit_within_the_second_of_the_one_before_is_seen(mine):
    write, read = mine
    write(1, 4_000_000_000.1)
    assert read() == 1

    # The same size and the same second: compiled code of the first would pass for it.
    write(2, 4_000_000_000.9)
    assert "mine_to_edit" in drop_edited(4_000_000_000.5)
    assert read() == 2


def test_what_was_not_edited_stays(mine):
    write, read = mine
    write(1, 4_000_000_000.0)
    assert read() == 1

    assert not edited(4_000_000_001.0)
    assert drop_edited(4_000_000_001.0) == []
    assert "mine_to_edit" in sys.modules


def test_the_packages_are_installed_and_a_test_is_not(tmp_path):
    assert installed(type(tmp_path)(pytest.__file__))
    assert installed(type(tmp_path)(os.__file__))
    assert not installed(tmp_path / "mine.py")
