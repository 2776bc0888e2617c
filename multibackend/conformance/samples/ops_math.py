"""`keras.ops` of mathematics that SciPy has, number by number, and `logsumexp`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from multibackend.conformance.draws import b, i, n, u, v
from multibackend.conformance.table import Table, bad

_INF, _NAN = float("inf"), float("nan")


def _scipy(name: str) -> Callable[..., Any]:
    def asked(*args: Any, **kwargs: Any) -> Any:
        from scipy import special

        return getattr(special, name)(*args, **kwargs)

    return asked


_REFERENCE = {name: _scipy(name) for name in ("erf", "erfc", "erfinv", "logsumexp")}
_REFERENCE["rsqrt"] = lambda x: 1.0 / np.sqrt(x)

T = Table("ops.math", "keras.ops", reference=_REFERENCE)

_TYPED = ["forward", "spec"]
_PLAIN = ["forward"]

_DRAWS = {
    "erf": n(3, 4),
    "erfc": n(3, 4),
    "erfinv": u(3, 4, low=-0.9, high=0.9),
    "rsqrt": u(3, 4, low=0.1, high=4.0),
}
_SPECIAL = v([0.0, -0.0, 1.0, -1.0, _INF, -_INF, _NAN])

for _name, _draw in _DRAWS.items():
    T(_name, "matrix", _draw)
    T(_name, "scalar", u(), checks=_TYPED)
    T(_name, "empty", n(0, 3), checks=_TYPED)
    T(_name, "special", _SPECIAL, checks=_PLAIN)
    T(_name, "slope at zero", v([0.0, -0.0]), checks=["grad_inputs"])
    T(_name, "int32", i(3, 4, low=0, high=2), checks=_TYPED)
    T(_name, "uint8", i(3, 4, low=0, high=2, dtype="uint8"), checks=_TYPED)
    T(_name, "int64", v([0, 1], "int64"), checks=_TYPED)
    T(_name, "bool", b(3, 4), ref=False, checks=_TYPED)
    T(_name, "Python float", 0.5, checks=_TYPED)
    T(_name, "Python int", 1, checks=_TYPED)

T("erf", "far", v([3.0, -4.0, 6.0, 1e-4, 1e-20]), checks=_PLAIN)
T("erfc", "far", v([3.0, -4.0, 6.0, 9.0, 10.5]), checks=_PLAIN)
T("erfinv", "near one", v([0.99, -0.999, 0.999999, 1e-6]), checks=_PLAIN)
T("erfinv", "beyond one", v([1.5, -2.0]), checks=_PLAIN)
T("rsqrt", "large and small", v([1e30, 1e-30, 1e-40]), checks=_PLAIN)
T("rsqrt", "negative", v([-1.0, -1e-30]), checks=_PLAIN)

T("logsumexp", "matrix", n(3, 4), refuses={"axis": bad(n(3, 4), axis=2)})
T("logsumexp", "axis", n(2, 3, 4), axis=1, checks=["forward", "spec", "grad_inputs"])
T("logsumexp", "last axis kept", n(2, 3, 4), axis=-1, keepdims=True, checks=_TYPED)
T("logsumexp", "two axes", n(2, 3, 4), axis=(0, 2), checks=_TYPED)
T("logsumexp", "all kept", n(2, 3), keepdims=True, checks=_TYPED)
T("logsumexp", "scalar", n(), checks=_TYPED)
T("logsumexp", "large", v([1000.0, 1000.0, -1000.0]), checks=["forward", "grad_inputs"])
T("logsumexp", "infinities", v([[_INF, 1.0], [-_INF, 1.0]]), axis=1, checks=_PLAIN)
T("logsumexp", "minus infinity alone", v([-_INF, -_INF]), checks=_PLAIN)
T("logsumexp", "slope at infinity", v([-_INF, 1.0]), checks=["grad_inputs"])
T("logsumexp", "NaN", v([1.0, _NAN]), checks=_PLAIN)
T("logsumexp", "empty", n(0, 3), axis=1, checks=_TYPED)
T("logsumexp", "over nothing", n(0, 3), axis=0, ref=False, checks=_TYPED)
T("logsumexp", "int32", i(3, 4), axis=0, checks=_TYPED)
T("logsumexp", "bool", b(3, 4), axis=0, checks=_TYPED)
T("logsumexp", "many", n(20000), checks=_PLAIN)
