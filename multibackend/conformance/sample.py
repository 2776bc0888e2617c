"""`Sample`: one symbol of Keras with one set of arguments, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from multibackend.conformance.draws import text_of

__all__ = ["Bad", "Make", "Sample"]

#: Arguments that must be refused: positional ones and keywords.
Bad = tuple[tuple[Any, ...], Mapping[str, Any]]


@dataclass(frozen=True)
class Make:
    """An object among the arguments: `Make("keras.layers.LSTM", {"units": 4})`."""

    symbol: str
    settings: Mapping[str, Any]

    def __repr__(self) -> str:
        """As a person would write it."""
        return f"{self.symbol}({text_of((), self.settings)})"


@dataclass(frozen=True)
class Sample:
    """One symbol with one set of arguments.

    Attributes:
        table: The table that holds it, such as `ops.elementwise`.
        symbol: The symbol, such as `keras.ops.add`.
        label: What is special about these arguments.
        args: The inputs of the function, or of the object that the symbol makes.
        kwargs: The same by keyword.
        settings: The arguments that make the object, or `None` for a function.
        program: Calls the symbol in another way: takes Keras and the inputs.
        reference: The same in NumPy.
        checks: The only checks to ask; all that apply if empty.
        skip: The checks not to ask, each with its reason.
        elsewhere: The checks that another sample of the symbol is asked.
        bad: Arguments that must be refused, by name.
        parts: Samples that are compiled as one, in the place of a symbol.
        file: Where it is declared.
        line: In which line.
    """

    table: str
    symbol: str
    label: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    settings: Mapping[str, Any] | None = None
    program: Callable[..., Any] | None = None
    reference: Callable[..., Any] | None = None
    checks: tuple[str, ...] = ()
    skip: Mapping[str, str] = field(default_factory=dict[str, str])
    elsewhere: tuple[str, ...] = ()
    bad: Mapping[str, Bad] = field(default_factory=dict[str, Bad])
    parts: tuple[Sample, ...] = ()
    file: str = ""
    line: int = 0

    @property
    def name(self) -> str:
        """`keras.ops.add[broadcast]`."""
        return f"{self.symbol}[{self.label}]"

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols that it asks."""
        return tuple(part.symbol for part in self.parts) or (self.symbol,)

    @property
    def text(self) -> str:
        """The call as a person would write it."""
        called = self.symbol
        if self.settings is not None:
            called = f"{called}({text_of((), self.settings)})"
        return f"{called}({text_of(self.args, self.kwargs)})"
