"""`keras.optimizers`: what every optimizer takes, and what some do."""

from typing import Any

from multibackend.conformance.draws import n, v
from multibackend.conformance.samples.optimizers_steps import RATES, program, steps
from multibackend.conformance.table import Table

T = Table("optimizers.options", "keras.optimizers", jit=False)

# Enough steps for every period below; ten of them are taken in `optimizers.steps`.
_GIVEN = n(3, 4), n(4), n(5, 3, 4), n(5, 4)
# JAX compiles a step that may not be one, and each anew: one variable and one period;
# the schedule is asked for a period and a half.
_FEW = n(3, 4), n(2, 3, 4)
_MORE = n(3, 4), n(3, 3, 4)
_VALUE = ["forward"]

_OPTIONS: dict[str, dict[str, Any]] = {
    "weight decay": {"weight_decay": 0.02},
    "norm clipped": {"clipnorm": 0.5},
    "value clipped": {"clipvalue": 0.5},
    "norm of all clipped": {"global_clipnorm": 0.5},
    "average": {"use_ema": True, "ema_momentum": 0.9},
    "average overwritten": {
        "use_ema": True,
        "ema_momentum": 0.9,
        "ema_overwrite_frequency": 3,
    },
    "accumulated": {"gradient_accumulation_steps": 2},
    "scaled": {"loss_scale_factor": 4.0},
}
# What Keras does before or after any optimizer's own step, and which of them are asked.
_EVERY = {"weight decay", "accumulated"}
_SOME = {"SGD", "Adam", "Adafactor", "Muon"}
for _name, _rate in RATES.items():
    for _label, _option in _OPTIONS.items():
        if _name not in _SOME and _label not in _EVERY:
            continue
        T(
            _name,
            _label,
            *(_FEW if _label == "accumulated" else _GIVEN),
            run=program(_name, learning_rate=_rate, **_option),
            checks=_VALUE,
        )

_OWN: dict[str, dict[str, dict[str, Any]]] = {
    "SGD": {
        "momentum": {"momentum": 0.9},
        "nesterov": {"momentum": 0.9, "nesterov": True},
        "momentum and decay": {"momentum": 0.9, "weight_decay": 0.1},
        "nesterov accumulated": {
            "momentum": 0.9,
            "nesterov": True,
            "gradient_accumulation_steps": 2,
        },
    },
    "RMSprop": {
        "momentum": {"momentum": 0.9},
        "centered": {"centered": True},
        "centered momentum": {"centered": True, "momentum": 0.5, "rho": 0.8},
    },
    "Adam": {
        "amsgrad": {"amsgrad": True},
        "betas": {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
        "beta 0": {"beta_1": 0.0},
    },
    "AdamW": {"amsgrad": {"amsgrad": True}, "no decay": {"weight_decay": 0.0}},
    "Adadelta": {"rho": {"rho": 0.5, "epsilon": 1e-3}},
    "Adafactor": {
        "own steps": {"relative_step": False},
        "clipped": {"clip_threshold": 0.1, "beta_2_decay": -0.5},
    },
    "Adagrad": {"start": {"initial_accumulator_value": 1.0, "epsilon": 1e-3}},
    "Ftrl": {
        "strengths": {
            "l1_regularization_strength": 0.05,
            "l2_regularization_strength": 0.1,
            "l2_shrinkage_regularization_strength": 0.1,
            "beta": 0.2,
        },
        "power": {"learning_rate_power": -0.25},
    },
    "Lamb": {"betas": {"beta_1": 0.5, "beta_2": 0.9}},
    "Lion": {"betas": {"beta_1": 0.5, "beta_2": 0.9}},
    "Nadam": {"betas": {"beta_1": 0.5, "beta_2": 0.9}},
    "Adamax": {"betas": {"beta_1": 0.5, "beta_2": 0.9}},
    "Muon": {
        "no nesterov": {"nesterov": False, "momentum": 0.8},
        "more steps": {"ns_steps": 7, "adam_lr_ratio": 0.1},
        "no decay": {"weight_decay": None, "adam_weight_decay": None},
        "rate by shape": {"rms_rate": None},
    },
    "ScheduleFreeAdamW": {
        "warmup": {"warmup_steps": 4},
        "betas": {"beta_1": 0.5, "beta_2": 0.9},
    },
}
for _name, _variants in _OWN.items():
    for _label, _option in _variants.items():
        T(
            _name,
            f"own {_label}",
            *(_FEW if "accumulated" in _label else _GIVEN),
            run=program(_name, learning_rate=RATES[_name], **_option),
            checks=_VALUE,
        )


def _scheduled(keras: Any, *given: Any, name: str, many: int | None = None) -> Any:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)
    optimizer = getattr(keras.optimizers, name)(
        learning_rate=schedule, gradient_accumulation_steps=many
    )
    return steps(optimizer, keras, *given)


