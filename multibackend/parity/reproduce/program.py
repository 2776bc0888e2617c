"""A draft as the text of a program: a head, how it is compared, and what is compared."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from multibackend.parity.reproduce import outcome, snippets
from multibackend.parity.reproduce.draft import RANGES, Draft, Plan
from multibackend.parity.reproduce.literals import array
from multibackend.parity.reproduce.recipes import recipe
from multibackend.parity.reproduce.words import Recipe, Words
from multibackend.parity.reproduce.writing import Writing

__all__ = ["Told", "program", "says"]


@dataclass(frozen=True)
class Told:
    """What the head of a program says.

    Attributes:
        lines: Sentences: what differs, where, and the command that asked.
        versions: Of Keras, NumPy and the frameworks.
        blamed: The backend that deviates.
        other: One that does not.
        bound: From which relative error on two values differ.
        kind: The kind of the difference.
        case: The name of the case, which its draws depend on.
    """

    lines: Sequence[str]
    versions: Mapping[str, str]
    blamed: str
    other: str
    bound: float
    kind: str = "value"
    case: str = ""


def program(draft: Draft, told: Told) -> str:
    """The whole file.

    Args:
        draft: What is compared.
        told: What its head says.

    Raises:
        LookupError: The check cannot be asked of this object in a few lines.
        TypeError: A value has no literal.
    """
    body, asked = _body(draft, told)
    imports, functions = _embedded()
    return "\n".join(
        [
            f'"""{_safe(_head(draft, told))}"""',
            "",
            imports,
            "",
            "",
            f"BLAMED, OTHER = {told.blamed!r}, {told.other!r}",
            "# Whether what comes out is compared with the backend's own plain run.",
            f"RELATED = {asked.related}",
            f"WIDE = {draft.plan.wide}  # float64",
            f"BOUND = {told.bound:.3g}  # from this relative error on, values differ",
            "",
            _RULE.format("How two backends are compared"),
            "",
            functions,
            "",
            "",
            'if __name__ == "__main__" and len(sys.argv) == 1:',
            "    # One fresh process a backend: each runs this file with an argument.",
            "    both = (__file__, BLAMED, OTHER)",
            "    sys.exit(compared(*both, related=RELATED, wide=WIDE, bound=BOUND))",
            "",
            _RULE.format("What is compared"),
            "",
            body,
            "",
            "",
            'if __name__ == "__main__":',
            "    found = outcome(yielded, plain, related=RELATED)",
            '    Path(sys.argv[1]).write_text(json.dumps(found), "utf-8")',
            "",
        ]
    )


def says(text: str, flag: str) -> bool:
    """Whether a program sets a flag such as `RELATED`."""
    return f"\n{flag} = True" in text


_RULE = "# ---- {}"


def _head(draft: Draft, told: Told) -> str:
    lines = [*told.lines, *draft.plan.remarks]
    versions = ", ".join(f"{name} {version}" for name, version in told.versions.items())
    return "\n".join(
        [
            f"{draft.plan.title} differs on {told.blamed}.",
            "",
            *lines,
            "",
            f"Seen with {versions}.",
            f"It needs Keras, NumPy, {told.blamed} and {told.other}. Run it with",
            "",
            "    python FILE",
            "",
            "It prints what both backends give. Its exit code is 1 where they differ,",
            "and 0 where the difference is gone.",
            "",
        ]
    )


def _safe(text: str) -> str:
    """Text that cannot leave the docstring it stands in."""
    printable = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    return printable.replace("\\", "/").replace('"', "'")


def _embedded() -> tuple[str, str]:
    """The imports and the functions of `outcome`, as text."""
    source = Path(outcome.__file__).read_text("utf-8")
    imports: list[str] = []
    functions: list[str] = []
    for statement in ast.parse(source).body[1:]:
        text = ast.get_source_segment(source, statement) or ""
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imports.append(text)
        else:
            functions.append(text)
    return "\n".join(imports), "\n\n\n".join(functions)


def _body(draft: Draft, told: Told) -> tuple[str, Recipe]:
    plan = draft.plan
    writing = Writing(draft)
    made, words = writing.text(plan.made), writing.words()
    asked = recipe(plan, words, kind=told.kind)
    head = ["import itertools", "import zlib", ""] if writing.cases else []
    making = _function("make", _making(plan, made, words, draft))
    yielding = _function("yielded", asked.lines)
    helpers = [snippets.PLAIN, snippets.TENSOR, snippets.DRAWN, *asked.helpers]
    own = [_embedded()[1], *helpers, *writing.lines, making, yielding]
    _refuse_taken(plan.sources, own)
    blocks = [
        "\n".join([*head, "import keras"]),
        *([snippets.WIDE] if plan.wide else []),
        *(
            snippets.MAKERS.replace("= {CASE}", f"= {told.case!r}")
            for _ in writing.cases[:1]
        ),
        *_unrepeated(plan.sources),
        snippets.PLAIN,
        *([snippets.TENSOR] if writing.lines else []),
        *([snippets.DRAWN] if plan.weights in RANGES else []),
        *asked.helpers,
        *(["\n".join(writing.lines)] if writing.lines else []),
        making,
        yielding,
    ]
    return "\n\n\n".join(block.strip("\n") for block in blocks), asked


def _unrepeated(sources: Sequence[str]) -> list[str]:
    """The user's own code without an import that the program has anyway."""
    texts = [re.sub(r"^import keras\n+", "", source) for source in sources]
    return [text for text in texts if text]


def _refuse_taken(sources: Sequence[str], own: Sequence[str]) -> None:
    """Raises `LookupError` where the user's code defines a name of the program's own."""
    taken = {name for text in own for name in _defined(text)}
    for source in sources:
        for name in _defined(source):
            if name in taken:
                message = f"the code under test defines {name!r}, as a program does"
                raise LookupError(message)


def _defined(text: str) -> list[str]:
    """The names that a text binds at its top level, imports of Keras aside."""
    found: list[str] = []
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            found.append(statement.name)
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            found += [
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            ]
    return found


def _function(name: str, lines: Sequence[str]) -> str:
    return "\n".join([f"def {name}():", *(f"    {line}".rstrip() for line in lines)])


def _making(plan: Plan, made: str, words: Words, draft: Draft) -> list[str]:
    """The object as it starts, its weights in place."""
    if plan.kind == "arrays" or not plan.weights:
        return [f"return {made}"]
    thing = words.object
    lines = [f"{thing} = {made}", f"{words.call}  # builds its weights"]
    if plan.weights in RANGES:
        low, high = RANGES[plan.weights]
        return [*lines, f"draw_weights({thing}, {low}, {high})", f"return {thing}"]
    lines.append("values = [")
    lines += [
        f"    {array(draft.arrays[name]) if name else None},  # {_safe(' '.join(label.split()))}"
        for name, label in zip(plan.given, plan.labelled, strict=True)
    ]
    return [
        *lines,
        "]",
        f"for weight, value in zip({thing}.weights, values, strict=True):",
        "    if value is not None:",
        "        weight.assign(value)",
        f"return {thing}",
    ]
