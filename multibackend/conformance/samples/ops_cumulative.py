"""`keras.ops` along an axis: running sums and products, differences, areas."""

from multibackend.conformance.draws import b, i, n, spaced, u, v
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.cumulative", "keras.ops", reference=NUMPY)

_INF, _NAN = float("inf"), float("nan")
_TYPED = ["forward", "spec"]
_PLAIN = ["forward"]
_GRAD = ["forward", "grad_inputs"]
_HOLES = v([[1.0, _NAN, 3.0, 2.5], [_NAN, 2.0, -1.0, 0.5]])

for _name in ["cumsum", "cumprod", "nancumsum", "nancumprod"]:
    T(_name, "axis", n(3, 4), axis=1, refuses={"axis": bad(n(3, 4), axis=2)})
    T(_name, "flat", n(2, 3), checks=["forward", "spec", "grad_inputs"])
    T(_name, "default", n(2, 3), axis=None, dtype=None, checks=_TYPED)
    T(_name, "negative axis", n(2, 3, 4), axis=-2, checks=_TYPED)
    T(_name, "scalar", n(), checks=_TYPED)
    T(_name, "empty", n(0, 3), axis=0, checks=_TYPED)
    T(_name, "NaN", _HOLES, axis=1, checks=_GRAD)
    T(_name, "infinities", v([1.0, _INF, -_INF, 0.0]), axis=0, checks=_PLAIN)
    T(_name, "zeros", v([2.0, 0.0, 3.0, 0.0, 4.0]), axis=0, checks=_GRAD)
    T(_name, "int32", i(3, 4, low=-3, high=3), axis=0, checks=_TYPED)
    T(_name, "uint8", v([200, 100, 3], "uint8"), axis=0, ref=False, checks=_TYPED)
    T(_name, "int8", v([100, 100, 3], "int8"), axis=0, ref=False, checks=_TYPED)
    T(_name, "bool", b(4), axis=0, checks=_TYPED)
    T(_name, "bool flat", b(2, 3), checks=_TYPED)
    T(_name, "int32 as float32", i(4), axis=0, dtype="float32", checks=_TYPED)
    T(_name, "float32 as int32", v([1.7, 1.7]), axis=0, dtype="int32", ref=False)
    T(
        _name,
        "int8 as int32",
        v([100, 100], "int8"),
        axis=0,
        dtype="int32",
        checks=_TYPED,
    )
T("cumsum", "int64", i(3, dtype="int64"), axis=0, checks=_TYPED)
T("cumsum", "many", u(20000), axis=0, checks=_PLAIN)
T("cumsum", "overflow", v([2**31 - 1, 1], "int32"), axis=0, ref=False, checks=_PLAIN)

_diff = {"axis": bad(n(3, 4), axis=2), "negative": bad(n(3), n=-1)}
T("diff", "matrix", n(3, 4), refuses=_diff)
T("diff", "default", n(3, 4), n=1, axis=-1, checks=_TYPED)
T("diff", "twice", n(3, 4), n=2, axis=0, checks=_TYPED)
T("diff", "not at all", n(3, 4), n=0, checks=_TYPED)
T("diff", "too often", n(3), n=5, checks=_TYPED)
T("diff", "int32", i(5, low=-9, high=9), checks=_TYPED)
T("diff", "uint8", v([3, 5, 1], "uint8"), checks=_TYPED)
T("diff", "bool", v([True, False, False, True], "bool"), checks=_TYPED)
T("diff", "bool twice", v([True, False, False, True], "bool"), n=2, checks=_TYPED)
T("diff", "infinities", v([_INF, _INF, 1.0, _NAN]), checks=_PLAIN)
T("diff", "empty", n(0), checks=_TYPED)
T("diff", "one", n(1), checks=_TYPED)
T("diff", "scalar", n(3), checks=["errors"], refuses={"scalar": bad(n())})

T("trapezoid", "rows", n(3, 4), refuses={"axis": bad(n(3, 4), axis=2)})
T("trapezoid", "default", n(3, 4), x=None, dx=1.0, axis=-1, checks=_TYPED)
T("trapezoid", "places", n(4), spaced(4, high=2.0), checks=_GRAD)
T("trapezoid", "places of rows", n(3, 4), x=spaced(4, high=2.0), checks=_TYPED)
T("trapezoid", "columns", n(3, 4), x=spaced(3, high=2.0), axis=0, checks=_TYPED)
T("trapezoid", "step", n(3, 4), dx=0.5, axis=0, checks=_TYPED)
T("trapezoid", "as many places", n(3, 4), x=u(3, 4), checks=_TYPED)
T("trapezoid", "int32", i(5), checks=_TYPED)
T("trapezoid", "bool", b(5), ref=False, checks=_TYPED)
T("trapezoid", "one", n(3, 1), checks=_TYPED)
T("trapezoid", "empty", n(0, 3), checks=_TYPED)
T("trapezoid", "over nothing", n(0), checks=_TYPED)
T("trapezoid", "NaN", v([1.0, _NAN, 2.0]), checks=_PLAIN)
