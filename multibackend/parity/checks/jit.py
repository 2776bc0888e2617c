"""`jit`: Does the framework's own compiler give what comes out without it?

A difference here is a model that answers differently once it is compiled: in
`fit`, which compiles by default, or when it is served.
"""

from __future__ import annotations

import re
from typing import Any

import keras

from multibackend.inputs import current
from multibackend.parity.checks.answer import AbstainError, Related
from multibackend.parity.checks.framework import framework
from multibackend.parity.checks.pure import Pure, pure
from multibackend.parity.checks.subject import Subject

KINDS = ("layer", "model", "loss", "metric", "function")

_LONGEST = 160

# How a place is told inside a message, unless it is one of the compiler's own.
_PLACE = re.compile(r'File "((?![^"]*/_dynamo/)[^"]+)", line (\d+)')


def observe(subject: Subject) -> Related:
    """Returns the outputs of the framework's compiler, and of the one with fusion.

    `compiled` is by jax.jit, tf.function or torch.compile; `fused` is by
    tf.function(jit_compile=True), and elsewhere `compiled` once more, as XLA and
    inductor always fuse.

    Raises:
        AbstainError: A compiler refuses what runs without it.
    """
    function = pure(subject)
    plain = _tensors(function.function(function.tensors))
    expected = {"compiled": plain, "fused": plain}
    if current().twin or subject.drew():
        # A twin is asked for `expected` alone; drawn numbers are for `random`.
        return Related(expected, expected)
    found: dict[str, Any] = {}
    for name, (title, compiler) in _compilers().items():
        subject.rewind()
        found[name] = _tensors(_compiled(title, compiler, function))
    if current().dtype == "float64":
        observed = expected | found
    else:
        observed = {"fused": found.get("compiled"), **found}
    return Related(observed, expected)


def _compilers() -> dict[str, Any]:
    """The compilers to ask: all in float32, and the quick ones in float64."""
    every: dict[str, Any] = framework().COMPILERS
    if current().dtype != "float64":
        return every
    # Inductor takes seconds a layer where the others take tenths of a second.
    return {} if keras.config.backend() == "torch" else {"compiled": every["compiled"]}


def _compiled(title: str, compiler: Any, function: Pure) -> Any:
    try:
        return compiler(function)
    except Exception as error:  # whatever a compiler raises where eager code ran
        reason = f"{title} refuses: {_reason(error)}"
        raise AbstainError(reason) from error


def _reason(error: BaseException) -> str:
    """The compiler's reason in one line, with the last place that it names."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    places = _PLACE.findall(str(error))
    if not places:
        return short
    path, line = places[-1]
    return f"{short} ({'/'.join(path.split('/')[-3:])}:{line})"


def _tensors(nested: Any) -> Any:
    """Plain numbers as tensors: compilers hand out nothing else."""
    return keras.tree.map_structure(
        lambda leaf: (
            keras.ops.convert_to_tensor(leaf)
            if isinstance(leaf, bool | int | float)
            else leaf
        ),
        nested,
    )
