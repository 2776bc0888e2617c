"""Checks that ask whether two runs of one backend agree, written plainly."""

from __future__ import annotations

from multibackend.parity.reproduce.draft import Plan
from multibackend.parity.reproduce.snippets import (
    AS_FLOAT32,
    COMPILED,
    NEIGHBOURS,
    UPDATES,
)
from multibackend.parity.reproduce.words import (
    Recipe,
    Words,
    call_of,
    function_of,
    inner,
    run_of,
    substituted,
)

__all__ = ["batch", "config", "determinism", "dtype", "jit", "layout", "mask", "spec"]


def jit(plan: Plan, words: Words, kind: str) -> Recipe:
    """The compiled function beside the plain one."""
    if plan.kind == "metric":
        message = (
            "a compiled metric hands its state over, which takes more than a few lines"
        )
        raise LookupError(message)
    fused = plan.output.startswith("fused")
    tensors = f"[{', '.join(words.tensors)}]"
    return Recipe(
        [
            *function_of(words, words.tensors),
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


def dtype(plan: Plan, words: Words, kind: str) -> Recipe:
    """The outputs of one variant beside those in float32, in float32 again."""
    variant = plan.output.partition("/")[0]
    if plan.kind == "metric":
        message = "a metric under another policy takes more than a few lines"
        raise LookupError(message)
    if not variant:
        return _accepts(plan, words)
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
        handed = substituted(words.given, words.floats, cast)
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


def _accepts(plan: Plan, words: Words) -> Recipe:
    """A function that takes a half precision on one backend only."""
    if plan.kind != "function":
        message = "which dtype differs is not known"
        raise LookupError(message)
    cast = substituted(words.given, words.floats, "keras.ops.cast({}, dtype)")
    return Recipe(
        [
            f"{words.object} = make()",
            f'half = [{words.object}({cast}) for dtype in ("float16", "bfloat16")]',
            "return as_float32(half)",
        ],
        helpers=[AS_FLOAT32],
    )


def spec(plan: Plan, words: Words, _kind: str) -> Recipe:
    """The symbolic shapes and dtypes beside the real ones."""
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
    symbols = substituted(words.given, words.tensors, "symbol({0})")
    symbolic = f"told(make()({symbols}))"
    if unknown:
        # No real tensor has an unknown axis: the symbols of two backends are compared.
        return Recipe([*told, f"return {symbolic}"])
    real = [f"{words.object} = make()", f"real = told({words.call})"]
    return Recipe([*told, *real, f"return {symbolic}, real"], related=True)


def config(plan: Plan, words: Words, _kind: str) -> Recipe:
    """The copy by its configuration beside the original."""
    thing = words.object
    lines = [
        f"{thing} = make()",
        f"again = type({thing}).from_config({thing}.get_config())",
    ]
    if plan.output == "config":
        told = f"str(again.get_config()), str({thing}.get_config())"
        return Recipe([*lines, f"return {told}"], related=True)
    if plan.kind in ("layer", "model"):
        lines += [
            f"again({words.given})  # builds its weights",
            f"for one, other in zip(again.weights, {thing}.weights):",
            "    one.assign(other)",
        ]
    return Recipe(
        [
            *lines,
            *inner("run", thing, run_of(plan, words)),
            f"return run(again), run({thing})",
        ],
        related=True,
        helpers=[UPDATES] if plan.kind == "optimizer" else [],
    )


def mask(plan: Plan, words: Words, _kind: str) -> Recipe:
    """The masks that come out, or the outputs beside those for other masked steps."""
    if not words.floats:
        message = "the mask is made from whole numbers inside the object"
        raise LookupError(message)
    first = words.floats[0]
    lines = [
        f"rows, steps = {first}.shape[:2]",
        "# Each row is one step shorter than the row before, and has one at least.",
        "lengths = np.maximum(1, steps - 1 - np.arange(rows))",
        "mask = keras.ops.convert_to_tensor(np.arange(steps) < lengths[:, None])",
    ]
    made = f"{words.object} = make()"
    if plan.output.startswith("propagated"):
        marked = substituted(words.given, [first], "Before(mask)({0})")
        return Recipe(
            [
                *lines,
                made,
                f"outputs = keras.tree.flatten({words.object}({marked}))",
                "return [Behind()(leaf) for leaf in outputs]",
            ],
            helpers=[NEIGHBOURS],
        )
    if not plan.output.startswith("altered"):
        call = f"{words.object}({words.given}, mask=mask)"
        return Recipe([*lines, made, f"return {call}"])
    wide = f"keras.ops.reshape(mask, (rows, steps) + (1,) * (len({first}.shape) - 2))"
    given = substituted(words.given, [first], "given")
    body = [made, f"return {words.object}({given}, mask=mask)"]
    if plan.output.startswith("altered in training"):
        state = f"{words.object}.non_trainable_weights"
        body = [
            made,
            f"outputs = {words.object}({given}, mask=mask, training=True)",
            f"return [outputs, {state}]",
        ]
    return Recipe(
        [
            *lines,
            f"wide = {wide}",
            f"moved = keras.ops.where(wide, {first}, {first} + 1.0)",
            *inner("run", "given", body),
            f"return run(moved), run({first})",
        ],
        related=True,
    )


def batch(_plan: Plan, words: Words, _kind: str) -> Recipe:
    """The even rows in other company beside the same rows."""
    if not words.tensors:
        message = "there is no input with rows"
        raise LookupError(message)
    other = "keras.ops.take({0}, places, axis=0)"
    others = substituted(words.given, words.tensors, other)
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


def layout(_plan: Plan, words: Words, _kind: str) -> Recipe:
    """The layer with channels first beside the one with channels last."""
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


def determinism(plan: Plan, words: Words, _kind: str) -> Recipe:
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
            outputs = f"[{call_of(words, training=True)}, {state}]"
    body = [
        "keras.utils.set_random_seed(1)",
        *run,
        f"return keras.tree.map_structure(plain, {outputs})",
    ]
    return Recipe(
        [
            *made,
            *inner("run", "", body),
            "first = run()",
            "return run(), first",
        ],
        related=True,
    )
