"""Layers that drop, add noise, and penalize; what they draw is compared as samples."""

from typing import Any

from multibackend.conformance.draws import i, n, v
from multibackend.conformance.references.plain import plain
from multibackend.conformance.table import Table, bad

T = Table("layers.regularization", "keras.layers", objects=True)


@plain
def _same(x: Any) -> Any:
    return x


_RATE = {"above one": bad(rate=1.5), "negative": bad(rate=-0.1)}
for _name in ("Dropout", "AlphaDropout", "GaussianDropout"):
    T.make(
        _name,
        "a quarter",
        {"rate": 0.25, "seed": 5},
        n(16, 10),
        ref=_same,
        refuses=_RATE,
    )
    T.make(_name, "nothing", {"rate": 0.0}, n(16, 10), checks=["training", "random"])
for _name in ("Dropout", "AlphaDropout"):
    T.make(
        _name,
        "shared by steps",
        {"rate": 0.5, "noise_shape": (None, 1, 4), "seed": 5},
        n(8, 5, 4),
        checks=["random", "spec"],
    )
T.make("Dropout", "without a seed", {"rate": 0.5}, n(16, 10), checks=["random"])
T.make("Dropout", "everything", {"rate": 1.0}, n(16, 10), checks=["training", "random"])
T.make(
    "Dropout",
    "a noise shape of no fit",
    {"rate": 0.5, "noise_shape": (16, 10)},
    n(16, 10),
    checks=["errors"],
    refuses={
        "zero": bad(rate=0.5, noise_shape=(0, 6)),
        "text": bad(rate=0.5, noise_shape="a"),
        "a list for a rate": bad(rate=[0.5]),
    },
)
T.make(
    "Dropout",
    "of a gradient",
    {"rate": 0.5, "seed": 5},
    n(16, 10),
    checks=["grad_inputs"],
)
T.make(
    "GaussianNoise",
    "tenths",
    {"stddev": 0.1, "seed": 5},
    n(16, 10),
    ref=_same,
    refuses={"negative": bad(stddev=-1.0)},
)
for _rank, _space in {"1D": (5,), "2D": (3, 4), "3D": (2, 3, 4)}.items():
    T.make(
        f"SpatialDropout{_rank}",
        "a quarter",
        {"rate": 0.25, "seed": 5},
        n(8, *_space, 4),
        ref=_same,
        refuses={"rank": bad(n(3, 4))},
    )
    if _rank != "1D":
        T.make(
            f"SpatialDropout{_rank}",
            "channels first",
            {"rate": 0.5, "seed": 5, "data_format": "channels_first"},
            n(8, 4, *_space),
            checks=["random", "spec"],
        )
T.make(
    "ActivityRegularization", "both", {"l1": 0.125, "l2": 0.25}, n(16, 10), ref=_same
)


def _added(keras: Any, x: Any) -> Any:
    layer = keras.layers.ActivityRegularization(l1=0.125, l2=0.25)
    return layer(x), keras.ops.sum(keras.ops.stack(layer.losses))


def _penalty(x: Any) -> Any:
    return x, (0.125 * abs(x).sum() + 0.25 * (x**2).sum()) / len(x)


T(
    "ActivityRegularization",
    "added loss",
    n(16, 10),
    run=_added,
    ref=_penalty,
    checks=["forward"],
    elsewhere=["jit"],
)
T.make(
    "ActivityRegularization",
    "zero",
    {"l1": 1.0},
    v([[0.0, -0.0, 1.0]]),
    checks=["forward", "grad_inputs"],
)
T.make(
    "Dropout",
    "whole numbers",
    {"rate": 0.5, "dtype": "int32"},
    i(4, 6),
    checks=["forward", "spec"],
)
