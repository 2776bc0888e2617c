"""Records of three backends on disk, judged: what is whole, lost, dead or alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multibackend.errors import RecordError
from multibackend.parity.compare.compare import load_records
from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.record.observation import Observation, Raised

LABELS = ("torch", "jax", "tensorflow")


def words(judgement: Judgement) -> dict[tuple[str, str], str]:
    return {(v.case, v.check): v.verdict for v in judgement.verdicts}


def died(case: str = "m:a", check: str = "forward", **changes: Any) -> Observation:
    how = f"the process was killed by SIGSEGV in {check}"
    return Observation(case, check, "failed", detail=how, **changes)


def only(judgement: Judgement) -> Verdict:
    (verdict,) = judgement.verdicts
    return verdict


def test_three_honest_records_agree_in_the_order_of_cases_and_checks(
    recorded, compared, built, observed
) -> None:
    every = [
        seen
        for case in ("m:b", "m:a")
        for seen in (
            built(case),
            observed(case=case, check="grad_weights"),
            observed(case=case),
        )
    ]
    judgement = compared(*(recorded(label, every) for label in LABELS))

    assert list(words(judgement)) == [
        ("m:b", "forward"),
        ("m:b", "grad_weights"),
        ("m:a", "forward"),
        ("m:a", "grad_weights"),
    ]
    assert set(words(judgement).values()) == {"agree"}
    assert judgement.counts()["agree"] == 4
    assert judgement.notes == ()
    assert tuple(judgement.environments) == LABELS
    assert {(v.file, v.line) for v in judgement.verdicts} == {("m.py", 3)}
    assert "compare" in judgement.stages


@pytest.mark.parametrize("label", LABELS)
def test_a_fault_that_went_through_the_disk_is_found(
    label: str, recorded, compared, built, observed, truth
) -> None:
    folders = [
        recorded(name, [built(), observed(truth * (1 + 1e-3 * (name == label)))])
        for name in LABELS
    ]
    verdict = only(compared(*folders))

    assert (verdict.verdict, verdict.blame) == ("differ", (label,))


# ----------------------------------------------------------------- what did not run


@pytest.mark.parametrize("label", LABELS)
def test_a_check_without_an_observation_is_missing(
    label: str, recorded, compared, built, observed
) -> None:
    folders = [
        recorded(name, [built()] if name == label else [built(), observed()])
        for name in LABELS
    ]
    verdict = only(compared(*folders))

    assert (verdict.verdict, verdict.blame) == ("missing", (label,))
    assert verdict.detail == f"no observation on {label}"


def test_a_check_that_had_nothing_to_ask_on_one_backend_says_why(
    recorded, compared, built, observed
) -> None:
    """Else a function that one backend refuses would only be gone there."""
    why = "it takes no symbolic tensor: TypeError: no symbols here"
    spec = observed(check="spec", judged="exact")
    folders = [
        recorded("torch", [built(), observed()], silent={"m:a": {"spec": why}}),
        recorded("jax", [built(), observed(), spec]),
    ]
    judgement = compared(*folders)

    assert words(judgement) == {
        ("m:a", "forward"): "agree",
        ("m:a", "spec"): "missing",
    }
    (missing,) = judgement.of("missing")
    assert missing.blame == ("torch",)
    assert missing.detail == f"no observation on torch; torch: {why}"


def test_a_check_that_had_nothing_to_ask_anywhere_has_no_verdict(
    recorded, compared, built, observed
) -> None:
    silent = {"m:a": {"spec": "it takes no symbolic tensor"}}
    folders = [
        recorded(label, [built(), observed()], silent=silent) for label in LABELS
    ]

    assert words(compared(*folders)) == {("m:a", "forward"): "agree"}


def test_a_case_that_one_record_lacks_is_missing_and_no_check_is_judged(
    recorded, compared, built, observed
) -> None:
    whole = [built(), observed()]
    folders = [recorded("torch", whole), recorded("jax", [], cases=["m:a"])]
    verdict = only(compared(*folders))

    assert (verdict.check, verdict.verdict) == ("build", "missing")
    assert verdict.blame == ("jax",)


def test_a_case_that_was_planned_and_run_nowhere_is_missing(recorded, compared) -> None:
    folders = [recorded(label, [], cases=["m:a"]) for label in LABELS]
    verdict = only(compared(*folders))

    assert (verdict.verdict, verdict.blame) == ("missing", LABELS)


def test_a_case_that_only_one_record_planned_is_judged_too(
    recorded, compared, built, observed
) -> None:
    """A job that selects fewer cases must not make the others' vanish."""
    whole = [built(), observed()]
    more = [*whole, built("m:b"), observed(case="m:b")]
    found = words(compared(recorded("torch", whole), recorded("jax", more)))

    assert found == {("m:a", "forward"): "agree", ("m:b", "build"): "missing"}


