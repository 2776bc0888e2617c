"""The text of a function or class, and the names that it looks up elsewhere.

What a notebook or a test defines on the spot cannot be imported by another process, and
is carried as the text that defines it: never pickled, so that it can be read.
"""

from __future__ import annotations

import ast
import dis
import linecache
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from multibackend.errors import TargetError

__all__ = ["class_text", "function_text", "needed"]

_LOOKUPS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")

_Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def function_text(function: FunctionType, name: str) -> str:
    """The text that defines a function under this name, without its decorators.

    Its defaults are to be names of their own: `_default_name_0` and so on.

    Raises:
        TargetError: Its source cannot be had, or it assigns to names around it.
    """
    node = _node(function.__code__)
    _refuse_outer_names(node, function.__name__)
    for place, default in enumerate(_defaults(node)):
        default.id = f"_default_{name}_{place}"
    if isinstance(node, ast.Lambda):
        return f"{name} = {ast.unparse(node)}"
    node.name = name
    node.decorator_list = []
    return ast.unparse(ast.fix_missing_locations(node))


def class_text(given: type, name: str) -> str:
    """The text that defines a class under this name, with its decorators.

    Its bases are to be names of their own: `_base_name_0` and so on.

    Raises:
        TargetError: Its source cannot be had.
    """
    codes = [method.__code__ for method in methods(given)]
    for code in codes:
        for node in ast.walk(_tree(code)):
            if isinstance(node, ast.ClassDef) and node.name == given.__name__:
                lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
                if code.co_firstlineno in lines:
                    node.name = name
                    bases = range(len(node.bases))
                    node.bases = [ast.Name(f"_base_{name}_{n}") for n in bases]
                    return ast.unparse(node)
    raise _no_source(given.__qualname__)


def methods(given: type) -> list[FunctionType]:
    """The functions that a class itself defines, those behind a property included."""
    found: list[FunctionType] = []
    for value in vars(given).values():
        inner = getattr(value, "__func__", None) or getattr(value, "fget", None)
        # Keras wraps some methods when the class is made; the user's own is inside.
        some = getattr(inner or value, "__wrapped__", inner or value)
        if isinstance(some, FunctionType) and some.__qualname__.startswith(
            f"{given.__qualname__}."
        ):
            found.append(some)
    return found


def needed(given: FunctionType | type) -> dict[str, Any]:
    """What a function or class looks up around itself, by name; builtins left out."""
    if isinstance(given, FunctionType):
        return _needed_by(given)
    found: dict[str, Any] = {}
    for method in methods(given):
        found |= _needed_by(method)
        outer = _outer_names(class_text(given, given.__name__))
        found |= {n: method.__globals__[n] for n in outer if n in method.__globals__}
    _ = found.pop("__class__", None)
    return found


def _needed_by(function: FunctionType) -> dict[str, Any]:
    names = set(_looked_up(function.__code__))
    found = {n: v for n, v in function.__globals__.items() if n in names}
    cells = function.__closure__ or ()
    for name, cell in zip(function.__code__.co_freevars, cells, strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not assigned yet; the call itself will tell
            continue
    return found


def _looked_up(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in _LOOKUPS:
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _looked_up(constant)


def _outer_names(text: str) -> set[str]:
    """The names that a class statement itself looks up: decorators, defaults, values."""
    node = ast.parse(text).body[0]
    return {
        part.id
        for part in _outside_bodies(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    }


def _outside_bodies(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        if isinstance(node, _Defined) and field == "body":
            continue
        parts = value if isinstance(value, list) else [value]
        for part in parts:
            if isinstance(part, ast.AST):
                yield from _outside_bodies(part)


def _node(code: CodeType) -> _Defined:
    """The one definition that this code was compiled from."""
    found = [
        node
        for node in ast.walk(_tree(code))
        if isinstance(node, _Defined)
        and _first_line(node) == code.co_firstlineno
        and isinstance(node, ast.Lambda) == (code.co_name == "<lambda>")
    ]
    if len(found) > 1:  # lambdas of one line: the innermost that holds all of the code
        found = [node for node in found if _holds(node, code)]
    if not found:
        raise _no_source(code.co_qualname)
    return found[-1]


def _holds(node: _Defined, code: CodeType) -> bool:
    """Whether every instruction was compiled from inside the body of this lambda."""
    body = node.body
    places = [p for p in code.co_positions() if None not in p and any(p[2:])]
    if isinstance(body, list) or not places:
        return False
    start = (body.lineno, body.col_offset)
    end = (body.end_lineno or 0, body.end_col_offset or 0)
    return all(
        start <= (line or 0, column or 0) and (last or 0, stop or 0) <= end
        for line, last, column, stop in places
    )


def _first_line(node: _Defined) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def _tree(code: CodeType) -> ast.Module:
    linecache.checkcache(code.co_filename)
    text = "".join(linecache.getlines(code.co_filename))
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # cells with magic commands are kept translated
        tree = ast.Module([], [])
    if not tree.body:
        raise _no_source(code.co_qualname)
    return tree


def _defaults(node: _Defined) -> Iterator[ast.Name]:
    """A name in place of each default: of the positional ones, then of the others."""
    arguments = node.args
    for values in (arguments.defaults, arguments.kw_defaults):
        for place, value in enumerate(values):
            if value is not None:
                values[place] = name = ast.Name("", ast.Load())
                yield name


def _refuse_outer_names(node: ast.AST, name: str) -> None:
    for part in ast.walk(node):
        if isinstance(part, ast.Global | ast.Nonlocal):
            message = (
                f"Expected {name} to assign to names of its own, found "
                f"`{ast.unparse(part)}`. Return what it computes instead."
            )
            raise TargetError(message)


def _no_source(name: str) -> TargetError:
    message = (
        f"Expected the source of {name}, which another process needs, found none. "
        "Define it in a file, a notebook cell or an importable module, on a line of "
        "its own."
    )
    return TargetError(message)