for _name in RATES:
    T(_name, "schedule", *_GIVEN, name=_name, run=_scheduled, checks=_VALUE)
T(
    "SGD",
    "schedule accumulated",
    *_MORE,
    name="SGD",
    many=2,
    run=_scheduled,
    checks=_VALUE,
)


def _called(keras: Any, *given: Any) -> Any:
    rates = [0.1, 0.2]
    optimizer = keras.optimizers.SGD(learning_rate=lambda: rates[-1])
    return steps(optimizer, keras, *given)


T("SGD", "rate by a function", *_GIVEN, run=_called, checks=_VALUE)


def _changed(keras: Any, x: Any, g: Any) -> Any:
    """The rate is set between two steps, a variable is left out of the decay."""
    optimizer = keras.optimizers.AdamW(learning_rate=0.1, weight_decay=0.5)
    # Sums are numbers of their own: on torch a variable keeps the tensor it is given.
    variables = [keras.Variable(x + 0.0, name=name) for name in ("kernel", "bias")]
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer.apply([g, g], variables)
    optimizer.learning_rate = 0.5
    optimizer.apply([g, g], variables)
    rate = keras.ops.convert_to_numpy(optimizer.learning_rate)
    return [keras.ops.convert_to_numpy(each) for each in variables], rate


T("AdamW", "changed rate, decay left out", n(3), n(3), run=_changed, checks=_VALUE)


def _without_decay(keras: Any, x: Any, g: Any) -> Any:
    """No variable at all decays."""
    optimizer = keras.optimizers.AdamW(learning_rate=0.1, weight_decay=0.5)
    variable = keras.Variable(x, name="kernel")
    optimizer.exclude_from_weight_decay(var_names=["kernel"])
    optimizer.apply([g], [variable])
    return keras.ops.convert_to_numpy(variable)


T("AdamW", "all decay left out", n(3), n(3), run=_without_decay, checks=_VALUE)


def _stateless(keras: Any, x: Any, g: Any) -> Any:
    optimizer = keras.optimizers.Adam(learning_rate=0.1)
    variable = keras.Variable(x)
    optimizer.build([variable])
    slots = [each.value for each in optimizer.variables]
    moved, slots = optimizer.stateless_apply(slots, [g], [variable.value])
    moved, slots = optimizer.stateless_apply(slots, [g], moved)
    return {"moved": moved, "slots": slots[1:], "kept": variable.numpy()}


T("Adam", "stateless", n(3), n(3), run=_stateless, checks=_VALUE)


def _missing(keras: Any, x: Any, g: Any) -> Any:
    """A variable without a gradient stays where it is."""
    optimizer = keras.optimizers.Adam(learning_rate=0.1)
    variables = [keras.Variable(x), keras.Variable(x)]
    optimizer.apply([g, None], variables)
    return [keras.ops.convert_to_numpy(each) for each in variables]


T("Adam", "a gradient is missing", n(3), n(3), run=_missing, checks=_VALUE)


def _finished(keras: Any, x: Any, g: Any) -> Any:
    """The averages take the place of the variables at the end."""
    optimizer = keras.optimizers.SGD(learning_rate=0.1, use_ema=True, ema_momentum=0.5)
    variables = [keras.Variable(x)]
    for _ in range(3):
        optimizer.apply([g], variables)
    optimizer.finalize_variable_values(variables)
    return keras.ops.convert_to_numpy(variables[0])


T("SGD", "average at the end", n(3), n(3), run=_finished, checks=_VALUE)


def _constrained(keras: Any, x: Any, g: Any) -> Any:
    layer = keras.layers.Dense(3, kernel_constraint="non_neg", use_bias=False)
    layer.build((None, 2))
    layer.kernel.assign(x)
    optimizer = keras.optimizers.SGD(learning_rate=1.0)
    optimizer.apply([g], [layer.kernel])
    return keras.ops.convert_to_numpy(layer.kernel)


T("SGD", "constraint", n(2, 3), n(2, 3), run=_constrained, checks=_VALUE)
for _dtype in ("float16", "bfloat16"):

    def _half(keras: Any, x: Any, g: Any, *, dtype: str) -> Any:
        optimizer = keras.optimizers.SGD(learning_rate=0.5, momentum=0.5)
        variable = keras.Variable(x, dtype=dtype)
        for _ in range(3):
            optimizer.apply([keras.ops.cast(g, dtype)], [variable])
        return variable.value, optimizer.momentums[0].value

    T(
        "SGD",
        f"{_dtype} variable",
        v([1.0, -2.0, 4.0]),
        v([0.5, 1.0, -0.25]),
        dtype=_dtype,
        run=_half,
        checks=_VALUE,
    )
