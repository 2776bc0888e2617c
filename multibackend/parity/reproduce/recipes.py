"""How each check is computed, written plainly: the lines that stand in a program."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from multibackend.parity.reproduce import relations
from multibackend.parity.reproduce.draft import Plan
from multibackend.parity.reproduce.snippets import DERIVED, TWICE, UPDATES
from multibackend.parity.reproduce.words import (
    Recipe,
    Words,
    call_of,
    function_of,
    run_of,
)

__all__ = ["REFUSED", "recipe"]

#: Checks without a reproducer, each with the reason.
REFUSED: Mapping[str, str] = {
    "build": "the inputs or the weights differ before anything is computed",
    "random": "what is drawn is compared by its distribution, which no few lines show",
    "save": "a file that one backend saved and another loads takes two programs",
    "record": "the records differ, and no computation does",
}


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
    if plan.kind == "arrays":
        return Recipe(["return make()"])
    return Recipe([f"{words.object} = make()", *run_of(plan, words)])


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
            f"outputs = {call_of(words, training=True)}",
            f"state = [plain(v) for v in {words.object}.non_trainable_weights]",
            f'return {{"outputs": outputs, "losses": list({words.object}.losses), '
            '"state": state}',
        ]
    )


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
    lines = function_of(words, words.floats)
    if plan.check == "grad_weights":
        lines[2:4] = ["def call():", f"    return {words.call}"]
    return Recipe([*lines, f"return {function}(call, {wanted})"], helpers=[helper])


def _state(plan: Plan, words: Words, _kind: str) -> Recipe:
    lines, thing = [f"{words.object} = make()", "found = []"], words.object
    if plan.kind == "metric":
        if plan.output.startswith("after reset"):
            return _reset(words)
        lines.append(f"{thing}.reset_state()")
        for batch in words.batches:
            lines += [
                f"{thing}.update_state({batch})",
                f"found.append([plain(v) for v in {thing}.variables])",
            ]
        return Recipe([*lines, "return found"])
    training = plan.output.startswith("training")
    call = call_of(words, training=training) if plan.trains else words.call
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
        return Recipe(["optimizer = make()", *run_of(plan, words)], helpers=[UPDATES])
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


_RECIPES: Mapping[str, Callable[[Plan, Words, str], Recipe]] = {
    "forward": _forward,
    "errors": _errors,
    "training": _training,
    "grad_inputs": _gradients,
    "grad_weights": _gradients,
    "hvp": _gradients,
    "jit": relations.jit,
    "dtype": relations.dtype,
    "spec": relations.spec,
    "config": relations.config,
    "state": _state,
    "fit": _fit,
    "mask": relations.mask,
    "batch": relations.batch,
    "layout": relations.layout,
    "determinism": relations.determinism,
}
