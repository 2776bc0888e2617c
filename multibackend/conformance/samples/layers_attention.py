"""Attention: masks, causal masks, scores, windows, and heads in groups."""

from functools import partial

from multibackend.conformance.draws import b, n, v
from multibackend.conformance.references.attention import attended, heads
from multibackend.conformance.table import Table, bad

T = Table("layers.attention", "keras.layers")

_FEW = ("forward", "grad_inputs")
_Q, _V, _K = n(2, 4, 6), n(2, 5, 6), n(2, 5, 6)
_MASK = v([[True, True, False, True, False], [True, False, True, True, True]], "bool")
_NONE = v([[False] * 5, [True] * 5], "bool")
_QUERY = v([[True, True, False, True], [True, False, False, True]], "bool")

for _name, _settings, _reference in (
    ("Attention", {}, attended),
    ("AdditiveAttention", {}, partial(attended, additive=True)),
):
    T.make(
        _name,
        "query, value and key",
        _settings,
        [_Q, _V, _K],
        ref=_reference,
        refuses={"one tensor": bad(n(2, 4, 6))},
    )
    T.make(_name, "no key", _settings, [_Q, _V], ref=_reference, checks=_FEW)
    T.make(
        _name,
        "masks",
        _settings,
        [_Q, _V],
        mask=[_QUERY, _MASK],
        ref=_reference,
        checks=_FEW,
    )
    T.make(
        _name,
        "nothing to see",
        _settings,
        [_Q, _V],
        mask=[None, _NONE],
        checks=["forward", "grad_inputs"],
    )
    T.make(
        _name,
        "causal, with scores",
        _settings,
        [_V, _K],
        use_causal_mask=True,
        return_attention_scores=True,
        ref=_reference,
        checks=[*_FEW, "spec"],
    )
    T.make(
        _name,
        "dropout",
        {"dropout": 0.5, **({"seed": 3} if _name == "Attention" else {})},
        [n(5, 5, 6), n(5, 4, 6)],
        checks=["random"],
    )
T.make(
    "Attention",
    "scaled",
    {"use_scale": True},
    [_Q, _V],
    ref=attended,
    checks=_FEW,
)
T.make(
    "Attention",
    "concat, scaled",
    {"use_scale": True, "score_mode": "concat"},
    [_Q, _V],
    ref=attended,
    checks=_FEW,
    refuses={"unknown score": bad(score_mode="none")},
)
T.make(
    "AdditiveAttention",
    "no scale",
    {"use_scale": False},
    [_Q, _V],
    checks=["forward", "grad_inputs"],
)

_TWO = {"num_heads": 2, "key_dim": 4}
_GROUPS = {"head_dim": 4, "num_query_heads": 4, "num_key_value_heads": 2}
for _name, _settings in (
    ("MultiHeadAttention", _TWO),
    ("GroupQueryAttention", _GROUPS),
):
    T.make(
        _name,
        "query and value",
        _settings,
        _Q,
        _V,
        ref=heads,
    )
    T.make(_name, "key", _settings, _Q, _V, _K, ref=heads, checks=_FEW)
    T.make(
        _name,
        "scores",
        _settings,
        _Q,
        _V,
        return_attention_scores=True,
        ref=heads,
        checks=[*_FEW, "spec"],
    )
    T.make(
        _name,
        "causal",
        _settings,
        _V,
        _V,
        use_causal_mask=True,
        ref=heads,
        checks=[*_FEW, "spec"],
    )
    T.make(
        _name,
        "attention mask",
        _settings,
        _Q,
        _V,
        attention_mask=b(2, 4, 5),
        checks=["forward", "grad_inputs"],
    )
    T.make(
        _name,
        "key mask",
        _settings,
        _Q,
        _V,
        key_mask=_MASK,
        ref=heads,
        checks=_FEW,
    )
    T.make(
        _name,
        "query and value masks",
        _settings,
        _Q,
        _V,
        query_mask=_QUERY,
        value_mask=_MASK,
        checks=["forward", "mask"],
    )
    T.make(
        _name,
        "nothing to see",
        _settings,
        _Q,
        _V,
        key_mask=_NONE,
        checks=["forward", "grad_inputs"],
    )
    T.make(
        _name,
        "nothing to see, with scores",
        _settings,
        _Q,
        _V,
        key_mask=_NONE,
        return_attention_scores=True,
        checks=["forward"],
    )
    T.make(
        _name,
        "window",
        {**_settings, "sliding_window": 2},
        _V,
        _V,
        use_causal_mask=True,
        ref=partial(heads, window=2),
        checks=_FEW,
    )
    T.make(
        _name,
        "gate, no bias",
        {**_settings, "use_gate": True, "use_bias": False},
        _Q,
        _V,
        checks=_FEW,
    )
    T.make(
        _name,
        "dropout",
        {**_settings, "dropout": 0.5, "seed": 3},
        n(5, 6, 6),
        n(5, 4, 6),
        checks=["random"],
    )
    T.make(
        _name,
        "no flash",
        {**_settings, "flash_attention": False},
        _Q,
        _V,
        ref=heads,
        checks=["forward"],
    )
T.make(
    "MultiHeadAttention",
    "other sizes of value and output",
    {**_TWO, "value_dim": 3, "output_shape": 5},
    _Q,
    _V,
    ref=heads,
    checks=[*_FEW, "spec"],
)
T.make(
    "MultiHeadAttention",
    "over two axes",
    {**_TWO, "attention_axes": (1, 2)},
    n(2, 2, 3, 4),
    n(2, 3, 2, 4),
    checks=_FEW,
)
T.make(
    "MultiHeadAttention",
    "over the second of two axes",
    {**_TWO, "attention_axes": 2},
    n(2, 2, 3, 4),
    n(2, 2, 5, 4),
    checks=_FEW,
)
T.make(
    "GroupQueryAttention",
    "heads that divide nothing",
    _GROUPS,
    _Q,
    _V,
    checks=["errors"],
    refuses={
        "heads": bad(head_dim=4, num_query_heads=3, num_key_value_heads=2),
    },
)
