"""`keras.ops.einsum`: one sample an equation."""

from multibackend.conformance.draws import b, i, n
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.einsum", "keras.ops", reference=NUMPY)

_EDGE = ["forward", "spec"]
_GRAD = ["forward", "spec", "grad_inputs"]

T(
    "einsum",
    "plain",
    "ij,jk->ik",
    n(2, 3),
    n(3, 4),
    refuses={
        "sizes": bad("ij,jk->ik", n(2, 3), n(2, 4)),
        "operands": bad("ij,jk->ik", n(2, 3)),
        "rank": bad("ijk->i", n(2, 3)),
        "output": bad("ij->k", n(2, 3)),
    },
)
_EQUATIONS = {
    "ij->ji": [(2, 3)],
    "ij->": [(2, 3)],
    "ij->i": [(2, 3)],
    "ii->": [(3, 3)],
    "ii->i": [(3, 3)],
    "bii->bi": [(2, 3, 3)],
    "i,i->": [(3,), (3,)],
    "i,j->ij": [(3,), (2,)],
    "ij,ij->ij": [(2, 3), (2, 3)],
    "ij,j": [(2, 3), (3,)],
    "ba,ab": [(2, 3), (3, 2)],
    "bij,bjk->bik": [(2, 2, 3), (2, 3, 2)],
    "bij,jk->bik": [(2, 2, 3), (3, 2)],
    "abc,bad->dc": [(2, 3, 2), (3, 2, 2)],
    "i...->...": [(2, 3, 2)],
    "...ij->...ji": [(2, 3, 2)],
    "...ij,...jk->...ik": [(2, 2, 3), (2, 3, 2)],
    "...i,ij->...j": [(2, 2, 3), (3, 2)],
    "bqhd,bkhd->bhqk": [(2, 3, 2, 4), (2, 3, 2, 4)],
    "bhqk,bkhd->bqhd": [(2, 2, 3, 3), (2, 3, 2, 4)],
    "abcd,adbe->acbe": [(2, 3, 2, 4), (2, 4, 3, 2)],
    "ij,jk,kl->il": [(2, 3), (3, 2), (2, 4)],
    "a,b,c->abc": [(2,), (3,), (2,)],
    "i,i,i->i": [(3,), (3,), (3,)],
    "ij , jk -> ik": [(2, 3), (3, 2)],
    "Ab,bC->AC": [(2, 3), (3, 2)],
}
for _equation, _shapes in _EQUATIONS.items():
    T("einsum", _equation, _equation, *(n(*shape) for shape in _shapes), checks=_GRAD)
T(
    "einsum",
    "broadcast batch",
    "...ij,...jk->...ik",
    n(1, 2, 3),
    n(4, 3, 2),
    checks=_GRAD,
)
T("einsum", "axis of one", "ij,jk->ik", n(2, 1), n(1, 3), checks=_GRAD)
T(
    "einsum",
    "one stretched",
    "ij,ij->ij",
    n(2, 1),
    n(2, 3),
    ref=False,
    checks=["forward"],
)
T("einsum", "empty", "ij,jk->ik", n(2, 0), n(0, 3), checks=_EDGE)
T(
    "einsum",
    "ellipsis of different ranks",
    "...i,...i->...",
    n(2, 3, 4),
    n(3, 4),
    checks=_EDGE,
)
T("einsum", "scalar", ",ij->ij", n(), n(2, 3), checks=_EDGE)
for _label, (_one, _other) in {
    "whole numbers": (i(2, 3), i(3, 2)),
    "mixed dtypes": (i(2, 3), n(3, 2)),
    "bool": (b(2, 3), b(3, 2)),
    "bool and whole numbers": (b(2, 3), i(3, 2)),
    "int8": (
        i(2, 3, low=-128, high=127, dtype="int8"),
        i(3, 2, low=-128, high=127, dtype="int8"),
    ),
    "uint8": (i(2, 3, high=255, dtype="uint8"), i(3, 2, high=255, dtype="uint8")),
    "int64": (i(2, 3, dtype="int64"), i(3, 2, dtype="int64")),
}.items():
    T("einsum", _label, "ij,jk->ik", _one, _other, ref=False, checks=_EDGE)
T(
    "einsum",
    "int8, batch",
    "bij,bjk->bik",
    i(2, 2, 3, dtype="int8"),
    i(2, 3, 2, dtype="int8"),
    ref=False,
    checks=_EDGE,
)
T(
    "einsum",
    "int8, another equation",
    "abc,cd->adb",
    i(2, 2, 3, dtype="int8"),
    i(3, 2, dtype="int8"),
    ref=False,
    checks=_EDGE,
)
T(
    "einsum",
    "uint8 sum",
    "ij->i",
    i(2, 3, high=255, dtype="uint8"),
    ref=False,
    checks=_EDGE,
)
T("einsum", "bool sum", "ij->i", b(2, 3), ref=False, checks=_EDGE)
