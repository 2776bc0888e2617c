"""Nodes as source text; each array under a name of its own."""

from __future__ import annotations

import re
from typing import Any

from multibackend.parity.reproduce.draft import Draft, Node
from multibackend.parity.reproduce.literals import array, value
from multibackend.parity.reproduce.words import Words

__all__ = ["Writing"]

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


class Writing:
    """Writes the nodes of a draft.

    Attributes:
        lines: The assignments of the tensors, in order.
        cases: The case functions that are called.
    """

    def __init__(self, draft: Draft) -> None:
        self.lines: list[str] = []
        self.cases: list[str] = []
        self._draft = draft
        self._named: dict[str, str] = {}

    def words(self) -> Words:
        """What the program calls the object and its inputs.

        Raises:
            TypeError: A value has no literal.
        """
        plan = self._draft.plan
        thing = "function" if plan.kind in ("function", "op") else plan.kind
        batches: list[str] = []
        given = ""
        if plan.kind == "metric":
            (several,) = plan.inputs[0][1]
            batches = [self._row(batch) for batch in several[1]]
        else:
            given = self._arguments(plan.inputs)
        names = list(self._named.items())
        floats = [n for key, n in names if self._draft.arrays[key].dtype.kind == "f"]
        labels = self._tensor(plan.labels) if plan.labels else ""
        bad = self._arguments(plan.bad) if plan.bad else ""
        return Words(thing, given, floats, [n for _, n in names], batches, labels, bad)

    def text(self, node: Node) -> str:
        """A node as an expression; arrays stay NumPy's.

        Raises:
            TypeError: A value has no literal, or a name is none.
        """
        match node:
            case ["value", plain]:
                return value(plain)
            case ["array", str(key)]:
                return array(self._draft.arrays[key])
            case ["name", str(name)] if _NAME.fullmatch(name):
                return name
            case ["case", str(name)] if name.isidentifier():
                self.cases.append(name)
                whole = self._draft.plan.kind == "arrays"
                lone = whole or self._draft.plan.kind in ("optimizer", "schedule")
                return f"{name}()" if lone else f"{name}()[0]"
            case ["call", [str(name), dict(items)]] if _NAME.fullmatch(name):
                given = [self._keyword(key, item) for key, item in items.items()]
                return f"{name}({', '.join(given)})"
            case ["list" | "tuple" | "dict", _]:
                return _nested(node, self.text)
            case _:
                message = f"{node!r} has no text"
                raise TypeError(message)

    def _keyword(self, key: Any, item: Node) -> str:
        if not str(key).isidentifier():
            message = f"{key!r} is no name of an argument"
            raise TypeError(message)
        return f"{key}={self.text(item)}"

    def _arguments(self, node: Node) -> str:
        args, kwargs = node
        keywords = [f"{k}={self._tensor(v)}" for k, v in kwargs[1].items()]
        given = ", ".join([self._row(args), *keywords])
        return given.removeprefix(", ").removesuffix(", ")

    def _row(self, node: Node) -> str:
        return ", ".join(self._tensor(item) for item in node[1])

    def _tensor(self, node: Node) -> str:
        """A node whose arrays are tensors, each under a name."""
        match node:
            case ["array", str(key)]:
                return self._name(key)
            case ["list" | "tuple" | "dict", _]:
                return _nested(node, self._tensor)
            case _:
                return self.text(node)

    def _name(self, key: str) -> str:
        given = self._draft.arrays[key]
        if given.dtype.kind == "U":
            return array(given)
        if key not in self._named:
            name = f"x{len(self._named) or ''}"
            self._named[key] = name
            self.lines.append(f"{name} = tensor({array(given)})")
        return self._named[key]


def _nested(node: Node, text: Any) -> str:
    kind, items = node
    if kind == "dict":
        return f"{{{', '.join(f'{k!r}: {text(v)}' for k, v in items.items())}}}"
    row = ", ".join(text(item) for item in items)
    if kind == "list":
        return f"[{row}]"
    return f"({row},)" if len(items) == 1 else f"({row})"
