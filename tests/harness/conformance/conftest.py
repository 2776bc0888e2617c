"""Small scoreboards."""

from __future__ import annotations

import pytest

from multibackend.conformance.board import Asked, Board, Reason, Sampled, Symbol

SYMBOLS = (
    Symbol("keras.ops.abs", "function", ("keras.ops.absolute",)),
    Symbol("keras.ops.add", "function"),
    Symbol("keras.ops.bare", "function"),
)


def sampled(name, words, *, check="forward", causes=(), date="2026-11-29", detail=""):
    """A sample `keras.ops.add[x]` that was asked one check."""
    asked = Asked(check, words, causes=tuple(causes), detail=detail, seconds={"a": 1.0})
    symbol = name.partition("[")[0]
    return Sampled(name, "ops.small", f"{symbol}(n(2))", date, (symbol,), (asked,))


def board(*samples, keras="3.15.1", symbols=SYMBOLS, backends=("torch", "jax")):
    """A scoreboard of these samples."""
    return Board(
        keras=keras,
        date="2026-11-29",
        backends=backends,
        environments={name: {"backend": name, "keras": keras} for name in backends},
        symbols=symbols,
        samples=tuple(samples),
        causes=(Reason("a-cause", "It is so.", ("jax",), "assert 1 == 2"),),
    )


@pytest.fixture
def make_board():
    return board


@pytest.fixture
def make_sample():
    return sampled
