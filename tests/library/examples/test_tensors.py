"""Tensors, variables and mathematics of the notes."""

import keras
import numpy as np
import pytest

from multibackend.examples import mathematics, tensors, variables
from multibackend.inputs import normal, uniform


@pytest.fixture(scope="module")
def numbers():
    return tensors.main()


def test_ones_and_zeros_have_shape_and_working_dtype(numbers, close):
    close(numbers["ones"], np.ones((2, 1)), roundings=0)
    close(numbers["zeros"], np.zeros((2, 1)), roundings=0)


def test_random_tensors_have_their_shape_and_distribution(numbers):
    assert numbers["normal_shape"] == numbers["uniform_shape"] == [3, 1]
    assert numbers["normal_fits"] is True
    assert numbers["uniform_fits"] is True


@pytest.mark.parametrize(("mean", "deviation"), [(0.1, 1.0), (0.0, 1.1)])
def test_a_wrong_distribution_does_not_fit(mean, deviation):
    sample = np.random.default_rng(0).normal(size=10_000)
    assert tensors.fits(sample, mean=0, deviation=1, kurtosis=3)
    assert not tensors.fits(sample, mean=mean, deviation=deviation, kurtosis=3)


def test_both_ways_to_change_an_element_give_the_same(numbers, close):
    close(numbers["changed_array"], [[0, 1], [1, 1]], roundings=0)
    close(numbers["changed_tensor"], [[0, 1], [1, 1]], roundings=0)


def test_the_neutral_way_leaves_the_old_tensor_as_it_was(close):
    old = keras.ops.ones((2, 2))
    tensors.with_first_zero(old)
    close(old, np.ones((2, 2)), roundings=0)


def test_only_pytorch_allows_item_assignment():
    assert tensors.item_assignment_works() == (keras.config.backend() == "torch")


def test_a_variable_changes_as_a_whole_in_one_element_and_by_steps(close):
    steps = variables.main()
    assert list(steps) == [
        "created",
        "assign",
        "assign_element",
        "assign_add",
        "assign_sub",
    ]
    close(steps["created"], normal(3, 1, seed=5), roundings=0)
    close(steps["assign"], [[1], [1], [1]], roundings=0)
    close(steps["assign_element"], [[3], [1], [1]], roundings=0)
    close(steps["assign_add"], [[4], [2], [2]], roundings=0)
    close(steps["assign_sub"], [[3], [1], [1]], roundings=0)


def test_square_root_and_product_are_those_of_numpy(close):
    results = mathematics.main()
    left, right = normal(3, 4, seed=6).astype("float64"), uniform(4, 2, seed=7)
    close(results["square"], left**2)
    close(results["sqrt"], np.sqrt(right.astype("float64")))
    close(results["matmul"], left @ right)
    close(results["length_of_rows"], np.linalg.norm(left, axis=1))
