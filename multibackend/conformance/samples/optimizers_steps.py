"""`keras.optimizers`: ten steps on the same gradients, with every slot."""

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.conformance.draws import n, v
from multibackend.conformance.sample import Make
from multibackend.conformance.table import Table, bad

T = Table("optimizers.steps", "keras.optimizers", jit=False)

#: Every optimizer that needs no other one, with a rate at which much happens.
RATES: dict[str, float] = {
    "Adadelta": 1.0,
    "Adafactor": 0.05,
    "Adagrad": 0.1,
    "Adam": 0.1,
    "AdamW": 0.1,
    "Adamax": 0.1,
    "Ftrl": 0.1,
    "Lamb": 0.1,
    "Lion": 0.05,
    "Muon": 0.05,
    "Nadam": 0.1,
    "RMSprop": 0.05,
    "SGD": 0.1,
    "ScheduleFreeAdamW": 0.1,
}


def steps(optimizer: Any, keras: Any, *given: Any) -> Any:
    """The variables and slots after each of the given steps.

    Args:
        optimizer: What moves the variables.
        keras: Keras.
        *given: For each variable its start and its gradients, step by step.
    """
    starts, gradients = given[: len(given) // 2], given[len(given) // 2 :]
    variables = [
        keras.Variable(start, name=f"variable_{place}")
        for place, start in enumerate(starts)
    ]
    optimizer.build(variables)
    found: dict[str, Any] = {}
    for step in range(gradients[0].shape[0]):
        optimizer.apply([each[step] for each in gradients], variables)
        slots = [s for s in optimizer.variables if not s.path.endswith("/iteration")]
        found[f"step {step + 1}"] = {
            "variables": [np.array(_numpy(keras, each)) for each in variables],
            "slots": [np.array(_numpy(keras, each)) for each in slots],
        }
    found["iterations"] = int(_numpy(keras, optimizer.iterations))
    found["slots"] = len(optimizer.variables)
    return found


def _numpy(keras: Any, value: Any) -> Any:
    return keras.ops.convert_to_numpy(value)


def program(name: str, **settings: Any) -> Callable[..., Any]:
    """A program that makes this optimizer and takes its steps."""

    def run(keras: Any, *given: Any) -> Any:
        return steps(getattr(keras.optimizers, name)(**settings), keras, *given)

    return run


def _formula(name: str, **settings: Any) -> Callable[..., Any]:
    """The same program, which tells of the variables alone: slots have their own ways."""
    full = program(name, **settings)

    def run(keras: Any, *given: Any) -> Any:
        found = full(keras, *given)
        return {
            key: one["variables"]
            for key, one in found.items()
            if isinstance(one, dict) and "variables" in one
        }

    return run


def _sgd(*given: Any) -> Any:
    return _expected(given, lambda x, g, _: x - 0.1 * g)


def _adagrad(*given: Any) -> Any:
    def move(x: Any, g: Any, slot: dict[str, Any]) -> Any:
        slot["a"] = slot.get("a", 0.1) + g * g
        return x - 0.1 * g / np.sqrt(slot["a"] + 1e-7)

    return _expected(given, move)


def _adam(*given: Any) -> Any:
    def move(x: Any, g: Any, slot: dict[str, Any]) -> Any:
        step = slot["step"] = slot.get("step", 0) + 1
        slot["m"] = 0.9 * slot.get("m", 0.0) + 0.1 * g
        slot["v"] = 0.999 * slot.get("v", 0.0) + 0.001 * g * g
        rate = 0.1 * np.sqrt(1.0 - 0.999**step) / (1.0 - 0.9**step)
        return x - rate * slot["m"] / (np.sqrt(slot["v"]) + 1e-7)

    return _expected(given, move)


def _rmsprop(*given: Any) -> Any:
    def move(x: Any, g: Any, slot: dict[str, Any]) -> Any:
        slot["v"] = 0.9 * slot.get("v", 0.0) + 0.1 * g * g
        return x - 0.05 * g / np.sqrt(slot["v"] + 1e-7)

    return _expected(given, move)


def _lion(*given: Any) -> Any:
    def move(x: Any, g: Any, slot: dict[str, Any]) -> Any:
        m = slot.get("m", 0.0)
        slot["m"] = 0.99 * m + 0.01 * g
        return x - 0.05 * np.sign(0.9 * m + 0.1 * g)

    return _expected(given, move)


def _expected(given: tuple[Any, ...], move: Callable[..., Any]) -> Any:
    """The variables alone after each step: the slots have names of their own."""
    starts, gradients = given[: len(given) // 2], given[len(given) // 2 :]
    slots: list[dict[str, Any]] = [{} for _ in starts]
    current = list(starts)
    found: dict[str, Any] = {}
    for step in range(len(gradients[0])):
        current = [
            move(x, g[step], slot)
            for x, g, slot in zip(current, gradients, slots, strict=True)
        ]
        found[f"step {step + 1}"] = list(current)
    return found


_REFERENCES = {
    "SGD": _sgd,
    "Adagrad": _adagrad,
    "Adam": _adam,
    "RMSprop": _rmsprop,
    "Lion": _lion,
}
_GIVEN = n(3, 4), n(4), n(), n(10, 3, 4), n(10, 4), n(10)
_VALUE = ["forward"]

for _name, _rate in RATES.items():
    _set = {"learning_rate": _rate}
    T.make(
        _name,
        "four steps",
        _set,
        refuses={
            "rate": bad(learning_rate="fast"),
            "argument": bad(speed=1),
            "clip": bad(clipnorm=1.0, clipvalue=1.0),
            "clip twice": bad(clipnorm=1.0, global_clipnorm=1.0),
            "average": bad(use_ema=True, ema_momentum=1.5),
            "accumulation": bad(gradient_accumulation_steps=1),
        },
    )
    T(
        _name,
        "ten steps",
        *_GIVEN,
        run=program(_name, **_set),
        checks=_VALUE,
    )
    if _name in _REFERENCES:
        T(
            _name,
            "formula",
            *_GIVEN,
            run=_formula(_name, **_set),
            ref=_REFERENCES[_name],
            checks=_VALUE,
        )
    T(_name, "defaults", *_GIVEN, run=program(_name), checks=_VALUE)
    T(
        _name,
        "zero gradients",
        v([1.0, 0.0, -2.0]),
        v([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
        run=program(_name, **_set),
        checks=_VALUE,
    )
    T(
        _name,
        "large and small gradients",
        v([1.0, 1.0, 1.0, 1.0]),
        v([[1e18, 1e-18, -1e12, 1e-6]] * 3),
        run=program(_name, **_set),
        checks=_VALUE,
    )
    T(
        _name,
        "special gradients",
        v([1.0, 1.0, 1.0]),
        v([[float("nan"), float("inf"), 1.0]] * 2),
        run=program(_name, **_set),
        checks=_VALUE,
    )
    T(
        _name,
        "image kernel",
        n(2, 2, 3, 4),
        n(3, 2, 2, 3, 4),
        run=program(_name, **_set),
        checks=_VALUE,
    )


def _embedding(name: str, rate: float) -> Callable[..., Any]:
    """Only some rows are looked up: TensorFlow hands such gradients on as slices."""

    def run(keras: Any, table: Any, rows: Any, target: Any) -> Any:
        model = keras.Sequential(
            [keras.layers.Input((2,)), keras.layers.Embedding(5, 3)]
        )
        model.layers[0].set_weights([_numpy(keras, table)])
        optimizer = getattr(keras.optimizers, name)(learning_rate=rate)
        model.compile(optimizer, "mse", run_eagerly=True)
        for _ in range(3):
            model.train_on_batch(_numpy(keras, rows), _numpy(keras, target))
        slots = [s for s in optimizer.variables if not s.path.endswith("/iteration")]
        return [np.array(_numpy(keras, s)) for s in (*model.weights, *slots)]

    return run


for _name in (
    "SGD",
    "Adam",
    "Adagrad",
    "RMSprop",
    "Adafactor",
    "Lion",
    "Ftrl",
    "Nadam",
):
    T(
        _name,
        "rows of a table",
        n(5, 3),
        v([[0, 2], [2, 2]], "int32"),
        n(2, 2, 3),
        run=_embedding(_name, RATES[_name]),
        checks=_VALUE,
    )

T.make(
    "LossScaleOptimizer",
    "four steps",
    {"inner_optimizer": Make("keras.optimizers.SGD", {"learning_rate": 0.1})},
    refuses={
        "nothing": bad(),
    },
)


def _scaled(keras: Any, *given: Any) -> Any:
    inner = keras.optimizers.Adam(learning_rate=0.1)
    optimizer = keras.optimizers.LossScaleOptimizer(
        inner, initial_scale=8.0, dynamic_growth_steps=2
    )
    return steps(optimizer, keras, *given)


T("LossScaleOptimizer", "ten steps", *_GIVEN, run=_scaled, checks=_VALUE)
T(
    "LossScaleOptimizer",
    "not finite",
    v([1.0, 2.0]),
    v([[8.0, 8.0], [float("nan"), 8.0], [8.0, float("inf")], [8.0, 8.0], [8.0, 8.0]]),
    run=_scaled,
    checks=_VALUE,
)


def _mapped(keras: Any, *given: Any) -> Any:
    chosen = keras.optimizers.OptimizerMap(
        keras.optimizers.SGD(learning_rate=0.1),
        {".*variable_1": keras.optimizers.Adam(learning_rate=0.1)},
    )
    return steps(keras.optimizers.MultiOptimizer(chosen), keras, *given)


T("MultiOptimizer", "ten steps", *_GIVEN, run=_mapped, checks=_VALUE)


def _chosen(keras: Any, *given: Any) -> Any:
    small = keras.optimizers.SGD(learning_rate=0.1, momentum=0.9)
    large = keras.optimizers.RMSprop(learning_rate=0.1)

    def choose(variable: Any) -> Any:
        return small if len(variable.shape) < 2 else large

    return steps(keras.optimizers.MultiOptimizer(choose), keras, *given)


T("MultiOptimizer", "by a function", *_GIVEN, run=_chosen, checks=_VALUE)


def _map(keras: Any, *, default: str = "SGD", key: str = "kernel") -> Any:
    made = getattr(keras.optimizers, default)()
    chosen = keras.optimizers.OptimizerMap(made, {"dense/.*": keras.optimizers.Adam()})
    chosen[key] = keras.optimizers.RMSprop()
    paths = ["kernel", "dense/kernel", "dense", "other"]
    return {path: chosen[path].name for path in paths} | {"length": len(chosen)}


T("OptimizerMap", "paths", run=_map, checks=["forward"])
T(
    "OptimizerMap",
    "refused",
    n(1),
    run=lambda keras, x=None, **more: x if x is not None else _map(keras, **more),
    checks=["errors"],
    refuses={
        "twice": bad(key="dense/.*"),
        "key": bad(key=1),
        "default": bad(default="lower"),
    },
)


def _own(keras: Any, *given: Any) -> Any:
    class Signs(keras.optimizers.Optimizer):
        def build(self, variables: Any) -> None:
            super().build(variables)
            self.seen = self.add_optimizer_variables(variables, "seen")

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            seen = self.seen[self._get_variable_index(variable)]
            self.assign_add(seen, keras.ops.abs(gradient))
            rate = keras.ops.cast(learning_rate, variable.dtype)
            self.assign_sub(variable, rate * keras.ops.sign(gradient))

    return steps(Signs(learning_rate=0.1), keras, *given)


T("Optimizer", "own", *_GIVEN, run=_own, checks=_VALUE)
