"""`errors` on one backend: bad inputs are refused, and told by the class of the error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from multibackend.errors import CaseError
from multibackend.inputs import Working, normal, working
from multibackend.layers import SimpleDense
from multibackend.losses import SquareLoss
from multibackend.parity.cases.case import Arguments, Case, arguments, bad_inputs
from multibackend.parity.cases.declared import dense, losses
from multibackend.parity.checks import errors
from multibackend.parity.run.once import build

#: What each framework says of two matrices that do not fit.
MISFIT = {
    "torch": "RuntimeError",
    "jax": "TypeError",
    "tensorflow": "tensorflow.InvalidArgumentError",
}


def told(make: Callable[[], Any], bad: Any) -> tuple[dict[str, str], dict[str, str]]:
    """What is observed of each bad input, and what is expected of it."""
    case = Case("m:a", make, "m.py", 1, bad=bad)
    with working(Working("float32", 0, case.name)):
        subject = build(case)
        subject.bad = bad_inputs(case)
        assert errors.applies(subject)
        found = errors.observe(subject)
    observed, expected = (
        {name: str(text) for name, text in side.items()}
        for side in (found.observed, found.expected)
    )
    return observed, expected


@pytest.mark.parametrize("case", [dense.simple_dense, losses.square_loss])
def test_the_bad_inputs_of_the_package_are_refused_by_its_own_error(case: Case) -> None:
    observed, expected = told(case.function, case.bad)

    assert len(observed) >= 3
    assert set(observed.values()) == {"ValueError"}
    assert expected == {}


def test_a_case_without_bad_inputs_is_not_asked() -> None:
    with working(Working("float32", 0, "m:a")):
        subject = build(Case("m:a", lambda: (SimpleDense(2), normal(3, 4)), "m.py", 1))

    assert not errors.applies(subject)


def test_what_is_accepted_had_to_be_an_error() -> None:
    observed, expected = told(
        lambda: (keras.layers.Dense(2), normal(3, 4)),
        {"fine": normal(5, 4), "also fine": lambda: keras.layers.Dense(1)},
    )

    assert observed["fine"] == "no error: output of shape (5, 2)"
    assert observed["also fine"] == "no error: Dense"
    assert expected == {"fine": "an error", "also fine": "an error"}


def test_each_backend_is_told_by_the_class_that_its_user_sees() -> None:
    """Nobody can catch these with one `except`: that is a difference, by design."""
    observed, _ = told(
        lambda: (keras.ops.matmul, normal(3, 4), normal(4, 2)),
        {"misfit": (normal(3, 4), normal(5, 2))},
    )

    assert observed == {"misfit": MISFIT[keras.config.backend()]}


def test_text_is_of_one_width_whatever_it_says() -> None:
    """Its length would be part of its dtype, and so a difference of its own."""
    with working(Working("float32", 0, "m:a")):
        subject = build(Case("m:a", lambda: (SimpleDense(2), normal(3, 4)), "m.py", 1))
        subject.bad = {"a": Arguments((normal(3, 5),), {}), "b": lambda: 1}
        found = errors.observe(subject)

    assert len({text.dtype for text in found.observed.values()}) == 1


def test_an_error_of_ones_own_is_told_with_its_package() -> None:
    def refuse() -> None:
        message = "no"
        raise np.linalg.LinAlgError(message)

    observed, _ = told(lambda: (SimpleDense(2), normal(3, 4)), {"own": refuse})

    assert observed == {"own": "numpy.LinAlgError"}


def test_bad_inputs_come_in_every_form() -> None:
    observed, _ = told(
        lambda: (SquareLoss(), (normal(3, 2), normal(3, 2))),
        lambda: {
            "tuple": (normal(3, 2), normal(3, 1)),
            "by name": arguments(y_true=normal(3, 2), y_pred=normal(3, 1)),
            "one array": normal(3, 2),
            "text": ("targets", "predictions"),
        },
    )

    assert observed["tuple"] == observed["by name"] == "ValueError"
    assert observed["one array"] == "TypeError"
    assert not observed["text"].startswith("no error")


def test_a_metric_is_updated_with_bad_batches() -> None:
    observed, expected = told(
        lambda: (keras.metrics.MeanMetricWrapper(SquareLoss()), [(normal(3, 2),) * 2]),
        {"misfit": (normal(3, 2), normal(3, 1)), "fine": (normal(3, 2), normal(3, 2))},
    )

    assert observed["misfit"] == "ValueError"
    assert observed["fine"].startswith("no error")
    assert list(expected) == ["fine"]


def test_an_optimizer_is_refused_where_it_is_made() -> None:
    def make() -> Any:
        return keras.optimizers.SGD(0.1)

    observed, _ = told(make, {"momentum": lambda: keras.optimizers.SGD(momentum=2.0)})

    assert observed == {"momentum": "ValueError"}
    with pytest.raises(CaseError, match="an optimizer is not called"):
        _ = told(make, {"momentum": 2.0})


def test_a_case_that_computes_by_itself_is_asked_by_functions() -> None:
    def make() -> Any:
        return keras.ops.eye(2)

    observed, expected = told(
        make, {"size": lambda: keras.ops.eye("two"), "fine": lambda: keras.ops.eye(3)}
    )

    assert "arrays" in errors.KINDS
    assert observed["size"].endswith("Error")
    assert list(expected) == ["fine"]
    with pytest.raises(CaseError, match="an array is not called"):
        _ = told(make, {"size": 2.0})


def test_a_bad_input_leaves_nothing_behind_for_the_next() -> None:
    class Once(keras.layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.calls = self.add_weight(
                shape=(), initializer="zeros", trainable=False, name="calls"
            )

        def call(self, inputs: Any) -> Any:
            if float(self.calls.value) > 0.5:
                message = "called before"
                raise ValueError(message)
            self.calls.assign(1.0)
            return inputs

    case = Case("m:a", lambda: (Once(), normal(2, 3)), "m.py", 1)
    with working(Working("float32", 0, "m:a")):
        subject = build(case)
        # Building called it once; its start is before that.
        subject.starts = ()
        subject.kept = [(subject.target.calls, np.zeros((), "float32"))]
        subject.bad = dict.fromkeys(("one", "two"), Arguments((normal(2, 3),), {}))
        found = errors.observe(subject)

    assert {str(text) for text in found.observed.values()} == {
        "no error: output of shape (2, 3)"
    }
