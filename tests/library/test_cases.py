"""The declared cases of the library's own objects, under this backend.

Each reference is a NumPy function of its own, so its central differences say what the
gradients of the object must be. The step is a measured compromise: the difference of two
steps bounds what the formula leaves out, and rounding adds the rest.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import Working, working
from multibackend.parity.cases import declared
from multibackend.parity.cases.case import declared_in
from multibackend.parity.record.observation import flatten
from multibackend.parity.run.once import build, weights_of

#: Where the objects come from that are tested here, imported by the case itself.
ROOMS = {"multibackend.layers", "multibackend.losses"}

#: By module, for `pytest -k`.
CASES = {
    f"{inner.name}:{case.name.partition(':')[2]}": case
    for inner in pkgutil.iter_modules(declared.__path__)
    for case in declared_in(
        importlib.import_module(f"{declared.__name__}.{inner.name}").__name__
    )
    if case.reference is not None and ROOMS & set(case.function.__code__.co_names)
}
LAYERS = [
    name
    for name, case in CASES.items()
    if "multibackend.layers" in case.function.__code__.co_names and not case.elsewhere
]
#: On JAX each new shape is compiled, seconds a case. There the first case of an object
#: speaks for its variants: that all backends have one gradient in float64 is what the
#: parity suite asks of every case.
SLOPES = [
    name
    for name, case in CASES.items()
    if keras.config.backend() != "jax" or not case.elsewhere
]

#: Their outputs are whole numbers, which have no slope.
DISCRETE = {"crf_tags", "crf_tags_single"}

STEP = 2.0**-14


def start(case):
    """The subject of a case, ready to be called."""
    subject = build(case)
    subject.rewind()
    return subject


def is_float(leaf):
    return isinstance(leaf, np.ndarray | np.generic) and leaf.dtype.kind == "f"


def directions(leaves, salt):
    """A seeded direction for every float array, nothing for any other.

    An exact zero stays: it marks padding, where the value jumps.
    """
    rng = np.random.default_rng(salt)
    return [
        rng.normal(size=np.shape(x)) * (x != 0) if is_float(x) else None for x in leaves
    ]


def moved(leaves, along, step):
    return [
        x if d is None else np.asarray(x, "float64") + step * d
        for x, d in zip(leaves, along, strict=True)
    ]


class Reference:
    """A case's NumPy function, of flat inputs and weights."""

    def __init__(self, case, subject, function):
        self.function, self.subject = function, subject
        given = subject.inputs()
        self.nested = [list(given.args), dict(given.kwargs)]
        self.leaves = [
            keras.ops.convert_to_numpy(x) if keras.ops.is_tensor(x) else x
            for x in keras.tree.flatten(self.nested)
        ]

    def __call__(self, leaves, starts):
        args, kwargs = keras.tree.pack_sequence_as(self.nested, leaves)
        if self.subject.kind == "layer":
            kwargs = {
                **kwargs,
                "weights": weights_of(replace(self.subject, starts=starts)),
            }
        outputs = flatten(self.function(*args, **kwargs))[1]
        return [
            np.asarray(x) for x in outputs.values() if np.asarray(x).dtype.kind == "f"
        ]


def surrogate(case):
    """What the gradient belongs to, where it is meant to be another function's."""
    module, _, name = case.name.partition(":")
    listed = getattr(importlib.import_module(module), "SURROGATES", {})
    return listed.get(name, case.reference)


def central(reference, along, starts, starts_along, cotangents, step):
    """The derivative of the weighed outputs along a direction."""
    sides = []
    for sign in (1, -1):
        weights = tuple(
            begun if d is None else replace(begun, value=begun.value + sign * step * d)
            for begun, d in zip(starts, starts_along, strict=True)
        )
        outputs = reference(moved(reference.leaves, along, sign * step), weights)
        sides.append(
            sum(np.sum(c * o) for c, o in zip(cotangents, outputs, strict=True))
        )
    return (sides[0] - sides[1]) / (2 * step), max(map(abs, sides))


