"""`Table`: a room of samples in which each is one line."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from multibackend.conformance.draws import draws_in
from multibackend.conformance.sample import Bad, Sample

__all__ = ["NUMPY", "Table", "bad"]

#: Stands for the function of the same name in NumPy.
NUMPY = object()

# So many functions are compiled as one: a compiler takes its time by the call.
_TOGETHER = 12


def bad(*args: Any, **kwargs: Any) -> Bad:
    """Arguments that must be refused."""
    return args, kwargs


@dataclass
class Table:
    """Samples of the symbols below one name.

    Attributes:
        name: What `--only` calls it, such as `ops.elementwise`.
        root: What stands before each symbol, such as `keras.ops`.
        reference: Where the samples have no reference of their own: one by symbol, or
            `NUMPY`.
        jit: Whether functions are compiled, many as one.
        objects: Whether objects are, too: those of this table have no weights.
        samples: What was declared so far.
    """

    name: str
    root: str
    reference: Any = None
    jit: bool = True
    objects: bool = False
    samples: list[Sample] = field(default_factory=list[Sample])
    _alone: set[str] = field(default_factory=set[str])

    def __call__(
        self,
        symbol: str,
        label: str,
        *args: Any,
        ref: Any = None,
        checks: Iterable[str] = (),
        skip: Mapping[str, str] | None = None,
        elsewhere: Iterable[str] = (),
        refuses: Mapping[str, Bad] | None = None,
        run: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Declares one sample of a function.

        Args:
            symbol: The function, below `root`.
            label: What is special about these arguments; with the symbol it names the
                sample.
            *args: The arguments; each `Draw` is an input.
            ref: The same function in NumPy, `NUMPY` for the one of the same name, or
                `False` for none; what the table says by default.
            checks: The only checks to ask.
            skip: Checks not to ask, each with its reason.
            elsewhere: Checks that another sample of the symbol is asked.
            refuses: Arguments that must be refused, by name.
            run: Calls the symbol in another way: takes Keras and the inputs.
            **kwargs: Further arguments, by keyword.
        """
        self._add(
            Sample(
                table=self.name,
                symbol=f"{self.root}.{symbol}",
                label=label,
                args=args,
                kwargs=kwargs,
                program=run,
                reference=self._reference(symbol, ref),
                checks=tuple(checks),
                skip=dict(skip or {}),
                # Compiled with others of the table, see `together`.
                elsewhere=(*elsewhere, *(() if "jit" in checks else ("jit",))),
                bad=dict(refuses or {}),
            )
        )

    def make(
        self,
        symbol: str,
        label: str,
        settings: Mapping[str, Any],
        *args: Any,
        ref: Any = None,
        checks: Iterable[str] = (),
        skip: Mapping[str, str] | None = None,
        elsewhere: Iterable[str] = (),
        refuses: Mapping[str, Bad] | None = None,
        **kwargs: Any,
    ) -> None:
        """Declares one sample of an object: its settings, then what it is called on.

        Args:
            symbol: The class, below `root`.
            label: What is special about it.
            settings: The arguments of the constructor.
            *args: What it is called on.
            ref: The same in NumPy, which takes the weights by keyword for a layer.
            checks: The only checks to ask.
            skip: Checks not to ask, each with its reason.
            elsewhere: Checks that another sample of the symbol is asked.
            refuses: Arguments that must be refused: with positional ones it is the
                call, else the constructor.
            **kwargs: Further arguments of the call.
        """
        self._add(
            Sample(
                table=self.name,
                symbol=f"{self.root}.{symbol}",
                label=label,
                args=args,
                kwargs=kwargs,
                settings=dict(settings),
                reference=ref,
                checks=tuple(checks),
                skip=dict(skip or {}),
                elsewhere=(*elsewhere, *(("jit",) if self._compiled(checks) else ())),
                bad=dict(refuses or {}),
            )
        )

    def alone(self, *symbols: str) -> None:
        """These are compiled each by itself: a compiler refuses them, or others do."""
        self._alone |= {f"{self.root}.{symbol}" for symbol in symbols}

    def every(self) -> list[Sample]:
        """All samples, and those that compile the first one of each function."""
        if not self.jit:
            return list(self.samples)
        first: dict[str, Sample] = {}
        for sample in self.samples:
            if (sample.settings is None or self.objects) and _compiles(sample):
                _ = first.setdefault(sample.symbol, sample)
        alone = [s for s in first.values() if s.symbol in self._alone]
        rest = [s for s in first.values() if s.symbol not in self._alone]
        groups = [rest[k : k + _TOGETHER] for k in range(0, len(rest), _TOGETHER)]
        return [
            *self.samples,
            *(_alone(sample) for sample in alone),
            *(_together(self.name, k, group) for k, group in enumerate(groups, 1)),
        ]

    def _compiled(self, checks: Iterable[str]) -> bool:
        """Whether an object is compiled with others of the table, see `together`."""
        return self.objects and "jit" not in checks

    def _reference(self, symbol: str, ref: Any) -> Callable[..., Any] | None:
        chosen = self.reference if ref is None else ref
        if isinstance(chosen, Mapping):
            chosen = chosen.get(symbol)
        if chosen is NUMPY:
            return getattr(np, symbol.rpartition(".")[2], None)
        return chosen or None

    def _add(self, sample: Sample) -> None:
        here = inspect.currentframe()
        caller = here.f_back.f_back if here and here.f_back else None
        if caller is not None:
            place = caller.f_code.co_filename, caller.f_lineno
            sample = replace(sample, file=place[0], line=place[1])
        self.samples.append(sample)


def _compiles(sample: Sample) -> bool:
    asked = "jit" in sample.checks or "jit" in sample.skip
    return not asked and bool(draws_in((sample.args, sample.kwargs)))


def _alone(sample: Sample) -> Sample:
    return replace(
        sample,
        label="compiled",
        checks=("jit",),
        elsewhere=(),
        bad={},
        reference=None,
    )


def _together(table: str, number: int, group: list[Sample]) -> Sample:
    return Sample(
        table=table,
        symbol=f"{table} {number}",
        label="compiled",
        checks=("jit",),
        parts=tuple(group),
        file=group[0].file,
        line=group[0].line,
    )
