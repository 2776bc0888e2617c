"""From a sample to a case: what the child process builds and calls."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from multibackend.conformance.draws import Draw, drawn, draws_in
from multibackend.conformance.sample import Make, Sample
from multibackend.conformance.tables import MODULE
from multibackend.errors import NotBuiltError
from multibackend.parity.cases.case import Case, arguments, declare

__all__ = ["declare_all", "resolve"]

_NARROW = ("float16", "float32")


def declare_all(samples: Iterable[Sample]) -> None:
    """Declares every sample as a case of the module `multibackend.conformance.suite`."""
    for sample in samples:
        declare(MODULE, _case(sample))


def resolve(symbol: str) -> Any:
    """What a dotted name such as `keras.ops.add` is."""
    head, *rest = symbol.split(".")
    found: Any = importlib.import_module(head)
    for name in rest:
        found = getattr(found, name)
    return found


def _known(symbol: str) -> bool:
    """Whether the installed Keras has it."""
    try:
        _ = resolve(symbol)
    except AttributeError:
        return False
    return True


def _case(sample: Sample) -> Case:
    return Case(
        name=f"{MODULE}:{sample.name}",
        function=lambda: _built(sample),
        file=sample.file,
        line=sample.line,
        reference=_reference(sample),
        checks=sample.checks,
        skip=sample.skip,
        elsewhere=sample.elsewhere,
        bad=lambda: _bad(sample),
    )


def _built(sample: Sample) -> Any:
    """An object and its inputs, a function and its arrays, or what came out.

    Raises:
        NotBuiltError: An older Keras lacks what the sample is of.
    """
    asked = sample.parts or (sample,)
    known = [part for part in asked if _known(part.symbol)]
    if not known:
        lacking = ", ".join(sample.symbols)
        message = f"Keras {resolve('keras').__version__} has no {lacking}"
        raise NotBuiltError(message)
    if sample.parts:
        return _together(known)
    if sample.settings is not None:
        made = _made(Make(sample.symbol, drawn(sample.settings, sample.name)))
        args, kwargs = drawn((sample.args, sample.kwargs), sample.name)
        return (made, arguments(*args, **kwargs)) if kwargs else (made, *args)
    call = _call(sample)
    draws = draws_in((sample.args, sample.kwargs))
    arrays = [drawn(draw, f"{sample.name} {k}") for k, draw in enumerate(draws)]
    template = _made((sample.args, sample.kwargs))
    if not arrays:
        return call(*template[0], **template[1])

    numbered = _numbered(template, count())

    def function(*given: Any) -> Any:
        args, kwargs = _placed(numbered, given)
        return call(*args, **kwargs)

    return function, *arrays


def _together(parts: Iterable[Sample]) -> Any:
    """One function of the inputs of all parts, which returns the outputs by symbol."""
    functions: list[tuple[str, Any, int, int]] = []
    arrays: list[Any] = []
    for part in parts:
        function, *inputs = _built(part)
        start = len(arrays)
        arrays += inputs
        functions.append((part.symbol, function, start, len(arrays)))

    # As plain as can be: compilers follow every line of it.
    def together(*given: Any) -> Any:
        return {
            symbol: function(*given[start:end])
            for symbol, function, start, end in functions
        }

    return together, *arrays


def _call(sample: Sample) -> Callable[..., Any]:
    """The symbol itself, or the program that calls it."""
    if sample.program is None:
        return resolve(sample.symbol)
    keras, program = resolve("keras"), sample.program
    return lambda *args, **kwargs: program(keras, *args, **kwargs)


def _reference(sample: Sample) -> Callable[..., Any] | None:
    """The NumPy function on the same arrays in the same places."""
    reference = sample.reference
    if reference is None:
        return None
    if sample.settings is not None:
        return _quiet(reference)

    numbered = _numbered((sample.args, sample.kwargs), count())

    def asked(given: Iterable[Any]) -> Any:
        args, kwargs = _placed(numbered, tuple(given))
        return _quiet(reference)(*args, **kwargs)

    def expected(*given: Any) -> Any:
        found = asked(given)
        # NumPy computes the square root of a uint8 in float16: no reference.
        narrow = any(np.asarray(one).dtype in _NARROW for one in _leaves(found))
        return asked(map(_wide, given)) if narrow else found

    return expected


def _quiet(reference: Callable[..., Any]) -> Callable[..., Any]:
    """The same function without NumPy's warnings: the mean of nothing, and the like."""

    def called(*args: Any, **kwargs: Any) -> Any:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return reference(*args, **kwargs)

    return called


def _wide(array: Any) -> Any:
    return array.astype(np.float64) if array.dtype.kind in "iub" else array


def _bad(sample: Sample) -> dict[str, Callable[[], Any]]:
    """Calls without arguments that must be refused."""
    return {name: _refused(sample, name) for name in sample.bad}


def _refused(sample: Sample, name: str) -> Callable[[], Any]:
    def call() -> Any:
        args, kwargs = drawn(sample.bad[name], f"{sample.name} {name}")
        if sample.settings is not None and not args:
            return resolve(sample.symbol)(**_made(kwargs))
        called = _call(sample) if sample.settings is None else _used(sample)
        return called(*_tensors(_made(args)), **_tensors(_made(kwargs)))

    return call


def _used(sample: Sample) -> Any:
    """The object of the sample; a layer was built on the inputs of the sample."""
    made = _made(Make(sample.symbol, drawn(sample.settings, sample.name)))
    if isinstance(made, resolve("keras.layers.Layer")):
        args, kwargs = drawn((sample.args, sample.kwargs), sample.name)
        _ = made(*_tensors(args), **_tensors(kwargs))
    return made


def _tensors(nested: Any) -> Any:
    if isinstance(nested, np.ndarray):
        numbers = nested.dtype.kind in "fiub"
        return resolve("keras.ops.convert_to_tensor")(nested) if numbers else nested
    return _mapped(nested, _tensors)


def _leaves(nested: Any) -> Iterator[Any]:
    if isinstance(nested, Mapping):
        nested = tuple(nested.values())
    if isinstance(nested, list | tuple):
        for each in nested:
            yield from _leaves(each)
    else:
        yield nested


@dataclass(frozen=True)
class _Place:
    """Which of the inputs stands here."""

    number: int


def _numbered(nested: Any, numbers: Iterator[int]) -> Any:
    """The nested arguments with the number of its array in the place of each draw."""
    if isinstance(nested, Draw):
        return _Place(next(numbers))
    return _mapped(nested, lambda each: _numbered(each, numbers))


def _placed(nested: Any, given: tuple[Any, ...]) -> Any:
    """The nested arguments with their arrays; compilers follow every line of it."""
    if isinstance(nested, _Place):
        return given[nested.number]
    if isinstance(nested, dict):
        return {key: _placed(each, given) for key, each in nested.items()}
    if isinstance(nested, list):
        return [_placed(each, given) for each in nested]
    if isinstance(nested, tuple):
        return tuple([_placed(each, given) for each in nested])
    return nested


def _made(nested: Any) -> Any:
    """The nested arguments with each object made."""
    if isinstance(nested, Make):
        return resolve(nested.symbol)(**_made(nested.settings))
    return _mapped(nested, _made)


def _mapped(nested: Any, function: Callable[[Any], Any]) -> Any:
    if isinstance(nested, Mapping):
        return {key: function(each) for key, each in nested.items()}
    if isinstance(nested, list | tuple):
        each = [function(one) for one in nested]
        return each if isinstance(nested, list) else tuple(each)
    return nested
