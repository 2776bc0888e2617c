"""Stubs: a file that runs once every `...` is replaced."""

import ast

import pytest

from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.stubs import stubs


def unbuilt(name, told):
    detail = f"torch, jax: could not be built: {told}"
    return Verdict(f"mine.layers:{name}", "build", "unsupported", detail=detail)


def functions(text):
    return [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]


def text_of(*verdicts):
    return stubs(Judgement(verdicts=verdicts, environments={}))


@pytest.mark.parametrize(
    ("signature", "call"),
    [
        ("Odd(gizmo)", "Odd(gizmo=...)"),
        (
            "Odd(gizmo: Union[int, str], *, b, c=(1, 2), **kwargs)",
            "Odd(gizmo=..., b=...)",
        ),
        ("Odd(*args, **kwargs)", "Odd()"),
        ("Odd(a: dict[str, tuple[int, int]] = {'x': (1, 2)}, b='a, c')", "Odd()"),
    ],
)
def test_a_stub_calls_the_object_with_what_it_needs(signature, call):
    text = text_of(unbuilt("Odd", f"{signature}: nothing tells what to give"))

    (stub,) = functions(text)
    assert stub.name == "odd"
    assert f"return {call}, normal(2, 6)" in text
    assert "from mine.layers import Odd" in text
    assert "nothing tells what to give" in text


def test_a_name_that_hides_its_object_is_changed():
    text = text_of(unbuilt("swirl", "swirl(x): TypeError: no"))

    assert [stub.name for stub in functions(text)] == ["swirl_case"]


def test_other_verdicts_have_no_stub():
    other = Verdict("mine:One", "mask", "unsupported", detail="takes no mask")
    failed = Verdict(
        "mine:Two", "build", "failed", detail="could not be built: Two(): x"
    )

    assert functions(text_of(other, failed)) == []
