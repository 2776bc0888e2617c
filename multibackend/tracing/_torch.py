"""PyTorch: the whole function, with backward pass and update, as one graph.

Variables and arguments become fake tensors, the function runs on them under `make_fx`,
and what it did is a graph of ATen operations over the state, which is written back in
place. Replaying the graph runs no Python of Keras; Inductor makes fused code of it.
"""
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

from multibackend.tracing._branches_torch import Answers, Pieces, Way, every_way
from multibackend.tracing._private import raw, values
from multibackend.tracing._random_torch import AnySeed, Seeds
from multibackend.tracing._scalars_torch import Scalars
from multibackend.tracing.errors import UntraceableError
from multibackend.tracing.lifting import Lifting
from multibackend.tracing.outputs import Outputs

__all__ = ["Program", "inlines"]

Call = Callable[[list[Any]], Any]


def inlines(arrays: Sequence[Any]) -> bool:
    """Whether somebody else traces or differentiates, so that the function just runs."""
    return torch.compiler.is_compiling() or any(map(_followed, arrays))


def _followed(array: Any) -> bool:
    if not torch.is_tensor(array):
        return False
    return (
        isinstance(array, FakeTensor)
        or (array.requires_grad and torch.is_grad_enabled())
        # Inside of `torch.vmap`; there is no public name for it (2.13).
        or torch._C._functorch.is_functorch_wrapped_tensor(array)
    )


class Program:
    """A graph, and the variables that it reads and writes."""

    def __init__(self, call: Call, arrays: Sequence[Any], *, optimize: str) -> None:
        tensors = [_tensor(array) for array in arrays]
        ways, self.variables = _read(call, tensors)
        self._devices = [tensor.device for tensor in tensors]
        state = [value.detach() for value in values(self.variables)]
        self._outputs: dict[Way, Outputs] = {way: Outputs() for way in ways}
        graphs = {way: self._traced(call, way, [*state, *tensors]) for way in ways}
        given = [*state, *tensors]
        self._replay = Pieces(graphs, given, optimize=optimize)

    @property
    def note(self) -> str | None:
        """Why the graph is only replayed, or `None`."""
        return self._replay.note

    def wait(self) -> None:
        """Returns when the optimised code is there, where one was asked for."""
        self._replay.wait()

    def __call__(self, arrays: Sequence[Any]) -> Any:
        """Runs the graph; the variables hold their new values afterwards."""
        tensors = map(_tensor, arrays, self._devices)
        with torch.no_grad():
            way, outputs = self._replay([*values(self.variables), *tensors])
        return self._outputs[way].packed(outputs)

    def _traced(self, call: Call, way: Way, inputs: list[Any]) -> Any:
        """The graph of one way."""
        pure = self._pure(call, way)
        with torch.no_grad():
            graph = make_fx(pure, tracing_mode="fake", _allow_non_fake_inputs=True)(
                *inputs
            )
        _check_constants(graph)
        return graph

    def _pure(self, call: Call, way: Way) -> Callable[..., list[Any]]:
        """The function over tensors alone: the state, then the arguments."""
        places = {id(variable): i for i, variable in enumerate(self.variables)}

        def pure(*inputs: Any) -> list[Any]:
            state, given = inputs[: len(places)], inputs[len(places) :]

            def stand_in(variable: Any) -> Any:
                if id(variable) not in places:
                    message = f"it does not always read the variable {variable.path!r}"
                    raise UntraceableError(message)
                return state[places[id(variable)]]

            scope, returned, went = _run(call, list(given), stand_in, way)
            if went != way:
                message = "it does not branch alike each time it is traced"
                raise UntraceableError(message)
            assigned = list(scope.updated.values())
            # All new values first: one may be another variable's old one.
            new = [_own(scope.get_current_value(v), inputs) for v in assigned]
            outputs = [
                _own(leaf, inputs) for leaf in self._outputs[way].taken(returned)
            ]
            for variable, value in zip(assigned, new, strict=True):
                state[places[id(variable)]].copy_(value)
            return outputs

        return pure


_INTS = ("int8", "int16", "int32", "int64")
_FLOATS = ("float16", "float32", "float64")
#: What `keras.ops.convert_to_tensor` leaves as it is.
_KEPT = frozenset(map(np.dtype, ("bool", "uint8", *_INTS, *_FLOATS)))


def _tensor(array: Any, device: Any = None) -> Any:
    """The argument as a tensor, row after row in memory, as the fused code reads it.

    Args:
        array: A tensor, an array or a number.
        device: Where it goes, if known: then Keras need not look.
    """
    if torch.is_tensor(array):
        tensor = array
    elif device is not None and type(array) is np.ndarray and array.dtype in _KEPT:
        tensor = torch.tensor(np.asarray(array, order="C"), device=device)
    else:
        tensor = keras.ops.convert_to_tensor(array)
    return tensor.contiguous()


def _read(call: Call, tensors: list[Any]) -> tuple[list[Way], list[Any]]:
    """The ways through the function, and what it reads or updates; nothing changes."""
    lifted: dict[int, Any] = {}

    def run(told: Way) -> Way:
        with FakeTensorMode(allow_non_fake_inputs=True) as mode, torch.no_grad():
            given = [mode.from_tensor(tensor.detach()) for tensor in tensors]

            def stand_in(variable: Any) -> Any:
                return mode.from_tensor(raw(variable).detach())

            scope, _, way = _run(call, given, stand_in, told)
        lifted.update(scope.lifted)
        return way

    ways = every_way(run)
    return ways, list(lifted.values())


def _run(
    call: Call, given: list[Any], stand_in: Callable[[Any], Any], told: Way
) -> tuple[Lifting, Any, Way]:
    seeds, answers = Seeds(), Answers(told)

    def watched(variable: Any) -> Any:
        value = stand_in(variable)
        if variable.name == "seed_generator_state":
            seeds.watch(value)
        return value

    with Lifting(watched) as scope, Scalars(), answers, seeds:
        returned = call(given)
    seeds.check()
    return scope, returned, answers.given


def _own(tensor: Any, inputs: Sequence[Any]) -> Any:
    """The tensor, or a copy where it shares memory that the next step writes."""
    storage = tensor.untyped_storage()
    if any(storage is each.untyped_storage() for each in inputs):
        return tensor.clone()
    return tensor.detach()


def _check_constants(graph: Any) -> None:
    """Refuses a graph in which a weight stands for good."""
    for node in graph.graph.nodes:
        if node.op == "get_attr":
            value = getattr(graph, node.target, None)
            if isinstance(value, torch.nn.Parameter):
                message = (
                    "it uses a parameter of a torch.nn.Module, which is no Keras "
                    "variable"
                )
                raise UntraceableError(message)


def dry(fn: Callable[[], Any]) -> None:
    """Runs a function on fake tensors, for what it does besides."""
    with FakeTensorMode(allow_non_fake_inputs=True), torch.no_grad(), AnySeed():
        fn()