def test_what_two_plans_name_is_missing_where_neither_came_so_far(
    recorded, compared
) -> None:
    folders = [
        recorded("torch", [], cases=["m:a", "m:b"], complete=False),
        recorded("jax", [], cases=["m:c"], complete=False),
    ]

    assert words(compared(*folders)) == {
        (case, "build"): "missing" for case in ("m:a", "m:b", "m:c")
    }


def test_a_required_backend_without_a_record_is_missing(
    recorded, compared, built, observed
) -> None:
    folder = recorded("torch", [built(), observed()])
    judgement = compared(folder, required=("torch", "jax"))
    first, second = judgement.verdicts

    assert first.verdict == "agree"
    assert (second.verdict, second.blame) == ("missing", ("jax",))
    assert "no record of jax, which is required" in second.detail
    assert judgement.cases == 1


def test_an_incomplete_record_gives_a_note(recorded, compared, built, observed) -> None:
    whole = [built(), observed()]
    judgement = compared(
        recorded("torch", whole), recorded("jax", whole, complete=False)
    )

    assert judgement.notes == ("the record of jax is incomplete: it was interrupted",)


# -------------------------------------------------------------------- what went wrong


@pytest.mark.parametrize("label", LABELS)
def test_a_process_that_died_fails_its_check_and_the_remaining_ones(
    label: str, recorded, compared, built, observed
) -> None:
    whole = [built(), observed(), observed(check="training"), observed(check="fit")]
    dead = [built(), observed(), died(check="training")]
    folders = [recorded(name, dead if name == label else whole) for name in LABELS]
    judgement = compared(*folders)
    by_check = {v.check: v for v in judgement.verdicts}

    assert by_check["forward"].verdict == "agree"
    for check in ("training", "fit"):
        assert by_check[check].verdict == "failed"
        assert by_check[check].blame == (label,)
        assert "SIGSEGV" in by_check[check].detail
    assert "not asked" in by_check["fit"].detail


def test_a_process_that_died_costs_one_case_only(
    recorded, compared, built, observed
) -> None:
    whole = [built(), observed(), built("m:b"), observed(case="m:b")]
    dead = [built(), died(), built("m:b"), observed(case="m:b")]
    found = words(compared(recorded("torch", whole), recorded("jax", dead)))

    assert found == {("m:a", "forward"): "failed", ("m:b", "forward"): "agree"}


def test_a_process_that_died_while_building_fails_the_case(
    recorded, compared, built, observed
) -> None:
    folders = [
        recorded("torch", [built(), observed()]),
        recorded("jax", [died(check="build")]),
    ]
    verdict = only(compared(*folders))

    assert (verdict.check, verdict.verdict) == ("build", "failed")
    assert verdict.blame == ("jax",)
    assert not verdict.usage


def test_a_case_that_cannot_be_built_on_one_backend_differs(
    recorded, compared, built, observed
) -> None:
    refused = built(
        status="raised", outputs={}, raised=Raised("TypeError", "no such dtype")
    )
    folders = [
        recorded("torch", [built(), observed()]),
        recorded("jax", [refused]),
        recorded("tensorflow", [built(), observed()]),
    ]
    verdict = only(compared(*folders))

    assert (verdict.check, verdict.verdict) == ("build", "differ")
    assert verdict.blame == ("jax",)
    assert verdict.differences[0].kind == "error"
    assert verdict.differences[0].received == "TypeError: no such dtype"


