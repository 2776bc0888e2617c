"""A call that draws random numbers, compiled by jax.jit with its seeds as arguments."""
# pyright: reportMissingImports=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import keras


def compiled(function: Callable[[], Any], seeds: list[Any]) -> Callable[[], Any]:
    """The same call, which reads and moves on the seeds as the plain one does."""

    def run(values: list[Any]) -> tuple[Any, list[Any]]:
        state = list(zip(seeds, values, strict=True))
        with keras.StatelessScope(state_mapping=state) as scope:
            outputs = function()
        return outputs, [scope.get_current_value(seed) for seed in seeds]

    step = jax.jit(run)

    def call() -> Any:
        outputs, moved = step([seed.value for seed in seeds])
        for seed, value in zip(seeds, moved, strict=True):
            seed.assign(value)
        return outputs

    return call
