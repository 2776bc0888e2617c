"""`keras.ops.dot_product_attention`: masks, biases, causality, groups, empty rows."""

from typing import Any

import numpy as np
from scipy import special

from multibackend.conformance.draws import b, n, v
from multibackend.conformance.table import Table, bad


def _attention(
    query: Any,
    key: Any,
    value: Any,
    *,
    bias: Any = None,
    mask: Any = None,
    scale: Any = None,
    is_causal: bool = False,
    flash_attention: Any = None,
) -> Any:
    del flash_attention
    groups = query.shape[2] // key.shape[2]
    key, value = np.repeat(key, groups, 2), np.repeat(value, groups, 2)
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    logits = np.einsum("btnh,bsnh->bnts", query, key) * scale
    if bias is not None:
        logits = logits + bias
    if mask is not None:
        logits = np.where(np.asarray(mask, bool), logits, -np.inf)
    if is_causal:
        logits = np.where(np.tri(*logits.shape[-2:], dtype=bool), logits, -np.inf)
    return np.einsum("bnts,bsnh->btnh", special.softmax(logits, -1), value)


T = Table("ops.attention", "keras.ops", reference={"dot_product_attention": _attention})

_NAME = "dot_product_attention"
_INF = float("inf")
_Q, _K = n(2, 3, 4, 5), n(2, 6, 4, 5)
_FEW = ["forward", "grad_inputs"]
_SQUARE = n(2, 4, 2, 3)
# Every row keeps a place; one hides the first of them.
_MASK = v([[[[0, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 0]]]], "bool")
_EMPTY = v([[[[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 0]]]], "bool")

T(
    _NAME,
    "plain",
    _Q,
    _K,
    _K,
    refuses={
        "three axes": bad(n(2, 3, 5), n(2, 6, 5), n(2, 6, 5)),
        "other depths": bad(n(2, 3, 4, 5), n(2, 6, 4, 3), n(2, 6, 4, 5)),
        "other lengths": bad(n(2, 3, 4, 5), n(2, 6, 4, 5), n(2, 7, 4, 5)),
        "heads that do not divide": bad(n(2, 3, 4, 5), n(2, 6, 3, 5), n(2, 6, 3, 5)),
        "a soft cap": bad(_Q, _K, _K, attn_logits_soft_cap=1.0),
        "a mask of another shape": bad(_Q, _K, _K, mask=b(2, 4, 3, 5)),
    },
)
T(
    _NAME,
    "defaults",
    _Q,
    _K,
    _K,
    bias=None,
    mask=None,
    scale=None,
    is_causal=False,
    flash_attention=None,
    checks=["forward"],
)
T(_NAME, "flash attention off", _Q, _K, _K, flash_attention=False, checks=["forward"])
T(_NAME, "scale", _Q, _K, _K, scale=0.3, checks=["forward", "spec"])
T(_NAME, "a scale of zero", _Q, _K, _K, scale=0.0, checks=["forward"])
T(_NAME, "bias", _Q, _K, _K, bias=n(2, 4, 3, 6), checks=["forward", "spec"])
T(_NAME, "bias to broadcast", _Q, _K, _K, bias=n(1, 1, 3, 6), checks=["forward"])
T(_NAME, "bias of four heads", _Q, _K, _K, bias=n(1, 4, 3, 6), checks=["forward"])
T(_NAME, "mask", _SQUARE, _SQUARE, _SQUARE, mask=_MASK, checks=["forward", "spec"])
T(
    _NAME,
    "mask of every example",
    _SQUARE,
    _SQUARE,
    _SQUARE,
    mask=v(np.ones((2, 1, 4, 4)).tolist(), "bool"),
    checks=["forward"],
)
T(
    _NAME,
    "mask of int32",
    _SQUARE,
    _SQUARE,
    _SQUARE,
    mask=v([[[[0, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1], [0, 0, 1, 0]]]], "int32"),
    checks=["forward"],
)
T(
    _NAME,
    "mask of three axes",
    _SQUARE,
    _SQUARE,
    _SQUARE,
    mask=v(np.tri(4)[None].tolist(), "bool"),
    ref=False,
    checks=["forward"],
)
T(
    _NAME,
    "mask of two axes",
    _SQUARE,
    _SQUARE,
    _SQUARE,
    mask=v(np.tri(4).tolist(), "bool"),
    checks=["forward"],
)
T(_NAME, "causal", _SQUARE, _SQUARE, _SQUARE, is_causal=True, checks=_FEW)
T(_NAME, "causal, longer keys", _Q, _K, _K, is_causal=True, checks=["forward"])
T(_NAME, "causal, longer queries", _K, _Q, _Q, is_causal=True, checks=["forward"])
T(
    _NAME,
    "causal and a mask",
    _SQUARE,
    _SQUARE,
    _SQUARE,
    mask=v([[[[1, 1, 1, 1], [1, 0, 1, 1], [0, 1, 1, 1], [0, 0, 1, 0]]]], "bool"),
    is_causal=True,
    checks=["forward"],
)
T(
    _NAME,
    "causal and a bias",
    _SQUARE,
    _SQUARE,
    _SQUARE,
    bias=n(2, 2, 4, 4),
    is_causal=True,
    checks=["forward"],
)
T(
    _NAME,
    "a mask and a bias",
    _SQUARE,
    _SQUARE,
    _SQUARE,
    bias=n(2, 2, 4, 4),
    mask=_MASK,
    checks=["forward"],
)
T(
    _NAME,
    "a row without places",
    _SQUARE,
    _SQUARE,
    _SQUARE,
    mask=_EMPTY,
    ref=False,
    checks=_FEW,
)
T(
    _NAME,
    "a row of infinite bias",
    v(np.ones((1, 2, 1, 2)).tolist()),
    n(1, 2, 1, 2),
    n(1, 2, 1, 2),
    bias=v([[[[-_INF, -_INF], [0.0, -_INF]]]]),
    ref=False,
    checks=["forward"],
)
T(_NAME, "grouped heads", _Q, n(2, 6, 2, 5), n(2, 6, 2, 5), checks=_FEW)
T(_NAME, "one head of keys", _Q, n(2, 6, 1, 5), n(2, 6, 1, 5), checks=["forward"])
T(_NAME, "values of another depth", _Q, _K, n(2, 6, 4, 7), checks=["forward", "spec"])
T(_NAME, "huge", n(1, 3, 1, 4, std=100.0), n(1, 3, 1, 4, std=100.0), n(1, 3, 1, 4))
T(_NAME, "no keys", _Q, n(2, 0, 4, 5), n(2, 0, 4, 5), ref=False, checks=["forward"])
T(
    _NAME,
    "float16 and a mask",
    _SQUARE,
    _SQUARE,
    _SQUARE,
    mask=_MASK,
    checks=["dtype"],
)
