"""`keras.ops` that compare, that combine truth values, and that choose."""

from multibackend.conformance.draws import b, i, n, u, v
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.compare", "keras.ops", reference=NUMPY)

_INF, _NAN = float("inf"), float("nan")
_TYPED = ["forward", "spec"]
_PLAIN = ["forward"]
_GRAD = ["forward", "grad_inputs"]
_COLUMN = v([[0.0], [-0.0], [1.0], [_INF], [-_INF], [_NAN]])
_ROW = v([0.0, -0.0, 1.0, _INF, -_INF, _NAN])
_SHAPES = {"shapes": bad(n(2, 3), n(4))}

_COMPARE = ["equal", "not_equal", "greater", "greater_equal", "less", "less_equal"]
_LOGIC = ["logical_and", "logical_or", "logical_xor"]

for _name in [*_COMPARE, *_LOGIC]:
    _ints = i(3, 4, high=3), i(3, 4, high=3)
    T(_name, "int32", *_ints, refuses=_SHAPES)
    T(_name, "matrices", n(3, 4), n(3, 4))
    T(_name, "broadcast", n(3, 1), n(4), checks=_TYPED)
    T(_name, "special", _COLUMN, _ROW, checks=_PLAIN)
    T(_name, "Python number", i(4, high=3), 1, checks=_TYPED)
    T(_name, "Python number left", 1.0, i(4, high=3), checks=_TYPED)
    T(_name, "bool", b(4), v([True, True, False, False], "bool"), checks=_TYPED)
    T(_name, "empty", n(0, 3), n(3), checks=_TYPED)
for _name in _COMPARE:
    _mixed = v([255, 1, 0], "uint8"), v([-1, 1, 0], "int8")
    T(_name, "uint8 and int8", *_mixed, checks=_PLAIN)
    _mixed = v([2**24 + 1, 3], "int32"), v([2.0**24, 3.0])
    T(_name, "int32 and float32", *_mixed, ref=False, checks=_PLAIN)
    T(_name, "uint8 and minus one", v([255, 0], "uint8"), -1, ref=False, checks=_PLAIN)
    T(_name, "int32 and a half", v([1, 2], "int32"), 1.5, checks=_PLAIN)

_near = v([1.0, 1.0, 0.0, 1e-9]), v([1.000001, 1.1, 1e-9, 0.0])
for _name in ["isclose", "allclose"]:
    T(_name, "near", *_near)
    T(_name, "defaults", *_near, rtol=1e-5, atol=1e-8, equal_nan=False, checks=_TYPED)
    T(_name, "tolerances", n(4), n(4), rtol=0.5, atol=1.0, checks=_PLAIN)
    T(_name, "special", _COLUMN, _ROW, checks=_PLAIN)
    T(_name, "equal NaN", _COLUMN, _ROW, equal_nan=True, checks=_PLAIN)
    T(_name, "int32", v([100, 5], "int32"), v([101, 5], "int32"), checks=_TYPED)
    _wide = v([100, 5], "int32"), v([101, 6], "int32")
    T(_name, "int32 and a tolerance", *_wide, rtol=0.1, checks=_PLAIN)
    T(_name, "bool", b(4), b(4), ref=False, checks=_TYPED)
    T(_name, "empty", n(0), n(0), checks=_TYPED)
    T(_name, "order", v([100.0]), v([100.0011]), checks=_PLAIN)

T("where", "matrices", b(3, 4), n(3, 4), n(3, 4), refuses={"one": bad(b(3), n(3))})
T("where", "broadcast", b(3, 1), n(4), n(2, 1, 1), checks=["forward", "spec"])
T("where", "Python numbers", b(4), 1.0, 0.0, checks=_TYPED)
T("where", "Python ints", b(4), 1, 0, checks=_TYPED)
T("where", "tensor and number", b(4), n(4), 0, checks=_TYPED)
T("where", "float condition", v([0.0, -0.0, 0.5, _NAN]), n(4), n(4), checks=_PLAIN)
T("where", "int condition", i(4, high=2), n(4), n(4), checks=_TYPED)
T("where", "NaN not taken", v([True, False], "bool"), v([1.0, _NAN]), v([_NAN, 2.0]))
T("where", "empty", b(0, 3), n(0, 3), n(3), checks=_TYPED)
T("where", "condition alone", v([[1, 0], [0, 2]], "int32"), checks=_PLAIN)
T("where", "int8 and float32", b(3), v([1, 2, 3], "int8"), n(3), checks=_TYPED)

T("clip", "matrix", n(3, 4), -0.5, 0.5, refuses={"shapes": bad(n(2, 2), n(3), 1.0)})
T("clip", "tensors", n(3, 4), u(3, 1, low=-2.0, high=-0.5), u(4, low=0.5, high=1.5))
T("clip", "at the border", v([-1.0, 0.0, 1.0, 2.0]), -1.0, 1.0, checks=_GRAD)
T("clip", "low above high", v([0.0, 1.5, 5.0]), 2.0, 1.0, checks=_GRAD)
T("clip", "special", v([_NAN, _INF, -_INF, -0.0]), 0.0, 1.0, checks=_PLAIN)
T("clip", "NaN border", v([0.0, 2.0]), _NAN, 1.0, checks=_PLAIN)
T("clip", "infinite border", v([0.0, 2.0]), -_INF, 1.0, checks=_PLAIN)
T("clip", "int32", i(4, low=-9, high=9), -3, 3, checks=_TYPED)
_ints = v([-5, 0, 1, 5], "int32")
T("clip", "int32 by floats", _ints, -1.5, 1.5, ref=False, checks=_TYPED)
T("clip", "uint8", v([0, 100, 255], "uint8"), 10, 200, checks=_TYPED)
_bytes = v([0, 100, 255], "uint8")
T("clip", "uint8 below zero", _bytes, -5, 300, ref=False, checks=_TYPED)
T("clip", "bool", b(4), 0, 1, ref=False, checks=_TYPED)
T("clip", "empty", n(0, 3), 0.0, 1.0, checks=_TYPED)

_conditions = [v([True, False, False], "bool"), v([True, True, False], "bool")]
T("select", "vectors", _conditions, [n(3), n(3)], 0.0)
T("select", "default", _conditions, [n(3), n(3)], checks=_TYPED)
T("select", "tensor default", _conditions, [n(3), n(3)], n(3), checks=_TYPED)
T("select", "int32", _conditions, [i(3), i(3)], 7, checks=_TYPED)
T("select", "broadcast", [b(3, 1), b(4)], [n(4), n(3, 1)], 0.5, checks=_TYPED)
T("select", "mixed", _conditions, [i(3), n(3)], 0, checks=_TYPED)
T("select", "numbers", _conditions, [1.0, 2.0], 0.0, ref=False, checks=_PLAIN)
T(
    "select",
    "lengths",
    _conditions,
    [v([1.0, 2.0, 3.0]), v([4.0, 5.0, 6.0])],
    refuses={"lengths": bad([b(3)], [n(3), n(3)])},
    checks=["errors"],
)
