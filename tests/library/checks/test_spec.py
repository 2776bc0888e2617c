"""`spec` on one backend: shapes and dtypes worked out by hand, and wrong promises."""

import keras
import pytest

from multibackend.inputs import integers, normal, tokens
from multibackend.parity.cases.case import Case
from multibackend.parity.checks.answer import NotApplicableError
from multibackend.parity.checks.shapes import expected_shape
from multibackend.parity.checks.table import load
from multibackend.parity.run.observe import Observer

KNOWN, BATCH = "known", "unknown batch"
STEPS = "unknown batch and second axis"


class Scaled(keras.layers.Layer):
    """Doubles its input, and promises what `promise` says of its shape."""

    promise = staticmethod(lambda shape: shape)

    def call(self, inputs):
        return inputs * 2

    def compute_output_shape(self, input_shape):
        return self.promise(tuple(input_shape))


class Whole(Scaled):
    """Hands out whole numbers, and promises floats."""

    def call(self, inputs):
        return keras.ops.cast(inputs, "int32")


def promising(promise):
    layer = Scaled()
    layer.promise = promise
    return layer


def told(answer, variant, place=0):
    return [
        str(answer.outputs[f"{variant}/output {place}/{what}"])
        for what in ("shape", "dtype")
    ]


def test_a_dense_layer_is_asked_with_a_known_and_an_unknown_batch(ask, broken):
    def case():
        return keras.layers.Dense(8), normal(4, 3)

    answer = ask("spec", case)

    assert told(answer, KNOWN) == ["(4, 8)", "float32"]
    assert told(answer, BATCH) == ["(None, 8)", "float32"]
    assert not [name for name in answer.outputs if name.startswith(STEPS)]
    assert broken("spec", case) == {}


def test_the_steps_of_a_sequence_are_unknown_too(ask):
    answer = ask(
        "spec", lambda: (keras.layers.LSTM(5, return_sequences=True), normal(4, 6, 3))
    )

    assert told(answer, STEPS) == ["(None, None, 5)", "float32"]
    assert str(answer.expected[f"{STEPS}/output 0/shape"]) == "(None, None, 5)"


@pytest.mark.parametrize(
    "make",
    [
        lambda: (keras.layers.Dense(1), normal(1, 1, 1)),
        lambda: (keras.layers.Dense(4), normal(4, 4, 4)),
        lambda: (keras.layers.GRU(4), normal(4, 4, 4)),
        lambda: (keras.layers.LSTM(3, return_state=True), normal(2, 5, 3)),
        lambda: (keras.layers.Conv2D(2, 3, strides=2), normal(2, 7, 9, 1)),
        lambda: (keras.layers.GlobalAveragePooling2D(), normal(2, 4, 4, 2)),
        lambda: (keras.layers.Flatten(), normal(2, 4, 3)),
        lambda: (keras.layers.Embedding(9, 4), tokens(2, 3, vocabulary=9)),
        lambda: (keras.layers.EinsumDense("abc,cd->abd", (None, 7)), normal(4, 6, 8)),
        lambda: (keras.layers.Dense(3, dtype="mixed_bfloat16"), normal(4, 2)),
        lambda: (keras.layers.Concatenate(axis=1), [normal(2, 3, 4), normal(2, 5, 4)]),
        lambda: (keras.ops.matmul, normal(3, 4), normal(4, 5)),
        lambda: (keras.ops.add, normal(1, 4), normal(3, 4)),
        lambda: (keras.ops.argmax, normal(3, 4)),
    ],
    ids=[
        "one of everything",
        "equal sizes",
        "a recurrent layer",
        "states",
        "a strided convolution",
        "global pooling",
        "flatten",
        "tokens",
        "einsum",
        "mixed precision",
        "concatenate",
        "matmul",
        "broadcasting",
        "argmax",
    ],
)
def test_what_keras_promises_is_not_called_wrong(make, broken):
    assert broken("spec", make) == {}


@pytest.mark.parametrize(
    ("promise", "wrong"),
    [
        (lambda shape: (*shape[:-1], 9), {KNOWN, BATCH, STEPS}),
        (lambda shape: shape[:-1], {KNOWN, BATCH, STEPS}),
        (lambda shape: (4, *shape[1:]), {BATCH, STEPS}),
        (lambda shape: (shape[0], 6, shape[2]), {STEPS}),
    ],
    ids=["another size", "another rank", "a batch of its own", "steps of its own"],
)
def test_a_wrong_compute_output_shape_is_found(promise, wrong, broken):
    found = broken("spec", lambda: (promising(promise), normal(4, 6, 3)))

    assert set(found) == {f"{variant}/output 0/shape" for variant in wrong}


def test_a_wrong_symbolic_dtype_is_found(broken):
    found = broken("spec", lambda: (Whole(), normal(4, 3)))

    assert set(found.values()) == {"float32"}
    assert f"{KNOWN}/output 0/dtype" in found


def test_an_axis_left_unknown_without_need_is_told_to_be_compared(ask, broken):
    """It is no error of one backend alone, yet all must leave the same unknown."""

    def case():
        return promising(lambda shape: (shape[0], None)), normal(4, 3)

    answer = ask("spec", case)

    assert broken("spec", case) == {}
    assert str(answer.outputs[f"{KNOWN}/output 0/unknown"]) == "[1]"
    assert f"{KNOWN}/output 0/unknown" not in answer.expected


def test_a_layer_that_refuses_unknown_batches_is_asked_without_them(ask):
    def promise(shape):
        return tuple(int(size) for size in shape)

    answer = ask("spec", lambda: (promising(promise), normal(4, 3)))

    assert {name.partition("/")[0] for name in answer.outputs} == {KNOWN}


def test_a_function_that_takes_no_symbolic_tensor_is_not_asked(ask):
    with pytest.raises(NotApplicableError, match=r"takes no symbolic tensor: \w+: "):
        ask("spec", lambda: (lambda x: keras.ops.convert_to_numpy(x) + 1, normal(3)))


def test_why_a_function_was_not_asked_is_handed_on():
    """Where another backend asks it, the verdict has to say why this one did not."""

    def function():
        return (lambda x: keras.ops.convert_to_numpy(x) + 1), normal(3)

    silent: dict[str, str] = {}
    observer = Observer((load("spec"),), twins=0, reruns=0, float64=None)
    case = Case("m:case", function, __file__, 1)
    (built,) = observer.observe(case, silent=silent.__setitem__)

    assert built.check == "build"
    assert "takes no symbolic tensor" in silent["spec"]


def test_whole_numbers_are_asked_about_as_well(broken):
    assert broken("spec", lambda: (keras.ops.sum, integers(3, 4, high=9))) == {}


@pytest.mark.parametrize(
    ("claimed", "real", "moving", "due"),
    [
        ((None, 8), (4, 8), {0}, (None, 8)),
        ((4, 8), (4, 8), {0}, (None, 8)),
        ((4, 8), (4, 8), set(), (4, 8)),
        ((None, None), (4, 8), {0}, (None, None)),
        ((None,), (4, 8), {0}, (None, 8)),
        ((), (), set(), ()),
    ],
)
def test_the_shape_that_is_due(claimed, real, moving, due):
    assert expected_shape(claimed, real, moving) == due
