"""The gradients of the notes: a square, a constant, the falling body."""

import pytest

from multibackend.examples import gradients
from multibackend.inputs import array


def test_the_numbers_are_those_of_the_notes():
    assert gradients.main() == pytest.approx(
        {
            "gradient_of_variable": 6.0,
            "gradient_of_constant": 6.0,
            "position": 19.6,
            "speed": 19.6,
            "acceleration": 9.8,
        },
        rel=1e-6,
    )


@pytest.mark.parametrize("time", [0.0, 0.5, 10.0])
def test_a_body_falls_with_9_8_metres_a_second_each_second(time, close):
    close(gradients.position(array(time)), 4.9 * time**2)
    close(gradients.speed(array(time)), 9.8 * time)
    close(gradients.acceleration(array(time)), 9.8)


def test_the_numbers_hold_in_float64(float64, close):
    assert gradients.main()["acceleration"] == pytest.approx(9.8, rel=1e-14)
    close(gradients.speed(array(3.0)), 9.8 * 3, dtype="float64")