def test_a_case_that_one_backend_is_not_asked_is_compared_on_the_others(
    recorded, compared, built, observed, truth
) -> None:
    excused = built(status="unsupported", detail="it does not train", outputs={})
    off = observed(truth + 1.0)
    judgement = compared(
        recorded("torch", [built(), observed()]),
        recorded("jax", [built(), off]),
        recorded("tensorflow", [excused]),
    )

    assert words(judgement) == {
        ("m:a", "build"): "unsupported",
        ("m:a", "forward"): "differ",
    }
    assert judgement.verdicts[0].detail == "tensorflow: it does not train"
    assert set(judgement.verdicts[1].seconds) == {"torch", "jax"}


def test_a_case_that_two_backends_are_not_asked_is_not_compared(
    recorded, compared, built, observed
) -> None:
    excused = built(status="unsupported", detail="it does not train", outputs={})
    judgement = compared(
        recorded("torch", [built(), observed()]),
        recorded("jax", [excused]),
        recorded("tensorflow", [excused]),
    )

    assert words(judgement) == {("m:a", "build"): "unsupported"}


def test_a_case_that_cannot_be_built_anywhere_fails(recorded, compared, built) -> None:
    refused = built(status="raised", outputs={}, raised=Raised("TypeError", "no"))
    verdict = only(compared(*(recorded(label, [refused]) for label in LABELS)))

    assert (verdict.check, verdict.verdict) == ("build", "failed")
    assert (verdict.blame, verdict.usage) == ((), False)


def test_a_case_that_is_written_wrongly_is_the_users_fault_and_no_backends(
    recorded, compared, built
) -> None:
    wrong = built(status="failed", outputs={}, detail="it returned None", usage=True)
    verdict = only(compared(*(recorded(label, [wrong]) for label in LABELS)))

    assert (verdict.verdict, verdict.blame, verdict.usage) == ("failed", (), True)
    assert verdict.detail == "it returned None"


def test_a_check_that_is_written_wrongly_is_the_users_fault(
    recorded, compared, built, observed
) -> None:
    wrong = observed(status="failed", detail="its reference raised", usage=True)
    verdict = only(compared(*(recorded(label, [built(), wrong]) for label in LABELS)))

    assert (verdict.verdict, verdict.blame, verdict.usage) == ("failed", (), True)


def test_a_dead_process_beside_a_usage_fault_is_no_usage_fault(
    recorded, compared, built
) -> None:
    wrong = built(status="failed", outputs={}, detail="it returned None", usage=True)
    folders = [recorded("torch", [wrong]), recorded("jax", [died(check="build")])]
    verdict = only(compared(*folders))

    assert (verdict.verdict, verdict.usage) == ("failed", False)


# ---------------------------------------------------------------------- another start


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(
    "start",
    [
        {"input/0": np.nextafter(np.ones((2, 3), "float32"), np.float32(2))},
        {"input/0": np.ones((2, 3), "float32").view("int32")},
        {"input/0": np.ones((3, 2), "float32")},
        {"input/1": np.ones((2, 3), "float32")},
        {},
        {"input/0": np.ones((2, 3), "float32"), "weight/k": np.ones(1, "float32")},
    ],
    ids=["the last bit", "dtype", "shape", "name", "none", "one more"],
)
def test_another_start_is_another_question(
    label: str, start: Any, recorded, compared, built, observed
) -> None:
    folders = [
        recorded(
            name,
            [built(**({"outputs": start} if name == label else {})), observed()],
        )
        for name in LABELS
    ]
    judgement = compared(*folders)
    first = judgement.verdicts[0]

    assert words(judgement)["m:a", "forward"] == "agree"
    assert (first.check, first.verdict, first.blame) == ("build", "differ", (label,))
    (difference,) = first.differences
    assert (difference.kind, difference.backend) == ("start", label)


# ----------------------------------------------------------------------------- labels


