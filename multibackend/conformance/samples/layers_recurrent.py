"""Recurrent layers and cells, and what wraps them."""

from typing import Any

from multibackend.conformance.draws import n, v
from multibackend.conformance.references.recurrent import gru, lstm, scanned, simple
from multibackend.conformance.sample import Make
from multibackend.conformance.table import Table, bad

T = Table("layers.recurrent", "keras.layers")

_X = n(2, 5, 3)
_LEFT = v([[False, False, True, True, True], [False, True, True, False, True]], "bool")
_NONE = v([[False] * 5, [True] * 5], "bool")
_HALF = [False, False, True, True, False]
_FEW = ("forward", "grad_inputs")
#: Asked of the layers that hold a cell, or that it holds.
_OWN = ("hvp", "batch", "determinism", "save")
_STEPS = {"SimpleRNN": (simple, 1), "LSTM": (lstm, 2), "GRU": (gru, 1)}


def _layer(name: Any, **settings: Any) -> Any:
    return Make(f"keras.layers.{name}", settings)


def _states(count: Any, *shape: Any) -> Any:
    return [n(2, *(shape or (4,))) for _ in range(count)]


for _name, (_step, _count) in _STEPS.items():
    _whole = {"units": 4, "return_sequences": True, "return_state": True}
    _every = scanned(_step, _count, sequences=True, states=True)
    T.make(
        _name,
        "last",
        {"units": 4},
        _X,
        ref=scanned(_step, _count),
        refuses={"no units": bad(units=0), "rank": bad(n(2, 3))},
    )
    T.make(_name, "all of it", _whole, _X, ref=_every, checks=[*_FEW, "spec"])
    T.make(_name, "masked from the left", _whole, _X, mask=_LEFT, checks=_FEW)
    T.make(_name, "stateful", {"units": 4, "stateful": True}, _X, checks=["state"])
    T.make(
        f"{_name}Cell",
        "step",
        {"units": 4},
        n(2, 3),
        _states(_count),
        refuses={"no units": bad(units=0)},
        elsewhere=_OWN,
    )

# What repeats a step is the same code for every layer.
_whole = {"units": 4, "return_sequences": True, "return_state": True}
_ROWS: tuple[tuple[str, Any, dict[str, Any], Any], ...] = (
    ("backwards", {**_whole, "go_backwards": True}, {}, _FEW),
    ("all masked", _whole, {"mask": _NONE}, _FEW),
    ("masked, backwards", {**_whole, "go_backwards": True}, {"mask": _LEFT}, _FEW),
    (
        "zero for masked",
        {"units": 4, "return_sequences": True, "zero_output_for_mask": True},
        {"mask": _LEFT},
        ("forward",),
    ),
    ("unrolled, masked", {**_whole, "unroll": True}, {"mask": _LEFT}, _FEW),
    (
        "unrolled, masked, backwards",
        {**_whole, "unroll": True, "go_backwards": True},
        {"mask": _LEFT},
        ("forward",),
    ),
    ("from a state", _whole, {"initial_state": _states(2)}, _FEW),
)
for _label, _settings, _given, _checks in _ROWS:
    T.make(
        "LSTM",
        _label,
        _settings,
        _X,
        **_given,
        ref=None
        if "zero" in _label
        else scanned(
            lstm, 2, sequences=True, states=True, backwards="backwards" in _label
        ),
        checks=_checks,
    )
T.make(
    "LSTM",
    "one step",
    {"units": 4},
    n(2, 1, 3),
    ref=scanned(lstm, 2),
    checks=["forward"],
)
for _name in ("SimpleRNN", "GRU"):
    T.make(
        _name,
        "dropout",
        {"units": 8, "dropout": 0.5, "recurrent_dropout": 0.25, "seed": 3},
        n(20, 2, 3),
        checks=["random"],
    )

T.make(
    "GRU",
    "reset before",
    {"units": 4, "reset_after": False},
    _X,
    ref=scanned(gru),
    checks=_FEW,
)
T.make(
    "GRUCell",
    "reset before",
    {"units": 4, "reset_after": False},
    n(2, 3),
    _states(1),
    checks=_FEW,
)
for _name in ("LSTM", "GRU"):
    T.make(
        _name,
        "other activations",
        {"units": 4, "activation": "relu", "recurrent_activation": "hard_sigmoid"},
        _X,
        checks=_FEW,
    )
    T.make(_name, "no bias", {"units": 4, "use_bias": False}, _X, checks=["forward"])

