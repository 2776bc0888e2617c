"""How each check is computed, written plainly: the lines that stand in a program."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from multibackend.parity.reproduce.draft import Plan
from multibackend.parity.reproduce.snippets import (
    AS_FLOAT32,
    COMPILED,
    DERIVED,
    NEIGHBOURS,
    TWICE,
    UPDATES,
)

__all__ = ["REFUSED", "Recipe", "Words", "recipe"]

#: Checks without a reproducer, each with the reason.
REFUSED: Mapping[str, str] = {
    "build": "the inputs or the weights differ before anything is computed",
    "random": "what is drawn is compared by its distribution, which no few lines show",
    "save": "a file that one backend saved and another loads takes two programs",
    "record": "the records differ, and no computation does",
}


@dataclass(frozen=True)
class Words:
    """What the program calls things.

    Attributes:
        object: The object, `layer`.
        given: The arguments of a call, `x, mask=x1`.
        floats: The float tensors among them, `["x"]`.
        tensors: All tensors among them, `["x", "x1"]`.
        batches: Of a metric the arguments of each batch.
        labels: The targets of a compiled model.
        bad: The arguments that must be refused.
    """

    object: str
    given: str
    floats: Sequence[str]
    tensors: Sequence[str]
    batches: Sequence[str] = ()
    labels: str = ""
    bad: str = ""

    @property
    def call(self) -> str:
        """The call of the object."""
        return f"{self.object}({self.given})"


@dataclass(frozen=True)
class Recipe:
    """The computation of a check.

    Attributes:
        lines: The body of the function that computes it.
        related: Whether it returns a pair: what comes out, and what must.
        helpers: Functions that it calls.
    """

    lines: Sequence[str]
    related: bool = False
    helpers: Sequence[str] = ()


def recipe(plan: Plan, words: Words, *, kind: str = "value") -> Recipe:
    """The computation of a check.

    Args:
        plan: What it is asked of.
        words: What the program calls things.
        kind: The kind of the difference: a shape or a dtype is compared with that of
            another backend, a value with the backend's own plain run where the check
            relates the two.

    Raises:
        LookupError: The check has none for such an object; the text says why.
    """
    if plan.check in REFUSED:
        raise LookupError(REFUSED[plan.check])
    write = _RECIPES.get(plan.check)
    if write is None:
        message = (
            f"no few lines of Keras and NumPy ask what the check {plan.check} asks"
        )
        raise LookupError(message)
    return write(plan, words, kind)


def _forward(plan: Plan, words: Words, _kind: str = "") -> Recipe:
    made = f"{words.object} = make()"
    if plan.kind == "arrays":
        return Recipe(["return make()"])
    if plan.kind == "schedule":
        steps = "[0, 1, 2, 5, 10, 100, 1000]"
        call = f'{words.object}(keras.ops.convert_to_tensor(step, "int32"))'
        return Recipe([made, f"return [{call} for step in {steps}]"])
    if plan.kind == "metric":
        lines = [made, "results = []"]
        for batch in words.batches:
            lines += [
                f"{words.object}.update_state({batch})",
                f"results.append(keras.tree.map_structure(plain, {words.object}.result()))",
            ]
        return Recipe([*lines, "return results"])
    return Recipe([made, f"return {words.call}"])


def _errors(plan: Plan, words: Words, kind: str) -> Recipe:
    if plan.bad is None:
        return _forward(plan, words, kind)
    made = [f"{words.object} = make()"]
    # Where weights are in place, `make` has built the object.
    built = [] if plan.weights else [f"{words.call}  # builds it"]
    return Recipe([*made, *built, f"return {words.object}({words.bad})"])


def _training(_plan: Plan, words: Words, _kind: str) -> Recipe:
    return Recipe(
        [
            f"{words.object} = make()",
            f"outputs = {_call(words, training=True)}",
            f"state = [plain(v) for v in {words.object}.non_trainable_weights]",
            f'return {{"outputs": outputs, "losses": list({words.object}.losses), '
            '"state": state}',
        ]
    )


def _call(words: Words, *, training: bool) -> str:
    extra = [words.given] if words.given else []
    return f"{words.object}({', '.join([*extra, f'training={training}'])})"


def _function(words: Words, tensors: Sequence[str]) -> list[str]:
    """A function of its tensors alone."""
    return [
        f"{words.object} = make()",
        "",
        f"def call({', '.join(tensors)}):",
        f"    return {words.call}",
        "",
    ]


def _gradients(plan: Plan, words: Words, _kind: str) -> Recipe:
    if plan.kind not in ("layer", "model", "loss", "function"):
        message = f"no gradient is taken of a {plan.kind}"
        raise LookupError(message)
    layer = plan.kind in ("layer", "model")
    variables = f"{words.object}.trainable_variables" if layer else "[]"
    floats = f"[{', '.join(words.floats)}]"
    of_weights, of_inputs = f"{variables}, []", f"[], {floats}"
    wanted = {
        "grad_inputs": of_inputs,
        "grad_weights": of_weights,
        "hvp": f"{variables}, {floats}",
    }[plan.check]
    function, helper = (
        ("twice_derived", TWICE) if plan.check == "hvp" else ("derived", DERIVED)
    )
    lines = _function(words, words.floats)
    if plan.check == "grad_weights":
        lines[2:4] = ["def call():", f"    return {words.call}"]
    return Recipe([*lines, f"return {function}(call, {wanted})"], helpers=[helper])


def _jit(plan: Plan, words: Words, kind: str) -> Recipe:
    if plan.kind == "metric":
        message = (
            "a compiled metric hands its state over, which takes more than a few lines"
        )
        raise LookupError(message)
    fused = plan.output.startswith("fused")
    tensors = f"[{', '.join(words.tensors)}]"
    return Recipe(
        [
            *_function(words, words.tensors),
            f"outputs = compiled(call, {tensors}, fused={fused})",
            *_pair("outputs", words.call, kind),
        ],
        related=_relates(kind),
        helpers=[COMPILED],
    )


def _relates(kind: str) -> bool:
    return kind in ("value", "nonfinite")


def _pair(observed: str, expected: str, kind: str) -> list[str]:
    """Returns what came out, beside what must where values are compared."""
    return [
        f"return {observed}, {expected}" if _relates(kind) else f"return {observed}"
    ]


def _dtype(plan: Plan, words: Words, kind: str) -> Recipe:
    variant = plan.output.partition("/")[0]
    if plan.kind == "metric":
        message = "a metric under another policy takes more than a few lines"
        raise LookupError(message)
    lines = [f"{words.object} = make()", f"expected = {words.call}"]
    if not variant.endswith(" inputs"):
        lines += [
            f"keras.config.set_dtype_policy({variant!r})",
            f"{words.object} = make()",
        ]
    handed = words.given
    if variant.endswith(" inputs") or plan.kind == "loss":
        dtype = variant.removesuffix(" inputs").removeprefix("mixed_")
        cast = f'keras.ops.cast({{}}, "{dtype}")'
        handed = _substituted(words.given, words.floats, cast)
    lines += [
        f"outputs = {words.object}({handed})",
        'keras.config.set_dtype_policy("float32")',
    ]
    if not _relates(kind):
        return Recipe([*lines, "return outputs"])
    return Recipe(
        [*lines, "return as_float32(outputs), as_float32(expected)"],
        related=True,
        helpers=[AS_FLOAT32],
    )


def _substituted(given: str, names: Sequence[str], form: str) -> str:
    for name in names:
        given = re.sub(rf"(?<![\w.]){name}(?![\w=])", form.format(name), given)
    return given


def _spec(plan: Plan, words: Words, _kind: str) -> Recipe:
    unknown = plan.output.startswith("unknown")
    shape = ["shape = tuple(leaf.shape)"]
    if unknown:
        shape.append("shape = (None, *shape[1:])")
    if plan.output.startswith("unknown batch and"):
        shape += ["if len(shape) > 2:", "    shape = (None, None, *shape[2:])"]
    dtype = "keras.backend.standardize_dtype(leaf.dtype)"
    told = [
        "def symbol(leaf):",
        *(f"    {line}" for line in shape),
        f"    return keras.KerasTensor(shape, {dtype})",
        "",
        "def told(outputs):",
        "    return [",
        f'        f"{{tuple(leaf.shape)}} {{{dtype}}}"',
        "        for leaf in keras.tree.flatten(outputs)",
        "    ]",
        "",
    ]
    symbols = _substituted(words.given, words.tensors, "symbol({0})")
    symbolic = f"told(make()({symbols}))"
    if unknown:
        # No real tensor has an unknown axis: the symbols of two backends are compared.
        return Recipe([*told, f"return {symbolic}"])
    real = [f"{words.object} = make()", f"real = told({words.call})"]
    return Recipe([*told, *real, f"return {symbolic}, real"], related=True)


def _config(plan: Plan, words: Words, _kind: str) -> Recipe:
    lines = [
        f"{words.object} = make()",
        f"again = type({words.object}).from_config({words.object}.get_config())",
    ]
    if plan.kind in ("layer", "model"):
        lines += [
            f"again({words.given})  # builds its weights",
            f"for one, other in zip(again.weights, {words.object}.weights):",
            "    one.assign(other)",
        ]
    elif plan.kind not in ("loss", "function"):
        message = (
            f"the written configuration of a {plan.kind} takes more than a few lines"
        )
        raise LookupError(message)
    if plan.output == "config":
        told = f"str(again.get_config()), str({words.object}.get_config())"
        return Recipe([*lines, f"return {told}"], related=True)
    return Recipe([*lines, f"return again({words.given}), {words.call}"], related=True)


def _state(plan: Plan, words: Words, _kind: str) -> Recipe:
    lines, thing = [f"{words.object} = make()", "found = []"], words.object
    if plan.kind == "metric":
        if plan.output.startswith("after reset"):
            return _reset(words)
        for batch in words.batches:
            lines += [
                f"{thing}.update_state({batch})",
                f"found.append([plain(v) for v in {thing}.variables])",
            ]
        return Recipe([*lines, "return found"])
    training = plan.output.startswith("training")
    call = _call(words, training=training) if plan.trains else words.call
    return Recipe(
        [
            *lines,
            "for _ in range(2):",
            f"    {call}",
            f"    found.append([plain(v) for v in {thing}.non_trainable_variables])",
            "return found",
        ]
    )


def _reset(words: Words) -> Recipe:
    """The first batch once more, after all batches and a reset."""
    thing, (first, *others) = words.object, words.batches
    return Recipe(
        [
            f"{thing} = make()",
            f"{thing}.update_state({first})",
            f"expected = keras.tree.map_structure(plain, {thing}.result())",
            *(f"{thing}.update_state({batch})" for batch in others),
            f"{thing}.reset_state()",
            f"{thing}.update_state({first})",
            f"return {thing}.result(), expected",
        ],
        related=True,
    )


def _fit(plan: Plan, words: Words, _kind: str) -> Recipe:
    if plan.kind == "optimizer":
        return Recipe(
            ["optimizer = make()", "return updates(optimizer)"], helpers=[UPDATES]
        )
    thing = words.object
    return Recipe(
        [
            f"{thing} = make()",
            "steps = []",
            "for _ in range(3):",
            f"    logs = {thing}.train_on_batch({words.given}, {words.labels}, "
            "return_dict=True)",
            "    logs = {name: float(plain(value)) for name, value in logs.items()}",
            f"    weights = [plain(v) for v in {thing}.weights]",
            '    steps.append({"logs": logs, "weights": weights})',
            "return steps",
        ]
    )


def _mask(plan: Plan, words: Words, _kind: str) -> Recipe:
    if not words.floats:
        message = "the mask is made from whole numbers inside the object"
        raise LookupError(message)
    first = words.floats[0]
    lines = [
        f"rows, steps = {first}.shape[:2]",
        "# Each row is one step shorter than the row before, and has one at least.",
        "lengths = np.maximum(1, steps - 1 - np.arange(rows))",
        "mask = keras.ops.convert_to_tensor(np.arange(steps) < lengths[:, None])",
        f"{words.object} = make()",
    ]
    if plan.output.startswith("propagated"):
        marked = _substituted(words.given, [first], "Before(mask)({0})")
        return Recipe(
            [
                *lines,
                f"outputs = keras.tree.flatten({words.object}({marked}))",
                "return [Behind()(leaf) for leaf in outputs]",
            ],
            helpers=[NEIGHBOURS],
        )
    lines.append(f"outputs = {words.object}({words.given}, mask=mask)")
    if not plan.output.startswith("altered"):
        return Recipe([*lines, "return outputs"])
    wide = f"keras.ops.reshape(mask, (rows, steps) + (1,) * (len({first}.shape) - 2))"
    moved = _substituted(words.given, [first], "moved")
    return Recipe(
        [
            *lines,
            f"wide = {wide}",
            f"moved = keras.ops.where(wide, {first}, {first} + 1.0)",
            f"return {words.object}({moved}, mask=mask), outputs",
        ],
        related=True,
    )


def _batch(_plan: Plan, words: Words, _kind: str) -> Recipe:
    if not words.tensors:
        message = "there is no input with rows"
        raise LookupError(message)
    other = "keras.ops.take({0}, places, axis=0)"
    others = _substituted(words.given, words.tensors, other)
    return Recipe(
        [
            "# Every odd row is replaced by a copy of the first.",
            f"places = np.arange({words.tensors[0]}.shape[0])",
            'places = np.where(places % 2, 0, places).astype("int32")',
            f"{words.object} = make()",
            f"expected = keras.tree.flatten({words.call})",
            f"outputs = keras.tree.flatten({words.object}({others}))",
            "return [leaf[::2] for leaf in outputs], [leaf[::2] for leaf in expected]",
        ],
        related=True,
    )


def _layout(_plan: Plan, words: Words, _kind: str) -> Recipe:
    if not words.floats:
        message = "its images are no floats"
        raise LookupError(message)
    first, thing = words.floats[0], words.object
    return Recipe(
        [
            f"{thing} = make()",
            f'config = {thing}.get_config() | {{"data_format": "channels_first"}}',
            f"other = type({thing}).from_config(config)",
            f"images = keras.ops.moveaxis({first}, -1, 1)",
            "other(images)  # builds its weights",
            f"for one, value in zip(other.weights, {thing}.weights):",
            "    one.assign(value)",
            "outputs = other(images)",
            f"if len(outputs.shape) == len({first}.shape):",
            "    outputs = keras.ops.moveaxis(outputs, 1, -1)",
            f"return outputs, {words.call}",
        ],
        related=True,
    )


def _determinism(plan: Plan, words: Words, _kind: str) -> Recipe:
    """The same object twice from the same start: it may count outside its weights."""
    thing = words.object
    made, run = [f"{thing} = make()"], list[str]()
    outputs = words.call
    if plan.kind == "metric":
        run = [
            f"{thing}.reset_state()",
            *(f"{thing}.update_state({batch})" for batch in words.batches),
        ]
        outputs = f"{thing}.result()"
    elif plan.kind in ("layer", "model"):
        made.append(f"start = [plain(v) for v in {thing}.variables]")
        run = [
            f"for variable, value in zip({thing}.variables, start):",
            "    variable.assign(value)",
        ]
        if plan.output == "training":
            state = f"{thing}.non_trainable_weights"
            outputs = f"[{_call(words, training=True)}, {state}]"
    body = [
        "keras.utils.set_random_seed(1)",
        *run,
        f"return keras.tree.map_structure(plain, {outputs})",
    ]
    return Recipe(
        [
            *made,
            "",
            "def run():",
            *(f"    {line}" for line in body),
            "",
            "first = run()",
            "return run(), first",
        ],
        related=True,
    )


_RECIPES: Mapping[str, Callable[[Plan, Words, str], Recipe]] = {
    "forward": _forward,
    "errors": _errors,
    "training": _training,
    "grad_inputs": _gradients,
    "grad_weights": _gradients,
    "hvp": _gradients,
    "jit": _jit,
    "dtype": _dtype,
    "spec": _spec,
    "config": _config,
    "state": _state,
    "fit": _fit,
    "mask": _mask,
    "batch": _batch,
    "layout": _layout,
    "determinism": _determinism,
}
