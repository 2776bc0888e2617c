"""`dtype`: Do other float dtypes give the same output dtype, and the plain values?

A difference here is mixed precision that works on one backend only: an output of
another dtype breaks the next layer, and a constant of a wider dtype costs the speed.

Each variant is judged by this backend's own plain run, within what rounding may cost in
the variant's dtype. A layer computes in its policy's dtype. A loss or metric has
`floatx` for its dtype whatever the policy is, so a mixed policy means to it that
predictions come in half precision. A plain function knows no policy: it is handed
half-precision inputs, and no float64, which `keras.backend.result_type` narrows in some
operations and not in others.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from multibackend.inputs import current
from multibackend.parity.cases.case import Arguments
from multibackend.parity.checks.answer import (
    NotApplicableError,
    Related,
    UnsupportedError,
)
from multibackend.parity.checks.framework import framework
from multibackend.parity.checks.given import every
from multibackend.parity.checks.gradient import is_float
from multibackend.parity.checks.numbers import as_numpy
from multibackend.parity.checks.pure import at_inference, pure
from multibackend.parity.checks.subject import Subject
from multibackend.parity.record.arrays import numpy_dtype

KINDS = ("layer", "model", "loss", "metric", "function")


@dataclass(frozen=True)
class Variant:
    """One way to leave float32.

    Attributes:
        name: The first part of the outputs' names.
        policy: The dtype policy that the case is built under.
        inputs: The dtype that float inputs are handed over in, or `None` to leave
            that to the layer.
        compute: The dtype that is computed in.
    """

    name: str
    policy: str
    inputs: str | None
    compute: str

    @property
    def rounding(self) -> str | None:
        """The dtype that the inputs lose digits in; every input is a float32."""
        return None if self.inputs == "float64" else self.inputs


def observe(subject: Subject) -> Related:
    """Returns the outputs of each variant, and of the plain run on the same numbers.

    Raises:
        NotApplicableError: The subject cannot be built again.
        UnsupportedError: This backend takes no other float dtype here.
    """
    variants = _variants(subject)
    observed: dict[str, Any] = {}
    if current().dtype == "float32" and not current().twin:
        # Before the plain runs, so that what those draw is seen to have been drawn.
        observed = {variant.name: _outputs(subject, variant) for variant in variants}
    roundings = dict.fromkeys(variant.rounding for variant in variants)
    plain = {rounding: _plain(subject, rounding) for rounding in roundings}
    refused = {name for name, outputs in observed.items() if outputs is None}
    if refused:
        subject.memory["refused"] = refused
    asked = [v for v in variants if v.name not in subject.memory.get("refused", ())]
    if not asked:
        message = "it takes no other float dtype"
        raise UnsupportedError(message)
    expected = {variant.name: plain[variant.rounding] for variant in asked}
    compute = {v.name: v.compute for v in variants if v.compute != "float32"}
    return Related(observed or expected, expected, compute)


def _variants(subject: Subject) -> list[Variant]:
    kind = subject.kind
    if kind == "function":
        return [
            Variant(f"{dtype} inputs", "float32", dtype, dtype)
            for dtype in ("float16", "bfloat16")
        ]
    if kind in ("loss", "metric"):
        # A loss casts what it is given to its own dtype. A metric keeps its sums in its
        # own, and compares predictions in the dtype that they come in.
        half = [("mixed_float16", "float16"), ("mixed_bfloat16", "bfloat16")]
        return [
            *(Variant(p, p, d, "float32" if kind == "loss" else d) for p, d in half),
            Variant("float64", "float64", "float64", "float32"),
        ]
    # A float64 layer computes in float32 on torch and jax: Keras narrows 64 bits to 32
    # where it promotes, and says so by this very function.
    double = keras.backend.result_type("float64", "float32")
    # A layer that casts its inputs itself, such as a normalization, takes them as they
    # come, and hands out as many digits.
    casts = getattr(subject.target, "autocast", True)
    return [
        Variant("mixed_float16", "mixed_float16", None, "float16"),
        Variant("mixed_bfloat16", "mixed_bfloat16", None, "bfloat16"),
        Variant(
            "float16 inputs", "float32", "float16", "float32" if casts else "float16"
        ),
        Variant("float64", "float64", "float64", double),
    ]


def _plain(subject: Subject, rounding: str | None) -> Any:
    """The outputs in the working dtype, on inputs rounded as a variant rounds them."""
    subject.rewind()
    return at_inference(replace(subject, raw=_rounded(subject.raw, rounding)))


def _outputs(subject: Subject, variant: Variant) -> Any:
    """The outputs of the case built under the variant's policy."""
    with framework().wide() if variant.name == "float64" else nullcontext():
        with _policy(variant.policy):
            again = subject if variant.policy == "float32" else _rebuilt(subject)
            again.rewind()
            flat = pure(again)
            handed = replace(flat, tensors=_cast(flat.tensors, variant.inputs))
            try:
                outputs = framework().at_once(handed)
            except Exception:
                if subject.kind != "function":
                    raise
                # `inv` takes no half precision anywhere; where one backend alone
                # refuses, its structure is another one.
                return None
        # Out of x64 JAX would narrow a float64 that is not yet an array of NumPy.
        return keras.tree.map_structure(_kept, outputs)


def _rebuilt(subject: Subject) -> Subject:
    """The case called once more, with the draws that it had at first."""
    if subject.rebuild is None:
        message = "the subject cannot be built again under another dtype policy"
        raise NotApplicableError(message)
    return subject.rebuild()


@contextmanager
def _policy(name: str) -> Generator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _cast(nested: Any, dtype: str | None) -> Any:
    """Float tensors in another dtype."""
    return keras.tree.map_structure(
        lambda leaf: keras.ops.cast(leaf, dtype) if dtype and is_float(leaf) else leaf,
        nested,
    )


def _rounded(given: Arguments, dtype: str | None) -> Arguments:
    """Float arrays rounded to a narrower dtype, in float32 again."""
    if dtype is None:
        return given
    narrow = numpy_dtype(dtype)

    def leaf(value: Any) -> Any:
        if keras.ops.is_tensor(value):
            value = keras.ops.convert_to_numpy(value)
        if not isinstance(value, np.ndarray | np.generic) or value.dtype.kind != "f":
            return value
        with np.errstate(over="ignore"):  # what does not fit is infinite there too
            return np.asarray(value, np.float32).astype(narrow).astype(np.float32)

    return every(given, leaf)


def _kept(leaf: Any) -> Any:
    return as_numpy(leaf) if keras.ops.is_tensor(leaf) else leaf
