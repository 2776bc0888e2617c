"""An entry that no longer reproduces fails: on evidence, and never on silence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from multibackend.parity.checks.table import CHECKS
from multibackend.parity.compare.catalogue import Catalogue, apply
from multibackend.parity.compare.catalogue_entry import Entry
from multibackend.parity.compare.verdict import Difference, Verdict

ENTRY = msgspec.convert(
    {
        "id": "jax-rounds",
        "objects": ["m:a", "m:b"],
        "checks": ["fit"],
        "backends": ["jax"],
        "precision": "float64",
        "kind": "value",
        "keras": ">=3.15,<3.16",
        "reason": "it rounds a constant",
        "reproducer": "python -c 1",
        "first_seen": {"date": "2026-01-31", "versions": {"keras": "3.15.1"}},
    },
    Entry,
)
ENVIRONMENTS = {
    name: {
        "backend": name,
        "keras": "3.15.1",
        "framework": f"{name} 2.6",
        "device": "cpu",
    }
    for name in ("torch", "jax", "tensorflow")
}
KNOWN = Difference("value", "jax", "kernel", "float64", "1.1", "1.0", (0,), 0.1, 1e-9)


def entry(**changes: Any) -> Entry:
    return msgspec.structs.replace(ENTRY, **changes)


def verdict(*differences: Difference, **changes: Any) -> Verdict:
    found = Verdict(
        case="m:a",
        check="fit",
        verdict="differ" if differences else "agree",
        blame=tuple(dict.fromkeys(d.backend for d in differences)),
        differences=differences,
        file="m.py",
        line=3,
    )
    return replace(found, **changes)


def applied(
    entries: Any, *found: Verdict, about: Any = None, **how: Any
) -> list[Verdict]:
    mine = Catalogue(tuple(entries), "mine.toml")
    environments = ENVIRONMENTS if about is None else about
    return apply([mine], found, environments, **how)


PATTERN = entry(objects=("m:*",))


def gone(found: list[Verdict]) -> list[Verdict]:
    return [verdict for verdict in found if verdict.check.startswith("catalogue ")]


def test_an_entry_that_no_longer_reproduces_fails() -> None:
    found = verdict()
    same, stale = applied([ENTRY], found)

    assert same == found
    assert (stale.case, stale.check) == ("m:a", "catalogue jax-rounds")
    assert stale.verdict == "failed"
    assert "'jax-rounds' of mine.toml" in stale.detail
    assert "jax in fit" in stale.detail
    assert "remove this case from the entry" in stale.detail
    assert (stale.file, stale.line) == ("m.py", 3)


def test_each_case_that_is_named_must_reproduce() -> None:
    found = [verdict(KNOWN), verdict(case="m:b")]

    assert [v.case for v in gone(applied([ENTRY], *found))] == ["m:b"]


def test_each_backend_that_is_named_must_reproduce() -> None:
    both = entry(backends=("torch", "jax"))
    (stale,) = gone(applied([both], verdict(KNOWN)))

    assert "torch in fit" in stale.detail
    assert "jax in fit" not in stale.detail


def test_each_check_that_is_named_must_reproduce() -> None:
    both = entry(checks=("fit", "forward"))
    (stale,) = gone(applied([both], verdict(KNOWN), verdict(check="forward")))

    assert "jax in forward" in stale.detail


def test_a_case_that_is_gone_twice_is_told_once() -> None:
    both = entry(checks=("fit", "forward"))
    (stale,) = gone(applied([both], verdict(), verdict(check="forward")))

    assert "jax in fit, jax in forward" in stale.detail


@pytest.mark.parametrize("word", ["failed", "missing", "abstain", "unsupported"])
@pytest.mark.parametrize("one", [ENTRY, PATTERN], ids=["named", "pattern"])
def test_what_was_not_judged_makes_no_entry_stale(one: Any, word: Any) -> None:
    found = verdict(verdict=word)

    assert applied([one], found, whole=None) == [found]


def test_another_difference_of_values_is_evidence() -> None:
    found = verdict(replace(KNOWN, backend="torch"))

    assert len(gone(applied([ENTRY], found))) == 1


@pytest.mark.parametrize(
    "kind", ["start", "error", "structure", "shape", "dtype", "nonfinite"]
)
def test_a_difference_that_hides_the_values_is_no_evidence(kind: Any) -> None:
    """Where shapes differ nobody looked at the values, so they may still be off."""
    found = verdict(replace(KNOWN, backend="torch", kind=kind))

    assert gone(applied([ENTRY], found)) == []


def test_a_difference_of_values_is_evidence_that_shapes_are_alike() -> None:
    found = verdict(replace(KNOWN, backend="torch"))

    assert len(gone(applied([entry(kind="shape")], found))) == 1


def test_an_entry_of_a_backend_without_a_record_is_not_stale() -> None:
    found = verdict()
    about = {name: ENVIRONMENTS[name] for name in ("torch", "tensorflow")}

    assert applied([ENTRY], found, about=about) == [found]


def test_a_record_alone_makes_no_entry_stale() -> None:
    """One backend differs from nobody: whether it still does, others must tell."""
    found = verdict()

    assert applied([ENTRY], found, about={"jax": ENVIRONMENTS["jax"]}) == [found]


def test_two_records_of_one_backend_make_no_entry_stale() -> None:
    about = {
        f"jax-{device}": ENVIRONMENTS["jax"] | {"device": device}
        for device in ("cpu", "gpu")
    }

    assert applied([ENTRY], verdict(), about=about) == [verdict()]


@pytest.mark.parametrize(
    ("took_part", "stale"),
    [(("torch", "jax"), 1), (("torch", "tensorflow"), 0), (("jax",), 0)],
    ids=str,
)
def test_a_backend_that_was_not_asked_proves_nothing(
    took_part: tuple[str, ...], stale: int
) -> None:
    found = verdict(seconds=dict.fromkeys(took_part, 1.0))

    assert len(gone(applied([ENTRY], found))) == stale


def test_without_float64_nothing_is_known_of_a_difference_in_float64() -> None:
    about = ENVIRONMENTS | {"jax": ENVIRONMENTS["jax"] | {"referee": "none"}}
    narrow = entry(precision="float32")

    assert gone(applied([ENTRY], verdict(), about=about)) == []
    assert len(gone(applied([narrow], verdict(), about=about))) == 1


def test_of_two_that_disagree_either_shows_it(observed, judged, truth) -> None:
    off = observed(truth, referee={"output": truth + 1e-3})
    found = replace(judged(jax=off, torch=observed(truth)), check="fit")
    about = {label: ENVIRONMENTS[label] for label in ("jax", "torch")}
    as_torch = entry(backends=("torch",))

    assert gone(applied([as_torch], found, about=about)) == []


def test_a_case_that_is_built_alike_makes_an_entry_on_its_building_stale() -> None:
    """A building that agrees has no verdict of its own."""
    building = entry(checks=("build",), kind="error", precision="float32")
    error = replace(KNOWN, kind="error", precision="float32")

    assert len(gone(applied([building], verdict()))) == 1
    assert gone(applied([building], verdict(error, check="build"))) == []


# ------------------------------------------------------------------------- patterns


def test_a_pattern_needs_one_verdict_that_shows_it() -> None:
    found = [verdict(KNOWN), *(verdict(case=f"m:{place}") for place in range(3))]

    assert gone(applied([PATTERN], *found, whole=None)) == []


def test_a_pattern_that_nothing_shows_is_stale_once() -> None:
    found = [verdict(case=f"m:{place}") for place in range(3)]
    (stale,) = gone(applied([PATTERN], *found, whole=None))

    assert stale.case == "m:0"
    assert "none of the 3 verdicts" in stale.detail
    assert "m:*" in stale.detail


def test_a_pattern_must_show_on_each_backend_that_it_names() -> None:
    both = entry(objects=("m:*",), backends=("torch", "jax"))
    (stale,) = gone(applied([both], verdict(KNOWN), whole=None))

    assert "that torch differs" in stale.detail


def test_a_pattern_that_covers_nothing_here_is_not_stale() -> None:
    assert gone(applied([PATTERN], verdict(case="n:a"), whole=None)) == []


def test_a_name_beside_a_pattern_must_still_reproduce() -> None:
    mixed = entry(objects=("m:a", "m:lstm_*"))
    found = [verdict(), verdict(KNOWN, case="m:lstm_1")]

    assert [v.case for v in gone(applied([mixed], *found, whole=None))] == ["m:a"]


@pytest.mark.parametrize(
    ("objects", "whole", "stale"),
    [
        (("m:*",), (), 0),
        (("m:*",), ("m",), 1),
        (("m:*",), ("m.inner",), 0),
        (("m.inner:*",), ("m",), 1),
        (("m.inn*:*",), ("m",), 1),
        (("m*",), ("m",), 0),
        (("*",), ("m",), 0),
        (("*",), None, 1),
        (("m.inner:*", "n:*"), ("m",), 0),
        (("m.inner:*", "n:*"), ("m", "n"), 1),
    ],
    ids=str,
)
def test_a_pattern_is_judged_where_no_case_it_may_mean_was_left_out(
    objects: Any, whole: Any, stale: int
) -> None:
    """Of `check m:one` nobody can tell whether another of `m:*` still shows it."""
    found = [verdict(case="m:a"), verdict(case="m.inner:a")]

    assert len(gone(applied([entry(objects=objects)], *found, whole=whole))) == stale


@pytest.mark.parametrize(
    ("checks", "asked", "stale"),
    [
        (("grad_*",), ("grad_inputs",), 0),
        (("grad_*",), ("grad_inputs", "grad_weights"), 1),
        (("fit", "forward"), ("forward",), 0),
        (("fit", "forward"), ("forward", "fit"), 1),
        (("*",), ("forward", "fit"), 0),
        (("*",), CHECKS, 1),
        (("fit *",), ("fit from torch",), 1),
    ],
    ids=str,
)
def test_a_pattern_is_judged_where_every_check_it_may_mean_was_asked(
    checks: Any, asked: Any, stale: int
) -> None:
    """`check --checks forward` leaves the others out."""
    found = [verdict(check=check) for check in asked]
    one = entry(objects=("m:*",), checks=checks)

    assert len(gone(applied([one], *found, whole=None))) == stale


def test_a_pattern_of_checks_needs_one_that_shows_it() -> None:
    one = entry(objects=("m:a",), checks=("fit from *",))
    pairs = [verdict(check="fit from jax"), verdict(KNOWN, check="fit from torch")]

    assert gone(applied([one], *pairs, whole=None)) == []
    assert len(gone(applied([one], pairs[0], whole=None))) == 1


# ---------------------------------------------------------- the one that ships, abroad


@pytest.mark.parametrize("whole", [None, ("m",)], ids=str)
def test_a_pattern_that_ships_excuses_a_users_case_and_asks_nothing_of_it(
    whole: Any,
) -> None:
    shipped = Catalogue((entry(objects=("*",)),), "ours", shipped=True)

    def words(found: Verdict) -> list[str]:
        return [v.verdict for v in apply([shipped], [found], ENVIRONMENTS, whole=whole)]

    assert words(verdict(KNOWN)) == ["known"]
    assert words(verdict()) == ["agree"]


def test_a_pattern_that_ships_is_judged_on_the_packages_own_cases() -> None:
    own = "multibackend.parity.cases.declared"
    shipped = Catalogue((entry(objects=("*",)),), "ours", shipped=True)
    found = verdict(case=f"{own}.tensors:a")

    assert len(gone(apply([shipped], [found], ENVIRONMENTS, whole=(own,)))) == 1
    assert gone(apply([shipped], [found], ENVIRONMENTS, whole=())) == []
