"""Controls: every optimizer of Keras with options, and every schedule.

Most hyperparameters here are sums of powers of two. tensorflow rounds others to
float32 even where it computes in float64, which is a difference of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from multibackend.parity.selftest.controls.declare import Table, declare, keras

# Optimizers by class: the options of each variant.
OPTIMIZERS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "SGD": (
        {"momentum": 0.75, "nesterov": True},
        {"clipnorm": 0.5},
        {"clipvalue": 0.25},
        {"global_clipnorm": 0.5},
        {"weight_decay": 0.125},
        {"use_ema": True, "ema_momentum": 0.5, "ema_overwrite_frequency": 2},
        {"gradient_accumulation_steps": 2},
    ),
    "RMSprop": ({"rho": 0.75, "momentum": 0.5}, {"rho": 0.75, "centered": True}),
    "Adam": (
        {"beta_1": 0.75, "beta_2": 0.875},
        {"beta_1": 0.75, "beta_2": 0.875, "amsgrad": True},
    ),
    "AdamW": ({"beta_1": 0.75, "beta_2": 0.875, "weight_decay": 0.125},),
    "Adamax": ({"beta_1": 0.75, "beta_2": 0.875},),
    "Nadam": ({"beta_1": 0.75, "beta_2": 0.875},),
    "Adadelta": ({"rho": 0.75},),
    "Adagrad": ({"initial_accumulator_value": 0.125},),
    "Adafactor": ({"relative_step": False, "weight_decay": 0.125}, {}),
    "Ftrl": (
        {"initial_accumulator_value": 0.125},
        {
            "initial_accumulator_value": 0.125,
            "l1_regularization_strength": 0.0625,
            "beta": 0.5,
        },
    ),
    "Lamb": ({"beta_1": 0.75, "beta_2": 0.875},),
    "Lion": ({"beta_1": 0.75, "beta_2": 0.875},),
    "Muon": ({},),
    "ScheduleFreeAdamW": ({"beta_1": 0.75, "beta_2": 0.875},),
}


def _optimizer(name: str, options: dict[str, Any]) -> Callable[[], Any]:
    return lambda: getattr(keras.optimizers, name)(0.0625, **options)


def _named(name: str, options: dict[str, Any]) -> str:
    return "_".join([name, *(key for key in options if not key.startswith("beta_"))])


def _scheduled() -> Any:
    schedule = keras.optimizers.schedules.PolynomialDecay(0.5, 4, 0.125)
    return keras.optimizers.SGD(schedule, momentum=0.5)


CONTROLS: Table = {
    "sgd_on_a_schedule": _scheduled,
    "scaled_loss": lambda: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.0625), initial_scale=8.0, dynamic_growth_steps=2
    ),
    "cosine_decay": lambda: keras.optimizers.schedules.CosineDecay(0.5, 16),
    "cosine_decay_after_warmup": lambda: keras.optimizers.schedules.CosineDecay(
        0.125, 16, alpha=0.25, warmup_target=0.5, warmup_steps=4
    ),
    "cosine_decay_restarts": lambda: keras.optimizers.schedules.CosineDecayRestarts(
        0.5, 8
    ),
    "exponential_decay": lambda: keras.optimizers.schedules.ExponentialDecay(
        0.5, 16, 0.75
    ),
    "exponential_staircase": lambda: keras.optimizers.schedules.ExponentialDecay(
        0.5, 16, 0.75, staircase=True
    ),
    "inverse_time_decay": lambda: keras.optimizers.schedules.InverseTimeDecay(
        0.5, 16, 0.25
    ),
    "piecewise_constant": lambda: keras.optimizers.schedules.PiecewiseConstantDecay(
        [3, 50], [0.5, 0.25, 0.125]
    ),
    "polynomial_decay": lambda: keras.optimizers.schedules.PolynomialDecay(
        0.5, 64, 0.125, power=2.0
    ),
    "polynomial_decay_in_cycles": lambda: keras.optimizers.schedules.PolynomialDecay(
        0.5, 8, 0.125, cycle=True
    ),
}

declare(CONTROLS)
declare(
    {
        _named(name, options): _optimizer(name, options)
        for name, variants in OPTIMIZERS.items()
        for options in variants
    }
)
