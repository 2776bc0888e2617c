"""Keras' random functions in a graph: the seed stays a tensor, the stream is eager's.

Keras reads a seed as a Python number to start a `torch.Generator` with it
(`keras/src/backend/torch/random.py`, 3.15), which would bake the first draw into a
graph. Here `int()` of a seed's state gives a token, a generator started with the token
is known again where something is drawn from it, and the draw becomes an operation that
takes the seed as a tensor and does what Keras does, each time.
"""
# pyright: reportMissingImports=false

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from multibackend.tracing.errors import UntraceableError

__all__ = ["AnySeed", "Seeds"]

_LIBRARY = torch.library.Library("multibackend", "DEF")


def _generator(seed: Any, device: Any) -> Any:
    generator = torch.Generator(device=device)
    # As Keras does: the bits of a uint32.
    return generator.manual_seed(int(seed) & 0xFFFFFFFF)


def _rand(seed: Any, size: Any, dtype: Any, device: Any) -> Any:
    return torch.rand(
        size, generator=_generator(seed, device), dtype=dtype, device=device
    )


def _normal(
    seed: Any, mean: float, std: float, size: Any, dtype: Any, device: Any
) -> Any:
    generator = _generator(seed, device)
    return torch.normal(
        mean, std, size, generator=generator, dtype=dtype, device=device
    )


def _randint(seed: Any, low: int, high: int, size: Any, dtype: Any, device: Any) -> Any:
    generator = _generator(seed, device)
    return torch.randint(
        low, high, size, generator=generator, dtype=dtype, device=device
    )


def _bernoulli(seed: Any, chances: Any) -> Any:
    return torch.bernoulli(chances, generator=_generator(seed, chances.device))


def _multinomial(seed: Any, chances: Any, count: int, replacement: bool) -> Any:  # noqa: FBT001 - as PyTorch calls it
    generator = _generator(seed, chances.device)
    return torch.multinomial(
        chances, count, replacement=replacement, generator=generator
    )


def _empty(
    seed: Any,  # noqa: ARG001 - the same arguments as the draw
    *rest: Any,
) -> Any:
    size, dtype, device = rest[-3:]
    return torch.empty(size, dtype=dtype, device=device)


def _like(seed: Any, chances: Any) -> Any:  # noqa: ARG001 - as above
    return torch.empty_like(chances)


def _counted(seed: Any, chances: Any, count: int, replacement: bool) -> Any:  # noqa: ARG001, FBT001
    shape = (*chances.shape[:-1], count)
    return torch.empty(shape, dtype=torch.int64, device=chances.device)


_PLACE = "SymInt[] size, ScalarType dtype, Device device"
_DRAWS: tuple[tuple[str, str, Callable[..., Any], Callable[..., Any]], ...] = (
    ("rand", _PLACE, _rand, _empty),
    ("normal", f"float mean, float std, {_PLACE}", _normal, _empty),
    ("randint", f"int low, int high, {_PLACE}", _randint, _empty),
    ("bernoulli", "Tensor chances", _bernoulli, _like),
    (
        "multinomial",
        "Tensor chances, int count, bool replacement",
        _multinomial,
        _counted,
    ),
)
for _name, _arguments, _draw, _shape in _DRAWS:
    _LIBRARY.define(f"{_name}(Tensor seed, {_arguments}) -> Tensor")
    _LIBRARY.impl(_name, _draw, "CompositeExplicitAutograd")
    torch.library.register_fake(f"multibackend::{_name}", _shape, lib=_LIBRARY)


class Seeds(TorchFunctionMode):
    """While it is on, draws from a generator that a seed tensor started are operations.

    Attributes:
        states: Tensors that are the state of a seed, or were computed from one.
    """

    # Far from the seeds that people choose.
    _numbers = itertools.count(3_735_928_559)

    def __init__(self) -> None:
        super().__init__()
        self.states: list[Any] = []
        self._tokens: dict[int, Any] = {}
        self._used: set[int] = set()

    def watch(self, state: Any) -> None:
        """Says that a tensor is the state of a seed generator."""
        self.states.append(state)

    def check(self) -> None:
        """Raises `UntraceableError` where a seed was read and not drawn from."""
        if set(self._tokens) - self._used:
            message = (
                "it reads a seed as a Python number, as keras.random.gamma, beta and "
                "binomial do on PyTorch"
            )
            raise UntraceableError(message)

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Sees every function of PyTorch that is called from Python."""
        kwargs = kwargs or {}
        if func is torch.Tensor.__int__ and self._watched(args[0]):
            token = next(self._numbers)
            self._tokens[token] = args[0]
            return token
        seed = self._seed(kwargs.get("generator"))
        if seed is not None:
            return self._drawn(func, seed, args, kwargs)
        result = func(*args, **kwargs)
        # What is computed from a seed is a seed, its two halves too.
        if args and self._watched(args[0]):
            parts = result if isinstance(result, tuple | list) else [result]
            self.states.extend(part for part in parts if torch.is_tensor(part))
        return result

    def _watched(self, tensor: Any) -> bool:
        return any(tensor is state for state in self.states)

    def _seed(self, generator: Any) -> Any:
        if generator is None:
            return None
        token = generator.initial_seed()
        self._used.add(token)
        return self._tokens.get(token)

    def _drawn(self, func: Any, seed: Any, args: Any, kwargs: Any) -> Any:
        draws = torch.ops.multibackend
        name = func.__name__
        given = {key: value for key, value in kwargs.items() if key != "generator"}
        if name == "bernoulli":
            return draws.bernoulli(seed, args[0])
        if name == "multinomial":
            chances, count = args
            # A draw of classes has no gradient.
            return draws.multinomial(
                seed, chances.detach(), count, given["replacement"]
            )
        place = (given["size"], given["dtype"], torch.device(given["device"]))
        if name == "rand":
            return draws.rand(seed, *place)
        if name == "normal":
            return draws.normal(seed, *map(float, args), *place)
        if name == "randint":
            return draws.randint(seed, given["low"], given["high"], *place)
        message = f"it draws random numbers by torch.{name}, which no graph has yet"
        raise UntraceableError(message)


class AnySeed(TorchFunctionMode):
    """While it is on, a seed without a value is 0: only shapes matter."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Sees every function of PyTorch that is called from Python."""
        if func is torch.Tensor.__int__:
            return 0
        return func(*args, **(kwargs or {}))
