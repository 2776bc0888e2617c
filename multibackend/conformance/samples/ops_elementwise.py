"""`keras.ops` of one argument, number by number."""

from multibackend.conformance.draws import b, i, n, u, v
from multibackend.conformance.table import NUMPY, Table

T = Table("ops.elementwise", "keras.ops", reference=NUMPY)

_INF, _NAN = float("inf"), float("nan")
_SPECIAL = v([0.0, -0.0, 1.0, -1.0, _INF, -_INF, _NAN])

for _name, _draw in {"abs": n, "cos": n, "log": u, "reciprocal": n}.items():
    T(_name, "matrix", _draw(3, 4))
    T(_name, "scalar", _draw())
    T(_name, "empty", _draw(0, 3), checks=["forward", "spec"])
    T(_name, "special", _SPECIAL, checks=["forward"])
    T(_name, "subnormal", v([1e-40]), checks=["forward"])
    T(_name, "int32", i(3, 4, low=-3, high=4), checks=["forward", "spec"])
    T(_name, "uint8", i(3, 4, high=255, dtype="uint8"), checks=["forward", "spec"])
    T(_name, "bool", b(3, 4), checks=["forward", "spec"])