def test_one_record_alone_is_judged_by_its_own_referee(
    recorded, compared, built, observed, truth
) -> None:
    off = observed(truth, outputs={"output": (truth * 1.01).astype("float32")})
    folder = recorded("torch", [built(), observed(), replaced(off, check="fit")])

    assert words(compared(folder)) == {
        ("m:a", "forward"): "agree",
        ("m:a", "fit"): "differ",
    }


def replaced(observation: Observation, **changes: Any) -> Observation:
    return Observation(**(vars(observation) | changes))


@pytest.mark.parametrize(
    ("records", "labels"),
    [
        ([("a", "torch", "cpu"), ("a", "jax", "cpu")], ["torch", "jax"]),
        (
            [("a", "torch", "cpu"), ("b", "torch", "gpu"), ("a", "jax", "cpu")],
            ["torch-cpu", "torch-gpu", "jax"],
        ),
        ([("a", "torch", "cpu"), ("b", "torch", "cpu")], ["torch a", "torch b"]),
        (
            [("a", "torch", "cpu"), ("b", "torch", "cpu"), ("c", "torch", "gpu")],
            ["torch a", "torch b", "torch c"],
        ),
        (
            [("x/a", "torch", "cpu"), ("y/a", "torch", "cpu")],
            ["torch 1", "torch 2"],
        ),
    ],
    ids=["backends", "devices", "folders", "devices and folders", "all alike"],
)
def test_every_record_has_a_label_of_its_own(
    records: Any, labels: list[str], recorded, built
) -> None:
    folders = [
        recorded(
            backend,
            [built()],
            folder=f"{place}/{backend}",
            environment={"device": device},
        )
        for place, backend, device in records
    ]

    assert [record.label for record in load_records(folders)] == labels


def test_two_records_of_one_backend_are_compared_with_each_other(
    recorded, compared, built, observed, truth
) -> None:
    on_gpu = {"device": "gpu"}
    verdict = only(
        compared(
            recorded("torch", [built(), observed()], folder="a/torch"),
            recorded(
                "torch",
                [built(), observed(truth + 1)],
                folder="b/torch",
                environment=on_gpu,
            ),
        )
    )

    assert (verdict.verdict, verdict.blame) == ("differ", ("torch-cpu", "torch-gpu"))


def test_one_record_is_not_compared_with_itself(
    recorded, built, observed, tmp_path: Path, monkeypatch
) -> None:
    folder = recorded("torch", [built(), observed()])
    monkeypatch.chdir(tmp_path)
    spelled = [folder, Path("torch"), tmp_path / "torch" / ".." / "torch"]

    assert [record.label for record in load_records(spelled)] == ["torch"]


# -------------------------------------------------------------------------- catalogue


def test_the_catalogue_that_ships_is_applied(
    recorded, compared, built, observed, truth
) -> None:
    case = "multibackend.parity.cases.declared.objectives:adam"
    honest = observed(truth, case=case, check="fit")
    off = observed(truth, case=case, check="fit", referee={"output": truth + 5e-9})
    folders = [
        recorded(label, [built(case), off if label == "tensorflow" else honest])
        for label in LABELS
    ]
    verdict = only(compared(*folders))

    assert verdict.verdict == "known"
    assert "float32" in verdict.detail


def test_an_entry_that_no_longer_reproduces_fails_the_comparison(
    recorded, compared, built, observed
) -> None:
    case = "multibackend.parity.cases.declared.tensors:slice_update"
    whole = [built(case), observed(case=case, check="grad_inputs")]
    found = words(compared(*(recorded(label, whole) for label in LABELS)))

    assert found == {
        (case, "grad_inputs"): "agree",
        (case, "catalogue tensorflow-slice-update-without-gradient"): "failed",
    }


# ----------------------------------------------------------------------- damaged ones


def test_a_damaged_observation_stops_the_comparison(
    recorded, compared, built, observed
) -> None:
    """A verdict from half a record would be a verdict from a check that did not run."""
    folder = recorded("torch", [built(), observed()])
    (arrays,) = (folder / "cases").glob("*.forward.safetensors")
    _ = arrays.write_bytes(arrays.read_bytes()[:-8])

    with pytest.raises(RecordError, match="Record again"):
        _ = compared(folder)
