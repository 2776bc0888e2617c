"""Branches on the value of a tensor: a graph for each way, cut where the ways part.

`keras.ops.cond` is Python's `if` on PyTorch (`keras/src/backend/torch/core.py`, 3.15),
and optimizers branch so on their counters and on overflow. While tracing, `bool()` of a
tensor is answered as told, and marks the graph; the function is traced once for each
combination of answers. At run time the graph stops at the mark, looks at the value and
goes on with the piece that belongs to it.
"""
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor
from torch.overrides import TorchFunctionMode

from multibackend.tracing._replay_torch import Replay
from multibackend.tracing.errors import UntraceableError

__all__ = ["Answers", "Pieces", "Way", "every_way"]

#: Answers to `bool()`, in the order in which they were asked for.
Way = tuple[bool, ...]

#: Ways are tried out in advance, so that there must not be many.
_MOST_ANSWERS, _MOST_WAYS = 6, 16

_LIBRARY = torch.library.Library("multibackend_branch", "DEF")
_LIBRARY.define("mark(Tensor value) -> Tensor")
_LIBRARY.impl("mark", torch.clone, "CompositeExplicitAutograd")
torch.library.register_fake("multibackend_branch::mark", torch.empty_like, lib=_LIBRARY)
_MARK = torch.ops.multibackend_branch.mark


