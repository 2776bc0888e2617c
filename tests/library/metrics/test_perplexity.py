"""`Perplexity`: values by hand, impossible tokens, extreme logits, errors."""

import numpy as np
import pytest

from multibackend.inputs import integers, normal
from multibackend.metrics import Perplexity


def value(true, pred, **kwargs):
    metric = Perplexity(**kwargs)
    metric.update_state(np.asarray(true), np.asarray(pred, "float32"))
    return float(metric.result())


def test_equal_chances_among_n_have_perplexity_n():
    true = integers(3, 5, high=8, seed=1)
    assert value(true, np.full((3, 5, 8), 1 / 8)) == pytest.approx(8, rel=1e-6)
    logits = np.zeros((3, 5, 8))
    assert value(true, logits, from_logits=True) == pytest.approx(8, rel=1e-6)


def test_a_certain_token_has_perplexity_one_and_an_impossible_one_infinity():
    assert value([0], [[1.0, 0.0]]) == 1
    assert value([1], [[1.0, 0.0]]) == np.inf
    assert value([1, 0], [[1.0, 0.0]] * 2, ignore_class=1) == 1


def test_a_shift_of_all_logits_changes_nothing():
    true, logits = integers(6, high=4, seed=1), normal(6, 4, seed=2)
    expected = value(true, logits, from_logits=True)
    assert value(true, logits + 64, from_logits=True) == pytest.approx(
        expected, rel=1e-5
    )


@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e4), ("float16", 1e3)])
def test_extreme_logits_are_certainties(dtype, size):
    metric = Perplexity(from_logits=True)
    logits = np.array([[size, -size], [-size, size]], dtype)
    metric.update_state([0, 1], logits)
    assert float(metric.result()) == 1


def test_an_ignored_token_may_be_outside_of_the_classes():
    chances = [[0.25, 0.75], [0.5, 0.5]]
    assert value([0, -100], chances, ignore_class=-100) == pytest.approx(4)
    with pytest.raises(ValueError, match="from 0 to 1, received -100"):
        _ = value([0, -100], chances)


def test_padding_may_be_infinitely_surprising_or_no_number():
    metric = Perplexity()
    chances = np.array([[0.25, 0.75], [1.0, 0.0], [np.nan, np.nan]], "float32")
    metric.update_state([0, 1, 0], chances, sample_weight=[1.0, 0.0, 0.0])
    assert float(metric.result()) == pytest.approx(4)


def test_one_number_a_token_is_refused():
    with pytest.raises(ValueError, match="two classes or more"):
        _ = value([0, 1], [0.5, 0.5])


@pytest.mark.parametrize("ignored", [0.5, "0", True])
def test_an_ignored_class_that_is_no_integer_is_refused(ignored):
    with pytest.raises(ValueError, match="`ignore_class` to be an integer or None"):
        _ = Perplexity(ignore_class=ignored)