T.make(
    "RNN",
    "of a cell",
    {"cell": _layer("LSTMCell", units=4)},
    _X,
    elsewhere=(*_OWN, "jit", "dtype"),
)
T.make(
    "RNN",
    "of cells, masked",
    {
        "cell": [_layer("LSTMCell", units=4), _layer("GRUCell", units=3)],
        "return_sequences": True,
        "return_state": True,
    },
    _X,
    mask=_LEFT,
    checks=[*_FEW, "spec"],
)
T.make(
    "StackedRNNCells",
    "step",
    {"cells": [_layer("LSTMCell", units=4), _layer("SimpleRNNCell", units=2)]},
    n(2, 3),
    [_states(2), _states(1, 2)],
    elsewhere=(*_OWN, "jit"),
)

_LSTM = _layer("LSTM", units=4, return_sequences=True)
T.make(
    "Bidirectional",
    "concat",
    {"layer": _LSTM},
    _X,
    elsewhere=("hvp", "determinism"),
)
for _mode in ("sum", "mul", "ave"):
    T.make(
        "Bidirectional",
        _mode,
        {"layer": _layer("SimpleRNN", units=4), "merge_mode": _mode},
        _X,
        checks=["forward"],
    )
T.make(
    "Bidirectional",
    "apart, masked from the left",
    {"layer": _layer("SimpleRNN", units=4, return_state=True), "merge_mode": None},
    _X,
    mask=_LEFT,
    checks=[*_FEW, "spec"],
)
T.make(
    "Bidirectional",
    "masked sequences",
    {"layer": _LSTM},
    _X,
    mask=_LEFT,
    checks=["forward", "mask"],
)
T.make(
    "Bidirectional",
    "stateful",
    {"layer": _layer("LSTM", units=4, stateful=True)},
    _X,
    checks=["state"],
)
T.make("TimeDistributed", "dense", {"layer": _layer("Dense", units=4)}, _X)
T.make(
    "TimeDistributed",
    "convolution",
    {"layer": _layer("Conv1D", filters=3, kernel_size=2)},
    n(2, 3, 5, 3),
    checks=["forward", "grad_weights", "spec"],
)
T.make(
    "TimeDistributed",
    "masked",
    {"layer": _layer("LSTM", units=4)},
    n(2, 3, 5, 3),
    # A mask of a step is handed on as it is, so that a sequence needs one of its own.
    mask=v([[[True] * 5, _HALF, _HALF], [_HALF, [True] * 5, [True] * 5]], "bool"),
    checks=["forward", "grad_inputs"],
)

_SPACE = {"1D": (5,), "2D": (4, 5), "3D": (3, 4, 3)}
for _rank, _space in _SPACE.items():
    _name, _x = f"ConvLSTM{_rank}", n(2, 3, *_space, 2)
    _same = {"filters": 3, "kernel_size": 2, "padding": "same"}
    T.make(
        _name,
        "valid",
        {"filters": 3, "kernel_size": 2},
        _x,
        refuses={"no filters": bad(filters=0, kernel_size=2)},
        elsewhere=() if _rank == "2D" else (*_OWN, "jit", "dtype", "config"),
    )
    if _rank == "2D":
        T.make(
            _name,
            "same, strided, all of it",
            {**_same, "strides": 2, "return_sequences": True, "return_state": True},
            _x,
            checks=[*_FEW, "spec"],
        )
        T.make(_name, "dilated", {**_same, "dilation_rate": 2}, _x, checks=_FEW)
        T.make(
            _name,
            "masked",
            {**_same, "return_sequences": True},
            _x,
            mask=v([[False, True, True], [True, False, True]], "bool"),
            checks=["forward", "grad_inputs"],
        )
        T.make(_name, "stateful", {**_same, "stateful": True}, _x, checks=["state"])
        T.make(
            _name,
            "channels first",
            {**_same, "data_format": "channels_first"},
            n(2, 3, 2, *_space),
            checks=["forward", "spec"],
        )
    if _rank == "3D":
        # As many columns as rows in the batch.
        T.make(
            _name,
            "masked",
            {"filters": 3, "kernel_size": 2},
            _x,
            mask=v([[False, True, True], [True, False, False]], "bool"),
            checks=["forward"],
        )
