"""`keras.ops` on the bits of whole numbers."""

from multibackend.conformance.draws import b, i, n, v
from multibackend.conformance.table import NUMPY, Table, bad

T = Table("ops.bits", "keras.ops", reference=NUMPY)

_TYPED = ["forward", "spec"]
_PLAIN = ["forward"]
_FLOATS = {"floats": bad(n(3), n(3))}

for _name in ["bitwise_and", "bitwise_or", "bitwise_xor"]:
    _ints = i(3, 4, low=-99, high=99), i(3, 4, low=-99, high=99)
    T(_name, "int32", *_ints, refuses=_FLOATS)
    T(_name, "broadcast", i(3, 1), i(4), checks=_TYPED)
    T(_name, "uint8", v([255, 170, 1], "uint8"), v([15, 85, 3], "uint8"), checks=_TYPED)
    T(_name, "bool", b(4), v([True, False, True, False], "bool"), checks=_TYPED)
    T(_name, "Python int", i(4), 6, checks=_TYPED)
    T(_name, "Python int left", 6, i(4), checks=_TYPED)
    T(_name, "uint8 and Python int", v([255, 1], "uint8"), 6, checks=_TYPED)
    T(_name, "int8 and int32", v([-1, 7], "int8"), v([300, -9], "int32"), checks=_TYPED)
    T(_name, "uint8 and int8", v([200, 7], "uint8"), v([-1, -9], "int8"), checks=_TYPED)
    T(_name, "bool and int32", b(4), i(4), checks=_TYPED)
    T(_name, "empty", i(0, 3), i(3), checks=_TYPED)
    T(_name, "scalars", i(), i(), checks=_TYPED)
    T(_name, "int64", v([2**40 + 5], "int64"), v([2**40 + 3], "int64"), ref=False)

for _name in ["bitwise_not", "bitwise_invert"]:
    T(_name, "int32", i(3, 4, low=-99, high=99), refuses={"floats": bad(n(3))})
    T(_name, "uint8", v([255, 170, 1], "uint8"), checks=_TYPED)
    T(_name, "bool", b(4), checks=_TYPED)
    T(_name, "scalar", i(), checks=_TYPED)
    T(_name, "empty", i(0, 3), checks=_TYPED)
    T(_name, "Python int", 5, checks=_TYPED)

for _name in ["left_shift", "right_shift", "bitwise_left_shift", "bitwise_right_shift"]:
    T(_name, "int32", i(3, 4, low=-99, high=99), i(3, 4, high=8), refuses=_FLOATS)
    T(_name, "uint8", v([255, 3], "uint8"), v([3, 7], "uint8"), checks=_TYPED)
    T(_name, "Python int", i(4), 2, checks=_TYPED)
    T(_name, "uint8 and int32", v([255], "uint8"), v([4], "int32"), checks=_TYPED)
    _far = v([1, -1, 5], "int32"), v([31, 32, 40], "int32")
    T(_name, "by the width", *_far, ref=False, checks=_PLAIN)
for _name in ["left_shift", "right_shift"]:
    T(_name, "broadcast", i(3, 1), i(4), checks=_TYPED)
    T(_name, "int8", v([-128, 127], "int8"), v([1, 3], "int8"), checks=_TYPED)
    T(_name, "Python int left", 2, i(4), checks=_TYPED)
    T(_name, "uint8 and Python int", v([255, 3], "uint8"), 2, checks=_TYPED)
    T(_name, "bool", b(4), v([True], "bool"), ref=False, checks=_TYPED)
    T(_name, "empty", i(0, 3), i(3), checks=_TYPED)
    _back = v([1, -1], "int32"), v([-1, -2], "int32")
    T(_name, "by a negative", *_back, ref=False, checks=_PLAIN)
