"""Writes a call of `check_agreement` as a case file that any process can run."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from multibackend.errors import CaseError
from multibackend.parity.agree.contents import Arrays, Contents, write_contents
from multibackend.parity.agree.parcel import Parcel, as_array, is_code
from multibackend.parity.cases.case import Arguments, Case
from multibackend.parity.record.atomic import make_folder, write_atomically
from multibackend.parity.run.captured import pack_inputs

__all__ = ["Question", "label_of", "write_case"]

#: The file's name; a case in it is `agreement:NAME`.
FILE = "agreement.py"


@dataclass(frozen=True)
class Question:
    """What is to be asked of what.

    Attributes:
        fn: A layer, loss, metric, optimizer, compiled model or function.
        inputs: What it is called on.
        name: The case's name.
        checks: The only checks to ask, or none to ask all that apply.
        skip: The checks not to ask, each with its reason.
        training: Whether the checks that train apply.
        reference: A NumPy function of the same inputs, or none.
    """

    fn: Any
    inputs: tuple[Any, ...]
    name: str
    checks: tuple[str, ...] = ()
    skip: Mapping[str, str] = field(default_factory=dict[str, str])
    training: bool = True
    reference: Any = None


def label_of(fn: Any) -> str:
    """A name for what is judged: the function's or the class's own."""
    name = getattr(fn, "__name__", None)
    if name is None and isinstance(fn, Case):
        name = fn.name.rpartition(":")[2]
    name = name or type(fn).__name__
    return "lambda" if name == "<lambda>" else str(name)


def write_case(question: Question, folder: Path) -> Path:
    """Writes the case file and its data.

    Returns:
        The case file, a target of `multibackend check`.

    Raises:
        TargetError: Something cannot be carried to another process.
        CaseError: A function that takes inputs was given none.
        OutputError: The folder cannot be written.
    """
    fn = question.fn.function if isinstance(question.fn, Case) else question.fn
    arrays: Arrays = {}
    values: dict[str, Any] = {}
    inside = Parcel(arrays, values, {}, set())
    name = _own_name(fn)
    inside.add(name, fn, seeded=True)
    inputs = pack_inputs(_nested(question.inputs), arrays, as_array)
    weights = next(
        (w.weights for w in inside.objects.values() if not w.set_weights), ()
    )
    beside = Parcel(arrays, values, inside.objects, inside.paths)
    if question.reference is not None:
        beside.add("_expected", question.reference)
    make_folder(folder)
    file = folder / FILE
    contents = Contents(inputs, values, inside.objects, weights)
    write_contents(file.with_suffix(".json"), contents, arrays)
    made = _returned(fn, name, question)
    text = _text(question, inside, beside, made, weights)
    write_atomically(file, text.encode("utf-8"))
    return file


def _own_name(fn: Any) -> str:
    """The name to define it by: a function that calls itself looks this up."""
    name = getattr(fn, "__name__", "")
    return name if is_code(fn) and name.isidentifier() else "_given"


def _returned(fn: Any, name: str, question: Question) -> str:
    """What the case returns: the object and its inputs, as `@case` takes them.

    A function without arguments makes the object, or all that a case returns.

    Raises:
        CaseError: A function that takes inputs was given none.
    """
    if not is_code(fn) or _needs_arguments(fn):
        if not question.inputs and is_code(fn):
            message = (
                f"Expected inputs behind {question.name}, received none. Call "
                f"check_agreement({question.name}, x)."
            )
            raise CaseError(message)
        return f"({name}, *_box.inputs())"
    return f"({name}(), *_box.inputs())" if question.inputs else f"{name}()"


def _needs_arguments(fn: Any) -> bool:
    try:
        return bool(inspect.signature(fn).parameters)
    except (TypeError, ValueError):  # NumPy's own functions have no signature
        return True


def _nested(inputs: Sequence[Any]) -> list[Any]:
    if len(inputs) == 1 and isinstance(inputs[0], Arguments):
        return [list(inputs[0].args), dict(inputs[0].kwargs)]
    return [list(inputs), {}]


def _text(
    question: Question,
    inside: Parcel,
    beside: Parcel,
    made: str,
    weights: Sequence[str],
) -> str:
    options = [f"name={question.name!r}", f"checks={list(question.checks)!r}"]
    options += [f"skip={dict(question.skip)!r}", f"training={question.training!r}"]
    if weights:
        options.append("weights=_box.weights")
    reference = ""
    if question.reference is not None:
        options.append("reference=_reference")
        reference = (
            "def _reference(*args, **kwargs):\n"
            f"{beside.text}\n    return _expected(*args, **kwargs)\n\n\n"
        )
    paths = sorted(map(str, inside.paths))
    return (
        '"""Written by multibackend.check_agreement: what it was asked, as a case."""\n\n'
        "from __future__ import annotations\n\n"
        "import sys\n\n"
        "import multibackend as _multibackend\n"
        "from multibackend.parity.agree.box import Box as _Box\n\n"
        f"sys.path += [path for path in {paths!r} if path not in sys.path]\n"
        "_box = _Box(__file__)\n\n\n"
        f"{reference}"
        f"@_multibackend.case({', '.join(options)})\n"
        "def _agreement():\n"
        f"{inside.text}\n"
        f"    return {made}\n"
    )
