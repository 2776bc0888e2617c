"""`keras.ops` that reduce axes and leave NaN out."""

from multibackend.conformance.draws import b, i, n, v
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.nanreduce", "keras.ops", reference=NUMPY)

_INF, _NAN = float("inf"), float("nan")
_TYPED = ["forward", "spec"]
_PLAIN = ["forward"]
_GRAD = ["forward", "grad_inputs"]

_HOLES = v([[1.0, _NAN, 3.0, 2.5], [_NAN, 2.0, -1.0, 0.5], [4.0, 0.25, 7.0, _NAN]])
_DEEP = v([[[1.0, _NAN], [3.0, 2.5]], [[_NAN, 2.0], [-1.0, _NAN]]])
_GONE = v([[1.0, 2.0], [_NAN, _NAN]])

_MOMENTS = ["nansum", "nanprod", "nanmean", "nanvar", "nanstd"]
_ENDS = ["nanmax", "nanmin", "nanargmax", "nanargmin"]
_ORDER = ["nanmedian", "nanquantile", "nanpercentile"]

for _name in [*_MOMENTS, *_ENDS, *_ORDER]:
    _q = {"nanquantile": (0.3,), "nanpercentile": (30.0,)}.get(_name, ())
    _axes = not _name.startswith("nanarg")
    T(_name, "all", _HOLES, *_q, refuses={"axis": bad(n(3, 4), *_q, axis=2)})
    T(_name, "axis", _HOLES, *_q, axis=1, checks=["forward", "spec", "grad_inputs"])
    T(_name, "negative axis kept", _DEEP, *_q, axis=-2, keepdims=True, checks=_TYPED)
    if _axes:
        T(_name, "two axes", _DEEP, *_q, axis=(0, -1), checks=_TYPED)
        T(_name, "axis of none", _HOLES, *_q, axis=(), ref=False, checks=_TYPED)
    T(_name, "a row of NaN", _GONE, *_q, axis=1, ref=False, checks=_PLAIN)
    T(_name, "slope of a row of NaN", _GONE, *_q, axis=1, checks=["grad_inputs"])
    T(_name, "NaN alone kept", v([_NAN]), *_q, ref=False, keepdims=True, checks=_PLAIN)
    T(
        _name,
        "infinities",
        v([[_INF, _NAN, 1.0], [-_INF, 2.0, _INF]]),
        *_q,
        axis=1,
        checks=_PLAIN,
    )
    T(_name, "scalar", n(), *_q, checks=_TYPED)
    T(_name, "int32", i(3, 4, low=-5, high=5), *_q, axis=0, checks=_TYPED)
    T(_name, "bool", b(3, 4), *_q, axis=0, ref=False, checks=_TYPED)
    T(_name, "empty", n(0, 3), *_q, axis=1, ref=False, checks=_TYPED)

for _name in _MOMENTS:
    T(_name, "uint8", i(3, 40, high=255, dtype="uint8"), axis=1, checks=_TYPED)
    T(_name, "over nothing", n(0, 3), axis=0, checks=_TYPED)
T("nanvar", "of one", v([[1.0, _NAN], [2.0, 2.0]]), axis=1, checks=_GRAD)
T("nanstd", "of one", v([[1.0, _NAN], [2.0, 2.0]]), axis=1, checks=_GRAD)
T("nanmax", "ties", v([1.0, 1.0, _NAN]), checks=_GRAD)
T("nanmin", "ties", v([1.0, 1.0, _NAN]), checks=_GRAD)
T("nanmax", "minus infinity", v([[-_INF, _NAN], [-_INF, -_INF]]), axis=1, checks=_PLAIN)
T("nanmin", "infinity", v([[_INF, _NAN], [_INF, _INF]]), axis=1, checks=_PLAIN)
T("nanargmax", "ties", v([_NAN, 2.0, 2.0]), checks=_PLAIN)
T("nanargmin", "ties", v([_NAN, 2.0, 2.0]), checks=_PLAIN)
T("nanargmax", "minus infinity", v([_NAN, -_INF, -_INF]), checks=_PLAIN)
T("nanargmin", "infinity", v([_NAN, _INF, _INF]), checks=_PLAIN)
for _method in ["lower", "higher", "midpoint", "nearest"]:
    T("nanquantile", _method, _HOLES, 0.3, axis=1, method=_method, checks=_PLAIN)
T("nanquantile", "many", _HOLES, [0.0, 0.25, 1.0], axis=1, checks=_TYPED)
T("nanpercentile", "many", _HOLES, [0.0, 25.0, 100.0], axis=1, checks=_TYPED)
