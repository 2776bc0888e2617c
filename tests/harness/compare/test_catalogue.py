"""The catalogue of known differences: what an entry explains, and what it does not."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from multibackend.parity.compare.catalogue import Catalogue, apply
from multibackend.parity.compare.catalogue_entry import Entry
from multibackend.parity.compare.catalogue_names import names
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


def word(one: Entry, found: Verdict, about: Any = None) -> str:
    """What becomes of a verdict, whether or not the entry is stale beside it."""
    return applied([one], found, about=about)[0].verdict


def test_a_difference_that_the_catalogue_explains_is_known() -> None:
    (judged,) = applied([ENTRY], verdict(KNOWN))

    assert judged.verdict == "known"
    assert judged.detail == "jax-rounds: it rounds a constant"
    assert judged.differences == (KNOWN,)


@pytest.mark.parametrize(
    "change",
    [{"backend": "torch"}, {"precision": "float32"}, {"kind": "nonfinite"}],
    ids=str,
)
def test_a_difference_beside_the_known_one_stays_a_difference(change: Any) -> None:
    """Partly explained: what the entry explains must not hide the rest."""
    other = replace(KNOWN, error=0.5, budget=0.25, output="bias", **change)
    found = verdict(KNOWN, other, ratio=1e8, output="kernel")
    judged = applied([ENTRY], found)[0]

    assert judged.verdict == "differ"
    assert judged.differences == (other,)
    assert judged.blame == (other.backend,)
    assert (judged.ratio, judged.output) == (2.0, "bias")


def test_two_entries_explain_a_verdict_together() -> None:
    other = replace(KNOWN, backend="tensorflow")
    second = entry(id="tensorflow-too", backends=("tensorflow",))
    (judged,) = applied([ENTRY, second], verdict(KNOWN, other))

    assert judged.verdict == "known"
    assert "jax-rounds" in judged.detail
    assert "tensorflow-too" in judged.detail


def test_two_catalogues_explain_a_verdict_together() -> None:
    other = replace(KNOWN, backend="tensorflow")
    second = entry(id="tensorflow-too", backends=("tensorflow",))
    both = [Catalogue((ENTRY,), "a.toml"), Catalogue((second,), "b.toml")]

    assert [v.verdict for v in apply(both, [verdict(KNOWN, other)], ENVIRONMENTS)] == [
        "known"
    ]


def test_the_reason_is_that_of_the_entry_that_explains() -> None:
    """An entry in whose scope the verdict lies has not explained it by that."""
    beside = entry(id="shapes", kind="shape", reason="another matter")
    judged = applied([ENTRY, beside], verdict(KNOWN))[0]

    assert judged.detail == "jax-rounds: it rounds a constant"


@pytest.mark.parametrize(
    "found",
    [verdict(KNOWN, case="m:c"), verdict(KNOWN, check="forward")],
    ids=["another case", "another check"],
)
def test_an_entry_explains_nothing_beyond_its_scope(found: Verdict) -> None:
    assert applied([ENTRY], found) == [found]


# ---------------------------------------------------------------------------- scope


@pytest.mark.parametrize(
    ("pattern", "text", "same"),
    [
        ("m:a", "m:a", True),
        ("m:a", "m:ab", False),
        ("*", "m:a", True),
        ("pkg.*:lstm_*", "pkg.layers:lstm_2", True),
        ("pkg.*:lstm_*", "pkg.layers:gru", False),
        ("pkg.*", "pkgs.layers", False),
        ("m:a[*]", "m:a[1]", True),
        ("m:[ab]", "m:a", False),
        ("m:?", "m:a", False),
        ("m.a:*", "mxa:b", False),
        ("save from *", "save from torch", True),
        ("a*", "b a", False),
    ],
)
def test_a_star_is_any_text_and_nothing_else_is_special(
    pattern: str, text: str, same: bool
) -> None:
    assert (text in names([pattern])) is same


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"objects": ("m:*",)}, "known"),
        ({"objects": ("n:*", "m:*")}, "known"),
        ({"objects": ("n:*",)}, "differ"),
        ({"checks": ("*",)}, "known"),
        ({"checks": ("f*",)}, "known"),
        ({"checks": ("grad_*",)}, "differ"),
        ({"backends": ("torch", "jax")}, "known"),
        ({"backends": ("torch",)}, "differ"),
        ({"outputs": ("ker*",)}, "known"),
        ({"outputs": ("bias",)}, "differ"),
        ({"device": "cpu"}, "known"),
        ({"device": "gpu"}, "differ"),
        ({"frameworks": {"jax": ">=2.6"}}, "known"),
        ({"frameworks": {"jax": ">=2.7"}}, "differ"),
        ({"frameworks": {"torch": ">=2.7"}}, "known"),
    ],
    ids=str,
)
def test_every_field_narrows_the_scope(change: Any, expected: str) -> None:
    assert word(entry(**change), verdict(KNOWN)) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("3.15.0", "known"),
        ("3.15.9", "known"),
        ("3.15.0.dev20260101", "differ"),
        ("3.15.2rc1", "known"),
        ("3.14.9", "differ"),
        ("3.16.0", "differ"),
        ("4.0", "differ"),
        ("main", "differ"),
        (None, "differ"),
    ],
)
def test_an_entry_holds_for_its_versions_of_keras(version: Any, expected: str) -> None:
    about = {"jax": {"backend": "jax", "keras": version}}

    assert word(ENTRY, verdict(KNOWN), about) == expected


def test_an_entry_excuses_the_record_that_it_is_about_and_no_other() -> None:
    """Two records of one backend: the entry is about the one on a GPU."""
    about = {
        f"jax-{device}": ENVIRONMENTS["jax"] | {"device": device}
        for device in ("cpu", "gpu")
    }
    on_gpu = entry(device="gpu")

    def found(label: str) -> Verdict:
        return verdict(replace(KNOWN, backend=label))

    assert word(on_gpu, found("jax-gpu"), about) == "known"
    assert word(on_gpu, found("jax-cpu"), about) == "differ"


@pytest.mark.parametrize("label", ["jax-gpu", "jax artifact", "jax 2"])
def test_an_entry_knows_its_backend_under_every_label(label: str) -> None:
    about = {label: ENVIRONMENTS["jax"]}

    assert word(ENTRY, verdict(replace(KNOWN, backend=label)), about) == "known"


# ------------------------------------------------------------------ failed, and unsure


def test_an_error_that_the_catalogue_explains_is_known_of_a_record_alone() -> None:
    error = Difference("error", "jax", "", "float32", "TypeError: no", "outputs")
    found = verdict(error, verdict="failed", blame=())
    about = {"jax": ENVIRONMENTS["jax"]}

    assert word(entry(kind="error", precision="float32"), found, about) == "known"


def test_a_failure_that_tells_no_difference_is_never_known() -> None:
    found = verdict(verdict="failed", detail="the process was killed")

    assert applied([ENTRY], found) == [found]


def test_of_two_that_disagree_the_catalogue_knows_who_is_off(
    observed, judged, truth
) -> None:
    """Whoever comes first is taken for the truth where there is no majority."""
    off = observed(truth, referee={"output": truth + 1e-3})
    found = replace(judged(jax=off, torch=observed(truth)), check="fit")
    about = {label: ENVIRONMENTS[label] for label in ("jax", "torch")}

    assert [v.verdict for v in applied([ENTRY], found, about=about)] == ["known"]


@pytest.mark.parametrize("order", [("jax", "torch"), ("torch", "jax")], ids=str)
def test_of_two_shapes_the_catalogue_knows_which_is_off(
    observed, judged, order
) -> None:
    both = {"jax": observed([1.0, 2.0]), "torch": observed([[1.0, 2.0]])}
    found = replace(judged(**{label: both[label] for label in order}), check="fit")
    about = {label: ENVIRONMENTS[label] for label in order}
    shape = entry(kind="shape", precision="float32")

    assert found.verdict == "differ"
    assert [v.verdict for v in applied([shape], found, about=about)] == ["known"]


def test_of_three_that_all_disagree_one_that_is_known_does_not_excuse_the_others(
    observed, judged
) -> None:
    found = replace(
        judged(
            torch=observed([1.0]),
            jax=observed([1.0, 2.0]),
            tensorflow=observed([[1.0]]),
        ),
        check="fit",
    )
    shape = entry(kind="shape", precision="float32")
    both = entry(id="two", kind="shape", precision="float32", backends=("jax", "torch"))

    assert word(shape, found) == "differ"
    assert word(both, found) == "known"


# ---------------------------------------------------------------------------- speed


def test_thousands_of_verdicts_are_looked_up_well_within_a_second() -> None:
    """The floor of a report over all of Keras: patterns are matched once a case."""
    many = [
        entry(
            id=f"e-{place}",
            objects=(f"pkg{place}.*:*_layer", f"m{place}:*", f"m:{place}"),
            checks=("save from *", "fit", "grad_*"),
        )
        for place in range(200)
    ]
    found = [
        verdict(KNOWN, case=f"m{case}:a_layer", check=check)
        for case in range(500)
        for check in ("fit", "forward", "training", "grad_inputs", "grad_weights") * 2
    ]
    begun = time.process_time()
    judged = applied(many, *found, whole=None)

    assert time.process_time() - begun < 1.0
    assert [v.verdict for v in judged].count("known") == 200 * 6
