"""What the recipes share: what a program calls things, and lines that many have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from multibackend.parity.reproduce.draft import Plan

__all__ = [
    "Recipe",
    "Words",
    "call_of",
    "function_of",
    "inner",
    "run_of",
    "substituted",
]


@dataclass(frozen=True)
class Words:
    """What the program calls things.

    Attributes:
        object: The object, `layer`.
        given: The arguments of a call, `x, mask=x1`.
        floats: The float tensors among them, `["x"]`.
        tensors: All tensors among them, `["x", "x1"]`.
        batches: Of a metric the arguments of each batch.
        labels: The targets of a compiled model.
        bad: The arguments that must be refused.
    """

    object: str
    given: str
    floats: Sequence[str]
    tensors: Sequence[str]
    batches: Sequence[str] = ()
    labels: str = ""
    bad: str = ""

    @property
    def call(self) -> str:
        """The call of the object."""
        return f"{self.object}({self.given})"


@dataclass(frozen=True)
class Recipe:
    """The computation of a check.

    Attributes:
        lines: The body of the function that computes it.
        related: Whether it returns a pair: what comes out, and what must.
        helpers: Functions that it calls.
    """

    lines: Sequence[str]
    related: bool = False
    helpers: Sequence[str] = ()


def call_of(words: Words, *, training: bool) -> str:
    """The call of the object that says whether it trains."""
    extra = [words.given] if words.given else []
    return f"{words.object}({', '.join([*extra, f'training={training}'])})"


def function_of(words: Words, tensors: Sequence[str]) -> list[str]:
    """A function of its tensors alone."""
    return [
        f"{words.object} = make()",
        "",
        f"def call({', '.join(tensors)}):",
        f"    return {words.call}",
        "",
    ]


def run_of(plan: Plan, words: Words) -> list[str]:
    """The lines that return what the object gives."""
    if plan.kind == "schedule":
        steps = "[0, 1, 2, 5, 10, 100, 1000]"
        call = f'{words.object}(keras.ops.convert_to_tensor(step, "int32"))'
        return [f"return [{call} for step in {steps}]"]
    if plan.kind == "optimizer":
        return [f"return updates({words.object})"]
    if plan.kind == "metric":
        lines = ["results = []"]
        for batch in words.batches:
            lines += [
                f"{words.object}.update_state({batch})",
                f"results.append(keras.tree.map_structure(plain, {words.object}.result()))",
            ]
        return [*lines, "return results"]
    return [f"return {words.call}"]


def inner(name: str, parameter: str, lines: Sequence[str]) -> list[str]:
    """A function inside the one that computes."""
    return ["", f"def {name}({parameter}):", *(f"    {line}" for line in lines), ""]


def substituted(given: str, names: Sequence[str], form: str) -> str:
    """Arguments with a form such as `moved({0})` in place of each of these names."""
    for name in names:
        given = re.sub(rf"(?<![\w.]){name}(?![\w=])", form.format(name), given)
    return given