def assert_derivative(subject, reference, along, starts_along, cotangents, slope):
    """The slope along the direction is that of central differences."""
    starts = tuple(replace(s, value=s.value.astype("float64")) for s in subject.starts)
    wide, size = central(reference, along, starts, starts_along, cotangents, STEP)
    near, _ = central(reference, along, starts, starts_along, cotangents, STEP / 2)
    expected = near + (near - wide) / 3  # Richardson: what is left is of order STEP**4
    rounding = 64 * np.finfo("float64").eps * max(size, 1) / STEP
    assert abs(slope - expected) <= abs(near - wide) + rounding


@pytest.mark.parametrize("name", SLOPES)
def test_the_gradients_are_those_of_central_differences(name, float64):
    case = CASES[name]
    with working(Working("float64", name=case.name)):
        subject = start(case)
        reference = Reference(case, subject, surrogate(case))
        given = subject.inputs()
        floats = [place for place, x in enumerate(reference.leaves) if is_float(x)]
        along = directions(reference.leaves, 1)
        trained = {id(v) for v in subject.trainable}
        starts_along = [
            d if id(begun.variable) in trained else None
            for begun, d in zip(
                subject.starts,
                directions([s.value for s in subject.starts], 2),
                strict=True,
            )
        ]
        outputs = reference(reference.leaves, subject.starts)
        if not outputs:
            assert subject.name.rpartition(":")[2] in DISCRETE
            return
        cotangents = [np.random.default_rng(3).normal(size=o.shape) for o in outputs]

        def weighed(tensors):
            leaves = list(keras.tree.flatten([list(given.args), dict(given.kwargs)]))
            for place, tensor in zip(floats, tensors, strict=True):
                leaves[place] = tensor
            args, kwargs = keras.tree.pack_sequence_as(reference.nested, leaves)
            found = subject.call(replace(given, args=tuple(args), kwargs=kwargs))
            real = [
                leaf
                for leaf in keras.tree.flatten(found)
                if "float" in keras.backend.standardize_dtype(leaf.dtype)
            ]
            return sum(
                keras.ops.sum(leaf * keras.ops.convert_to_tensor(c, leaf.dtype))
                for leaf, c in zip(real, cotangents, strict=True)
            )

        tensors = [keras.ops.convert_to_tensor(reference.leaves[p]) for p in floats]
        slope = 0.0
        if tensors:
            slopes = grad(weighed)(tensors)
            slope += sum(
                np.sum(keras.ops.convert_to_numpy(s) * along[p])
                for s, p in zip(slopes, floats, strict=True)
            )
        free = [
            s
            for s, d in zip(subject.starts, starts_along, strict=True)
            if d is not None
        ]
        if free:
            subject.rewind()  # a stateful layer goes on where it stopped
            slopes = grad(weighed, variables=[s.variable for s in free])(tensors)
            slope += sum(
                np.sum(keras.ops.convert_to_numpy(s) * d)
                for s, d in zip(
                    slopes, [d for d in starts_along if d is not None], strict=True
                )
            )
        assert_derivative(subject, reference, along, starts_along, cotangents, slope)


@pytest.mark.parametrize("name", LAYERS)
def test_a_functional_model_with_an_unknown_batch_gives_the_same(name, close):
    subject = start(CASES[name])
    given = subject.inputs()
    nested = [list(given.args), dict(given.kwargs)]
    leaves = keras.tree.flatten(nested)
    symbols = [
        keras.Input(tuple(x.shape)[1:], dtype=keras.backend.standardize_dtype(x.dtype))
        for x in leaves
        if keras.ops.is_tensor(x)
    ]
    place = iter(symbols)
    args, kwargs = keras.tree.pack_sequence_as(
        nested, [next(place) if keras.ops.is_tensor(x) else x for x in leaves]
    )
    expected = keras.tree.flatten(subject.call(given))
    subject.rewind()
    outputs = subject.call(replace(given, args=tuple(args), kwargs=kwargs))
    model = keras.Model(symbols, keras.tree.flatten(outputs))
    actual = keras.tree.flatten(model([x for x in leaves if keras.ops.is_tensor(x)]))
    for got, want in zip(
        actual, map(keras.ops.convert_to_numpy, expected), strict=True
    ):
        if want.dtype.kind == "f":
            close(got, want, dtype=want.dtype.name)
        else:
            whole = keras.ops.convert_to_numpy(got)
            np.testing.assert_array_equal(whole, want, strict=True)
