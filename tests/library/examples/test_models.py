"""The layer of one's own, one model written three ways, and who computes."""

import sys

import keras
import numpy as np
import pytest

from multibackend.examples import simple_dense, three_models, who_computes


@pytest.fixture(scope="module")
def numbers():
    return simple_dense.main()


def test_the_layer_builds_at_its_first_call_and_sizes_are_inferred(numbers):
    assert numbers["weights_before"] == 0
    assert numbers["weights_after"] == 2
    assert numbers["kernel_shapes"] == [[784, 32], [32, 64], [64, 10]]
    assert numbers["outputs"].shape == (2, 32)
    assert numbers["outputs"].min() == 0  # relu
    assert numbers["outputs"].max() > 0
    assert numbers["outputs_of_model"].shape == (2, 10)


def test_the_copy_from_the_configuration_computes_the_same(numbers):
    assert np.array_equal(numbers["outputs"], numbers["outputs_of_copy"])


def test_three_ways_to_write_a_model_give_the_same_numbers(close):
    numbers = three_models.main()
    first = numbers["sequential"]
    assert first.shape == (5, 3)
    assert np.ptp(first) > 0.1
    for name in ("functional", "subclass"):
        close(numbers[name], first, roundings=2)
    assert {
        numbers[f"{n}_parameters"] for n in ("sequential", "functional", "subclass")
    } == {4 * 8 + 8 + 8 * 3 + 3}


def test_the_product_is_the_same_whoever_computes(close):
    close(who_computes.main()["product"], [[7, 10], [15, 22]])


def test_the_witness_names_the_backend_and_the_framework_that_is_loaded():
    words = who_computes.witness()
    assert words["backend"] == keras.config.backend()
    framework, version = words["framework"].split()
    assert version == sys.modules[framework].__version__
    assert words["keras"] == keras.__version__
    assert words["tensor"].split(".")[0].startswith((framework, "jaxlib"))
