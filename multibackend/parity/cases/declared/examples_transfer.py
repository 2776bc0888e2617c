"""Cases: the examples that hand knowledge on, in a few steps."""

from __future__ import annotations

from typing import Any

from multibackend.parity.cases.case import case


@case
def distillation() -> Any:
    from multibackend.examples import distillation as example

    return example.main(epochs=2, samples=240)
