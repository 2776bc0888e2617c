"""One Keras API, engines that one environment variable exchanges; and the proof.

Public names are loaded when they are first used: importing this package imports
neither Keras nor a framework.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from multibackend import autodiff, layers, losses, metrics, training
    from multibackend.inputs import array, integers, mask, normal, tokens, uniform
    from multibackend.parity.agree.agreement import Agreement, DisagreementError
    from multibackend.parity.agree.check import check_agreement
    from multibackend.parity.cases.case import Case, arguments, case
    from multibackend.tracing import jit
    from multibackend.weights import seed_weights

__all__ = [
    "Agreement",
    "Case",
    "DisagreementError",
    "arguments",
    "array",
    "autodiff",
    "case",
    "check_agreement",
    "integers",
    "jit",
    "layers",
    "losses",
    "mask",
    "metrics",
    "normal",
    "seed_weights",
    "tokens",
    "training",
    "uniform",
]

_HOME = {
    "Agreement": "multibackend.parity.agree.agreement",
    "Case": "multibackend.parity.cases.case",
    "arguments": "multibackend.parity.cases.case",
    "case": "multibackend.parity.cases.case",
    "DisagreementError": "multibackend.parity.agree.agreement",
    "check_agreement": "multibackend.parity.agree.check",
    "jit": "multibackend.tracing",
    "seed_weights": "multibackend.weights",
} | dict.fromkeys(
    ("array", "integers", "mask", "normal", "tokens", "uniform"), "multibackend.inputs"
)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    if name in __all__:
        return importlib.import_module(f"multibackend.{name}")
    message = f"module 'multibackend' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
