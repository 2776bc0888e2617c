"""State that leaks from case to case is found by running them in another order."""

from __future__ import annotations

from pathlib import Path

import pytest

from multibackend.parity.record.read import read_about

pytestmark = pytest.mark.parity

CASES = """
import keras

from multibackend import case, normal

seen = []


def declare(name):
    @case(name=name, checks=["forward"])
    def clean():
        return keras.ops.tanh, normal(5)


@case(checks=["forward"])
def leaks():
    seen.append(1)
    return {"a": 1.0}


@case(checks=["forward"])
def reads_what_leaked():
    return {"leaked": float(bool(seen))}


for name in "abcd":
    declare(name)
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory, multibackend):
    """The same cases as declared, in an order that puts the reader first, and in both."""
    folder: Path = tmp_path_factory.mktemp("leaks")
    _ = (folder / "leaks.py").write_text(CASES, "utf-8")
    given = ("run", "leaks.py", "--backend", "jax", "--out")
    for out, more in {"plain": (), "one": ("--shuffle", "1")}.items():
        assert multibackend(*given, out, *more, cwd=folder).code == 0
    return folder


def test_a_leak_is_a_difference_between_two_orders_and_nothing_else_is(
    ran, multibackend, read_verdicts
):
    done = multibackend("compare", "plain", "one", "--json", "both.json", cwd=ran)
    verdicts = read_verdicts(ran / "both.json")

    assert done.code == 1
    assert verdicts("reads_what_leaked", "forward")["verdict"] == "differ"
    for clean in ("leaks", *"abcd"):
        assert verdicts.words(clean) == {"forward": "agree"}


def test_the_record_says_the_seed_and_the_verdicts_come_as_declared(
    ran, multibackend, read_verdicts
):
    _ = multibackend("compare", "one", "--json", "one.json", cwd=ran)
    verdicts = read_verdicts(ran / "one.json")
    plain, one = read_about(ran / "plain/jax"), read_about(ran / "one/jax")

    assert (plain.shuffle, one.shuffle) == (None, 1)
    assert plain.cases == one.cases
    assert [v["case"] for v in verdicts.all] == list(plain.cases)
    assert verdicts.document["notes"] == [
        "the cases were run in the order of --shuffle 1 on jax"
    ]


def test_cases_of_this_package_agree_in_any_order(
    tmp_path, multibackend, read_verdicts
):
    target = "multibackend.parity.cases.declared.losses"
    given = (target, "--backends", "numpy,jax", "--checks", "forward", "--twins", "1")
    for out, more in {"plain": (), "one": ("--shuffle", "1")}.items():
        _ = multibackend("check", *given, "--out", out, *more, cwd=tmp_path)
    plain, one = (
        read_verdicts(tmp_path / out / "verdicts.json") for out in ("plain", "one")
    )

    assert len(plain.all) == 4
    assert plain.summary() == one.summary()
