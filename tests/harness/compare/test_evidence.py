import numpy as np
import pytest

from multibackend.parity.compare.compare import compare, load_records
from multibackend.parity.compare.evidence import show_evidence, with_evidence
from multibackend.parity.compare.shown import BINS


@pytest.fixture
def shown(observed, judged):
    """The verdict and the evidence of three backends, jax with other values."""

    def of(values, wrong, name="output"):
        changed = observed({name: wrong})
        found = {
            "torch": observed({name: values}),
            "jax": observed({name: values}, outputs=changed.outputs),
            "tensorflow": observed({name: values}),
        }
        verdict = judged(**found)
        return verdict, show_evidence(verdict, found)

    return of


def test_the_worst_elements_are_side_by_side_worst_first(truth, shown):
    wrong = truth.copy()
    wrong[2, 1] += 0.5
    wrong[0, 2] += 0.1
    verdict, evidence = shown(truth, wrong)

    assert evidence is not None
    assert [e.index for e in evidence.elements[:2]] == [(2, 1), (0, 2)]
    worst = evidence.elements[0]
    assert worst.expected == f"{truth[2, 1]:.17g}"
    assert worst.received["jax"] == str(np.float32(wrong[2, 1]))
    assert worst.received["torch"] == str(np.float32(truth[2, 1]))
    # The same number that the verdict tells, by the same rule.
    assert worst.ulps["jax"] == verdict.differences[0].ulps
    assert worst.ulps["torch"] <= 0.5
    assert evidence.backend == "jax"


def test_the_map_has_the_judges_ratio_where_the_fault_is(truth, shown):
    wrong = truth.copy()
    wrong[2, 1] += 0.5
    verdict, evidence = shown(truth, wrong)

    field = np.asarray(evidence.map)
    assert field.shape == truth.shape
    assert np.unravel_index(field.argmax(), field.shape) == (2, 1)
    assert field.max() == pytest.approx(verdict.ratio, rel=1e-2)
    assert np.sum(field > 1) == 1


def test_a_large_map_keeps_its_single_worst_element(shown):
    values = np.random.default_rng(1).normal(size=(3, 50, 100))
    wrong = values.copy()
    wrong[1, 7, 93] += 1.0
    verdict, evidence = shown(values, wrong)

    field = np.asarray(evidence.map)
    assert field.shape == (32, 32)
    assert field.max() == pytest.approx(verdict.ratio, rel=1e-2)
    assert np.sum(field > 1) == 1
    assert np.unravel_index(field.argmax(), field.shape) == (12, 30)


def test_the_histogram_counts_every_element_of_every_backend_once(truth, shown):
    wrong = truth.copy()
    wrong[2, 1] *= 1 + 2.0**-16
    _, evidence = shown(truth, wrong)

    assert {label: sum(n) for label, n in evidence.histogram.items()} == dict.fromkeys(
        ("torch", "jax", "tensorflow"), truth.size
    )
    bins = [*BINS, np.inf]
    highest = {k: bins[max(np.nonzero(n)[0])] for k, n in evidence.histogram.items()}
    assert highest["torch"] <= 0.5
    assert 128 <= highest["jax"] <= 512


def test_a_missing_number_is_endlessly_far(truth, shown):
    wrong = truth.copy()
    wrong[3, 0] = np.nan
    _, evidence = shown(truth, wrong)

    assert evidence.elements[0].index == (3, 0)
    assert evidence.elements[0].received["jax"] == "nan"
    assert evidence.map[3][0] == np.inf
    assert evidence.histogram["jax"][-1] == 1


def test_whole_numbers_have_elements_and_no_histogram(shown):
    _, evidence = shown(np.arange(6), np.array([0, 1, 2, 9, 4, 5]))

    (element,) = evidence.elements
    assert (element.expected, element.received["jax"]) == ("3", "9")
    assert not evidence.histogram


def test_a_scalar_has_no_map(shown):
    _, evidence = shown(np.float64(0.3), np.float64(0.4))

    assert evidence.elements[0].index == ()
    assert evidence.map == ()


def test_a_training_run_has_its_error_by_step_and_its_loss(observed, judged):
    right = {f"step {s}/logs/loss": np.float64(1 / s) for s in (1, 2, 3)}
    right |= {f"step {s}/weights/kernel": np.full((2, 2), s / 3) for s in (1, 2, 3)}
    wrong = right | {"step 3/logs/loss": np.float64(0.5)}
    found = {"torch": observed(right), "tensorflow": observed(right)}
    found["jax"] = observed(right, outputs=observed(wrong).outputs)
    evidence = show_evidence(judged(**found), found)

    assert evidence is not None
    error, loss = evidence.curves
    assert (error.name, loss.name) == ("error in budgets", "loss")
    assert (
        error.lines["jax"][2] > 1 > max(*error.lines["jax"][:2], *error.lines["torch"])
    )
    assert loss.steps == (1, 2, 3)
    assert loss.lines["jax"] == (1.0, 0.5, 0.5)
    assert loss.lines["torch"] == (1.0, 0.5, pytest.approx(1 / 3))


def test_shapes_that_differ_have_no_element_to_show(truth, observed, judged):
    found = {"torch": observed(truth), "jax": observed(truth[:3])}

    assert show_evidence(judged(**found), found) is None


def test_a_comparison_has_evidence_for_what_differs_alone(
    truth, observed, built, recorded
):
    fault = observed(truth, outputs={"output": (truth + 1).astype("float32")})
    fine = observed(truth, check="training")
    folders = [
        recorded("torch", [built(), observed(truth), fine]),
        recorded("tensorflow", [built(), observed(truth), fine]),
        recorded("jax", [built(), fault, fine]),
    ]
    records = load_records(folders)
    judgement = with_evidence(compare(records), records)

    told = {v.check: v.evidence for v in judgement.verdicts}
    assert told["training"] is None
    assert told["forward"] is not None
    assert told["forward"].backend == "jax"
    assert told["forward"].elements
