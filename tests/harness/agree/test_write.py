"""What another process is given, and what comes out there; no framework is needed."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multibackend import arguments, case
from multibackend.errors import CaseError, OutputError, TargetError
from multibackend.parity.agree.check import check_agreement
from multibackend.parity.agree.write import Question, label_of, write_case
from multibackend.parity.cases.select import drop, select

SHIFT = np.float32(0.5)
TWO = 2.0


def shifted(x):
    return x * TWO + SHIFT


def count_down(n):
    return n if n <= 0 else count_down(n - 1)


class Scaler:
    """Has a base, a default and a method that looks around itself."""

    def __init__(self, factor=TWO):
        self.factor = factor

    def __call__(self, x):
        return shifted(x) * self.factor


@pytest.fixture
def carried(tmp_path: Path) -> Callable[..., Any]:
    """Writes a call and returns what the written case returns when it is called."""

    def through(fn: Any, *inputs: Any) -> Any:
        file = write_case(Question(fn, inputs, "it"), tmp_path)
        drop([str(file)])
        (found,) = select([str(file)])
        return found()

    return through


def called(returned: Any) -> Any:
    function, *inputs = returned
    return function(*inputs)


X = np.arange(4, dtype=np.float32)


def test_a_function_of_a_module_is_imported(carried, tmp_path) -> None:
    np.testing.assert_array_equal(called(carried(np.tanh, X)), np.tanh(X))
    assert "from numpy import tanh" in (tmp_path / "agreement.py").read_text()


def test_a_closure_takes_along_what_it_looks_up(carried) -> None:
    weights = {"a": [np.ones(4, "float32"), 3]}
    inner = lambda x: shifted(x) + weights["a"][0] * weights["a"][1]  # noqa: E731

    def outer(x, *, plus=SHIFT):
        return inner(x) + plus

    np.testing.assert_array_equal(called(carried(outer, X)), X * 2 + 0.5 + 3 + 0.5)


def test_of_two_lambdas_in_one_line_the_right_one_is_taken(carried) -> None:
    first, second = (lambda x: x + 1), (lambda x: sum((lambda: [x, x])()))  # noqa: PLC3002

    np.testing.assert_array_equal(called(carried(first, X)), X + 1)
    np.testing.assert_array_equal(called(carried(second, X)), X * 2)


def test_a_default_is_what_it_was_when_the_function_was_made(carried) -> None:
    made = [lambda x, k=k: x * k for k in (2, 3)]

    np.testing.assert_array_equal(called(carried(made[0], X)), X * 2)
    np.testing.assert_array_equal(called(carried(made[1], X)), X * 3)


def test_a_decorated_function_keeps_what_its_decorator_does(carried) -> None:
    def doubled(function):
        @functools.wraps(function)
        def wrapper(x):
            return 2 * function(x)

        return wrapper

    @doubled
    def plus_one(x):
        return x + 1

    np.testing.assert_array_equal(called(carried(plus_one, X)), 2 * (X + 1))


def test_a_class_that_was_made_here_goes_with_its_bases(carried) -> None:
    class Base(Scaler):
        def extra(self):
            return SHIFT

    class Mine(Base):
        def __call__(self, x):
            return super().__call__(x) + self.extra()

    def made(x):
        return Mine(3.0)(x)

    np.testing.assert_array_equal(called(carried(made, X)), (X * 2 + 0.5) * 3 + 0.5)


def test_a_function_that_calls_itself_is_carried(carried) -> None:
    def down(n):
        return n if n <= 0 else down(n - 1)

    assert called(carried(down, 3)) == 0
    assert called(carried(count_down, 3)) == 0


def test_a_function_without_arguments_makes_the_object(carried) -> None:
    made, given = carried(lambda: Scaler(4.0), X)

    np.testing.assert_array_equal(made(given), (X * 2 + 0.5) * 4)
    np.testing.assert_array_equal(carried(lambda: X + 1), X + 1)


def test_a_declared_case_can_be_asked_too(carried) -> None:
    declared = case(name="own")(lambda: (shifted, X))

    assert label_of(declared) == "own"
    np.testing.assert_array_equal(called(carried(declared)), shifted(X))


def test_inputs_of_every_kind_arrive_as_they_were(carried) -> None:
    nested = {"a": (np.int32(3), [True, None, "text", 1.5]), "b": X.astype("float16")}
    _, given = carried(shifted, nested)

    assert given["a"][1] == [True, None, "text", 1.5]
    assert isinstance(given["a"], tuple)
    assert given["b"].dtype == np.float16
    _, keywords = carried(shifted, arguments(X, scale=2))
    assert keywords.kwargs == {"scale": 2}


def test_the_case_says_what_is_asked(tmp_path) -> None:
    question = Question(
        shifted,
        (X,),
        'it\'s "named"',
        checks=("forward",),
        skip={"jit": "slow"},
        training=False,
        reference=lambda x: x * TWO + 0.5,
    )
    (found,) = select([str(write_case(question, tmp_path))])

    assert found.name == 'agreement:it\'s "named"'
    assert found.checks == ("forward",)
    assert found.skip == {"jit": "slow"}
    assert not found.training
    assert found.reference is not None
    np.testing.assert_array_equal(found.reference(X), X * 2 + 0.5)


def test_a_second_file_of_the_same_name_does_not_meet_the_first(tmp_path) -> None:
    """As in a child that stays warm from one call to the next."""
    files = [
        write_case(Question(shifted, (X + n,), "it"), tmp_path / str(n)) for n in (0, 1)
    ]
    for n, file in enumerate(files):
        (found,) = select([str(file)])
        np.testing.assert_array_equal(found()[1], X + n)


def nonlocal_one():
    total = 0

    def adds(x):
        nonlocal total
        total += 1
        return x + total

    return adds


def two_meanings():
    def of(scale):
        return lambda x: x * scale

    a, b = of(2.0), of(3.0)
    return lambda x: a(x) + b(x)


@pytest.mark.parametrize(
    ("fn", "told"),
    [
        (nonlocal_one(), "found `nonlocal total`. Return what it computes"),
        (two_meanings(), "Expected 'scale' to mean one thing"),
        (Scaler().__call__, "Wrap the call"),
        (functools.partial(shifted), "received functools.partial. Make it inside"),
        (eval("lambda x: x"), "Expected the source of <lambda>"),  # noqa: S307
        (lambda x, file=sys.stdin: x, "something that another process can be given"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_a_cure(fn, told, tmp_path) -> None:
    with pytest.raises(TargetError) as raised:
        _ = write_case(Question(fn, (X,), "it"), tmp_path)

    assert told in str(raised.value)


def test_a_function_needs_its_inputs(tmp_path) -> None:
    with pytest.raises(CaseError, match=r"Call check_agreement\(it, x\)"):
        _ = write_case(Question(shifted, (), "it"), tmp_path)


def test_a_folder_of_somebody_else_is_not_written_to(tmp_path) -> None:
    (tmp_path / "thesis.tex").touch()

    with pytest.raises(OutputError, match="Name another"):
        _ = check_agreement(shifted, X, backends="numpy", keep=tmp_path)


def test_what_a_script_defines_goes_as_text_and_the_script_is_not_run_again(
    tmp_path: Path,
) -> None:
    script = tmp_path / "script.py"
    _ = script.write_text(
        "import sys, pathlib\n"
        "import numpy as np\n"
        "from multibackend.parity.agree.write import Question, write_case\n"
        "print('running')\n"
        "PLUS = 3\n"
        "class Adds:\n"
        "    def __call__(self, x):\n"
        "        return np.add(x, PLUS)\n"
        "def fn(x):\n"
        "    return Adds()(x)\n"
        "_ = write_case(Question(fn, (np.ones(2),), 'it'), pathlib.Path('out'))\n"
    )
    reader = (
        "from multibackend.parity.cases.select import select\n"
        "fn, x = select(['out/agreement.py'])[0]()\n"
        "print(fn(x).tolist())\n"
    )
    said = [
        subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for arguments in ([str(script)], ["-c", reader])
    ]

    assert said == ["running\n", "[4.0, 4.0]\n"]
