"""`keras.optimizers.schedules`: the rate at the start, in the first steps and far out."""

import math
from collections.abc import Callable
from typing import Any

from multibackend.conformance.draws import v
from multibackend.conformance.table import Table, bad

T = Table("optimizers.schedules", "keras.optimizers.schedules", jit=False)

# Where the check `forward` reads a schedule.
_STEPS = (0, 1, 2, 5, 10, 100, 1000)


def _at(rate: Callable[[int], float]) -> Callable[..., Any]:
    return lambda: [rate(step) for step in _STEPS]


def _cosine(step: int, steps: int = 20, alpha: float = 0.0) -> float:
    done = min(step, steps) / steps
    return (1.0 - alpha) * 0.5 * (1.0 + math.cos(math.pi * done)) + alpha


def _polynomial(step: int) -> float:
    return 0.4 * (1.0 - min(step, 8) / 8) ** 2 + 0.1


_SAMPLES: dict[str, dict[str, tuple[dict[str, Any], Callable[[int], float] | None]]] = {
    "ExponentialDecay": {
        "smooth": (
            {"decay_steps": 4, "decay_rate": 0.5},
            lambda s: 0.5 * 0.5 ** (s / 4),
        ),
        "staircase": (
            {"decay_steps": 4, "decay_rate": 0.5, "staircase": True},
            lambda s: 0.5 * 0.5 ** (s // 4),
        ),
        "growing": (
            {"decay_steps": 50, "decay_rate": 1.5},
            lambda s: 0.5 * 1.5 ** (s / 50),
        ),
    },
    "InverseTimeDecay": {
        "smooth": (
            {"decay_steps": 4, "decay_rate": 0.5},
            lambda s: 0.5 / (1 + 0.5 * s / 4),
        ),
        "staircase": (
            {"decay_steps": 4, "decay_rate": 0.5, "staircase": True},
            lambda s: 0.5 / (1 + 0.5 * (s // 4)),
        ),
    },
    "PolynomialDecay": {
        "square": (
            {"decay_steps": 8, "end_learning_rate": 0.1, "power": 2.0},
            _polynomial,
        ),
        "linear": ({"decay_steps": 8}, None),
        "cycle": ({"decay_steps": 8, "cycle": True}, None),
        "root": ({"decay_steps": 8, "power": 0.5}, None),
    },
    "CosineDecay": {
        "plain": ({"decay_steps": 20}, lambda s: 0.5 * _cosine(s)),
        "floor": (
            {"decay_steps": 20, "alpha": 0.1},
            lambda s: 0.5 * _cosine(s, alpha=0.1),
        ),
        "warmup": ({"decay_steps": 20, "warmup_target": 0.9, "warmup_steps": 3}, None),
        "warmup alone": (
            {"decay_steps": 20, "warmup_target": 0.9, "warmup_steps": 0},
            None,
        ),
    },
    "CosineDecayRestarts": {
        "plain": ({"first_decay_steps": 4}, None),
        "even": ({"first_decay_steps": 4, "t_mul": 1.0, "m_mul": 0.5}, None),
        "longer": (
            {"first_decay_steps": 3, "t_mul": 1.5, "m_mul": 0.9, "alpha": 0.1},
            None,
        ),
    },
}
for _name, _variants in _SAMPLES.items():
    for _label, (_given, _rate) in _variants.items():
        _set = {"initial_learning_rate": 0.5, **_given}
        # On JAX a condition is compiled by the call: seven times, of each copy too.
        _first = _label == next(iter(_variants))
        T.make(
            _name,
            _label,
            _set,
            ref=_at(_rate) if _rate else None,
            elsewhere=() if _first else ("config",),
        )
    T.make(
        _name,
        "whole rate",
        {"initial_learning_rate": 1, **next(iter(_variants.values()))[0]},
        checks=["forward"],
    )

_PIECES = {"boundaries": [2, 10], "values": [0.5, 0.25, 0.1]}
T.make(
    "PiecewiseConstantDecay",
    "pieces",
    _PIECES,
    ref=_at(lambda s: 0.5 if s <= 2 else 0.25 if s <= 10 else 0.1),
)
T.make(
    "PiecewiseConstantDecay",
    "float boundaries",
    {"boundaries": [1.5, 4.5], "values": [0.5, 0.25, 0.1]},
    checks=["forward"],
)
T.make(
    "PiecewiseConstantDecay",
    "whole values",
    {"boundaries": [2], "values": [2, 1]},
    checks=["forward"],
)
T.make(
    "PiecewiseConstantDecay",
    "refused",
    _PIECES,
    checks=["errors"],
    refuses={
        "lengths": bad(boundaries=[1, 2], values=[0.1]),
        "nothing": bad(),
        "no values": bad(boundaries=None, values=[1.0]),
    },
)
for _name in ("ExponentialDecay", "PolynomialDecay", "CosineDecay", "InverseTimeDecay"):
    _key: dict[str, Any] = {"initial_learning_rate": 0.5, "decay_steps": 4}
    _key |= (
        {"decay_rate": 0.5}
        if "rate" in str(_SAMPLES[_name])
        and _name in ("ExponentialDecay", "InverseTimeDecay")
        else {}
    )
    T.make(
        _name,
        "refused",
        _key,
        checks=["errors"],
        refuses={
            "no steps": bad(**(_key | {"decay_steps": 0})),
            "negative steps": bad(**(_key | {"decay_steps": -1})),
            "argument": bad(**(_key | {"speed": 1})),
        },
    )
    for _dtype in ("int64", "float32"):
        T(
            _name,
            f"step as {_dtype}",
            v([0, 3, 7], _dtype),
            name=_name,
            settings=_key,
            run=lambda keras, x, name, settings: [
                getattr(keras.optimizers.schedules, name)(**settings)(x[k])
                for k in range(3)
            ],
            checks=["forward"],
        )


def _own(keras: Any, step: Any) -> Any:
    class Own(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step: Any) -> Any:
            return 1.0 / (1.0 + keras.ops.cast(step, "float32"))

        def get_config(self) -> dict[str, Any]:
            return {}

    optimizer = keras.optimizers.SGD(Own())
    variable = keras.Variable([1.0, 2.0])
    for _ in range(3):
        optimizer.apply([step * 0 + 1.0], [variable])
    return Own()(step), variable.value, optimizer.learning_rate


T("LearningRateSchedule", "own", v([3.0, 5.0]), run=_own, checks=["forward"])