class Answers(TorchFunctionMode):
    """While it is on, `bool()` of a tensor without a value is answered.

    Args:
        told: The first answers; `True` after them.

    Attributes:
        given: All answers so far.
    """

    def __init__(self, told: Way) -> None:
        super().__init__()
        self._told = told
        self.given: Way = ()

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Sees every function of PyTorch that is called from Python."""
        if func is torch.Tensor.__bool__ and _unknown(args[0]):
            return self._answer(args[0])
        return func(*args, **(kwargs or {}))

    def _answer(self, value: Any) -> bool:
        place = len(self.given)
        if place == _MOST_ANSWERS:
            message = (
                f"it branches on tensors more than {_MOST_ANSWERS} times in a call, or "
                "loops until one has some value"
            )
            raise UntraceableError(message)
        _ = _MARK(value.detach())
        answer = self._told[place] if place < len(self._told) else True
        self.given += (answer,)
        return answer


def _unknown(value: Any) -> bool:
    # A constant of the function, such as a NumPy array, keeps its value.
    return isinstance(value, FakeTensor) and value.constant is None


def every_way(run: Callable[[Way], Way]) -> list[Way]:
    """All combinations of answers that a function asks for.

    Args:
        run: Runs the function with the first answers, and returns all it was given.

    Raises:
        UntraceableError: There are too many.
    """
    found: list[Way] = []
    waiting: list[Way] = [()]
    while waiting:
        told = waiting.pop()
        way = run(told)
        found.append(way)
        # Each answer that was not told could have been the other one.
        waiting += [(*way[:i], not way[i]) for i in range(len(told), len(way))]
        if len(found) + len(waiting) > _MOST_WAYS:
            message = f"it branches on tensors in more than {_MOST_WAYS} ways"
            raise UntraceableError(message)
    return found


@dataclass(frozen=True)
class _Piece:
    """What runs between two marks.

    Attributes:
        run: Takes the inputs of the whole and the values in `takes`; returns the value
            at the mark and those in `gives`, or the outputs of the whole at the end.
        takes: Names of values from earlier pieces.
        gives: Names of values for later ones.
        ends: Whether the function ends here.
    """

    run: Replay
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    ends: bool


class Pieces:
    """Graphs of all ways, run as one function.

    Args:
        graphs: The graph of each way, with the same flat inputs.
        examples: Inputs of the shapes and dtypes to come.
        optimize: As `Replay` takes it.
    """

    def __init__(
        self, graphs: dict[Way, Any], examples: Sequence[Any], *, optimize: str
    ) -> None:
        self._pieces = _cut(graphs, examples, optimize)

    @property
    def note(self) -> str | None:
        """Why a piece is only replayed, or `None`."""
        notes = (piece.run.note for piece in self._pieces.values())
        return next(filter(None, notes), None)

    def wait(self) -> None:
        """Returns when it is settled which code runs from now on."""
        for piece in self._pieces.values():
            piece.run.wait()

    def __call__(self, inputs: Sequence[Any]) -> tuple[Way, Any]:
        """Runs piece after piece; returns the way it went, and the outputs."""
        way: Way = ()
        values: dict[str, Any] = {}
        while True:
            piece = self._pieces[way]
            outputs = piece.run([*inputs, *[values[name] for name in piece.takes]])
            if piece.ends:
                return way, outputs
            value, *given = outputs
            values |= dict(zip(piece.gives, given, strict=True))
            way += (bool(value),)


def _cut(
    graphs: dict[Way, Any], examples: Sequence[Any], optimize: str
) -> dict[Way, _Piece]:
    pieces: dict[Way, _Piece] = {}
    meta: dict[str, Any] = {}
    for way, graph in graphs.items():
        nodes = [node for node in graph.graph.nodes if node.op != "placeholder"]
        meta |= {node.name: node.meta.get("val") for node in nodes}
        marks = [i for i, node in enumerate(nodes) if node.target is _MARK.default]
        begins = [0, *[mark + 1 for mark in marks]]
        ends = [*[mark + 1 for mark in marks], len(nodes)]
        for place, (begin, end) in enumerate(zip(begins, ends, strict=True)):
            before = way[:place]
            if before in pieces:
                continue
            takes = _later(nodes[:begin], nodes[begin:end])
            gives = _given(graphs, before) if place < len(marks) else ()
            piece = _graph(graph, nodes[begin:end], takes, gives)
            shown = [*examples, *[_example(meta[name]) for name in takes]]
            pieces[before] = _Piece(
                Replay(piece, shown, optimize=optimize),
                takes,
                gives,
                ends=place == len(marks),
            )
    return pieces


def _given(graphs: dict[Way, Any], before: Way) -> tuple[str, ...]:
    """What the piece behind `before` makes that is used behind it, on any way."""
    names: dict[str, None] = {}
    for way, graph in graphs.items():
        if way[: len(before)] != before:
            continue
        nodes = [node for node in graph.graph.nodes if node.op != "placeholder"]
        marks = [i for i, node in enumerate(nodes) if node.target is _MARK.default]
        place = len(before)
        begin = marks[place - 1] + 1 if place else 0
        end = marks[place] + 1
        names |= dict.fromkeys(_later(nodes[begin:end], nodes[end:]))
    return tuple(names)


def _later(made: Sequence[Any], using: Sequence[Any]) -> tuple[str, ...]:
    names = {node.name for node in made}
    used = (each.name for node in using for each in node.all_input_nodes)
    return tuple(dict.fromkeys(name for name in used if name in names))


def _graph(
    whole: Any, nodes: Sequence[Any], takes: Sequence[str], gives: Sequence[str]
) -> Any:
    """A graph module of some nodes of `whole`, with its constants."""
    graph = torch.fx.Graph()
    known: dict[str, Any] = {
        node.name: graph.placeholder(node.name)
        for node in whole.graph.nodes
        if node.op == "placeholder"
    }
    known |= {name: graph.placeholder(name) for name in takes}
    for node in nodes:
        copied = graph.node_copy(node, lambda used: known[used.name])
        if node.op == "output":
            break
        known[node.name] = copied
    else:
        _ = graph.output([known[name] for name in (nodes[-1].name, *gives)])
    return torch.fx.GraphModule(whole, graph)


def _example(value: Any) -> Any:
    """A tensor like a fake one, for a compiler to look at."""
    if not isinstance(value, torch.Tensor):
        return value
    return torch.empty_strided(
        value.shape, value.stride(), dtype=value.dtype, device=value.device
    )
