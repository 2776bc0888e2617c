"""Takes a definition out of a user's own module, with the names that it needs.

The source is read and never run. What is defined in the user's own package or file is
copied; what comes from elsewhere, such as `keras`, stays an import.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

__all__ = ["Slice", "sliced"]

#: Reads the source of a module by its name; `None` for what is not the user's own.
Find = Callable[[str], str | None]


@dataclass(frozen=True)
class Slice:
    """Source text that stands alone.

    Attributes:
        text: Imports first, then definitions, in an order that runs.
        kept: The imports that could not be copied, of the user's own package.
        makers: The names that the text takes for makers of inputs, such as `normal`.
    """

    text: str
    kept: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()


def sliced(name: str, module: str, find: Find) -> Slice:
    r"""The definition of a name with everything it needs.

    Args:
        name: A name at the top level of a module.
        module: Where it is defined.
        find: Reads the source of a module of the user's own.

    Raises:
        LookupError: The name is not defined there, or two needed definitions of
            different modules share one name.

    Example:

    >>> source = "import math\nK = 2\ndef f(x):\n    return K * math.sqrt(x)\n"
    >>> print(sliced("f", "m", {"m": source}.get).text)
    import math
    <BLANKLINE>
    K = 2
    <BLANKLINE>
    def f(x):
        return K * math.sqrt(x)
    """
    taking = _Taking(find)
    _ = taking.take(name, module)
    imports = "\n".join(dict.fromkeys(taking.imports))
    parts = [imports, *taking.parts]
    return Slice(
        "\n\n".join(part for part in parts if part),
        tuple(dict.fromkeys(taking.kept)),
        tuple(dict.fromkeys(taking.makers)),
    )


# What this package hands out to declare a case: the program has its own.
_OURS = "multibackend"
_MAKERS = frozenset(
    ["arguments", "array", "integers", "mask", "normal", "tokens", "uniform"]
)


@dataclass
class _Module:
    """The statements at the top level of a module by the names they bind."""

    name: str
    source: str
    bound: dict[str, list[ast.stmt]] = field(default_factory=dict[str, list[ast.stmt]])

    def __post_init__(self) -> None:
        for statement in _top(ast.parse(self.source)):
            for name in _binds(statement):
                self.bound.setdefault(name, []).append(statement)


@dataclass
class _Taking:
    find: Find
    imports: list[str] = field(default_factory=list[str])
    parts: list[str] = field(default_factory=list[str])
    kept: list[str] = field(default_factory=list[str])
    makers: list[str] = field(default_factory=list[str])
    owner: dict[str, str] = field(default_factory=dict[str, str])
    modules: dict[str, _Module | None] = field(
        default_factory=dict[str, "_Module | None"]
    )

    def take(self, name: str, module: str) -> bool:
        """Takes the definition of a name; `False` where the module has none.

        Raises:
            LookupError: See `sliced`.
        """
        found = self._module(module)
        if found is None or name not in found.bound:
            if not self.owner:
                message = f"{module} defines no {name!r} at its top level"
                raise LookupError(message)
            return False
        if name in self.owner:
            if self.owner[name] != module:
                message = f"{self.owner[name]} and {module} both define {name!r}"
                raise LookupError(message)
            return True
        self.owner[name] = module
        for statement in found.bound[name]:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                self._import(statement, name, found)
            else:
                self._define(statement, found)
        return True

    def _module(self, name: str) -> _Module | None:
        if name not in self.modules:
            source = self.find(name)
            self.modules[name] = None if source is None else _Module(name, source)
        return self.modules[name]

    def _define(self, statement: ast.stmt, module: _Module) -> None:
        text = _text(statement, module)
        bound = _binds(statement)
        for needed in _needs(text):
            if needed in module.bound and needed not in bound:
                _ = self.take(needed, module.name)
        for name in bound:
            _ = self.owner.setdefault(name, module.name)
        if text not in self.parts:
            self.parts.append(text)

    def _import(
        self, statement: ast.Import | ast.ImportFrom, name: str, module: _Module
    ) -> None:
        alias = next(a for a in statement.names if _alias(a) == name)
        if isinstance(statement, ast.Import):
            plain = ast.unparse(ast.Import([alias]))
            if self.find(alias.name) is not None:
                self.kept.append(plain)
            self.imports.append(plain)
            return
        source = _absolute(statement, module.name)
        if source == "__future__":
            return
        if source.partition(".")[0] == _OURS and alias.name in _MAKERS:
            self.makers.append(name)
            return
        plain = ast.unparse(ast.ImportFrom(source, [alias], 0))
        if self.find(source) is not None:
            del self.owner[name]
            if alias.asname in (None, alias.name) and self.take(alias.name, source):
                return
            self.owner[name] = module.name
            self.kept.append(plain)
        self.imports.append(plain)


def _top(tree: ast.Module) -> Iterator[ast.stmt]:
    """The statements at the top level, those inside `if` and `try` among them."""
    for statement in tree.body:
        guarded = isinstance(statement, ast.If) and "__name__" in ast.unparse(
            statement.test
        )
        if not guarded:
            yield statement


def _binds(statement: ast.stmt) -> list[str]:
    """The names that a statement binds at the top level."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [statement.name]
        case ast.Import() | ast.ImportFrom():
            return [_alias(alias) for alias in statement.names]
        case _:
            stored = [
                node.id
                for node in ast.walk(statement)
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            ]
            inner = [
                _alias(alias)
                for node in ast.walk(statement)
                if isinstance(node, ast.Import | ast.ImportFrom)
                for alias in node.names
            ]
            return stored + inner


def _alias(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _absolute(statement: ast.ImportFrom, module: str) -> str:
    if not statement.level:
        return statement.module or ""
    above = module.split(".")[: -statement.level]
    return ".".join([*above, *filter(None, [statement.module])])


def _text(statement: ast.stmt, module: _Module) -> str:
    """The statement as it was written, without the decorator that declares a case."""
    lines = module.source.splitlines()
    text = lines[statement.lineno - 1 : statement.end_lineno]
    for decorator in reversed(getattr(statement, "decorator_list", [])):
        if not _declares(decorator, module):
            text = lines[decorator.lineno - 1 : decorator.end_lineno] + text
    return "\n".join(text)


def _declares(decorator: ast.expr, module: _Module) -> bool:
    """Whether a decorator is `@case`, `@case(...)` or `@multibackend.case`."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    text = ast.unparse(called)
    if text == f"{_OURS}.case":
        return True
    for statement in module.bound.get(text, ()):
        if isinstance(statement, ast.ImportFrom):
            source = _absolute(statement, module.name)
            names = [a.name for a in statement.names if _alias(a) == text]
            if source.partition(".")[0] == _OURS and names == ["case"]:
                return True
    return False


def _needs(text: str) -> list[str]:
    """The names of the module that a definition reads, in order."""
    read: list[str] = []

    def look(table: symtable.SymbolTable) -> None:
        for symbol in table.get_symbols():
            free = table.get_type() == "module" or symbol.is_global()
            if free and symbol.is_referenced():
                read.append(symbol.get_name())
        for child in table.get_children():
            look(child)

    look(symtable.symtable(text, "<definition>", "exec"))
    return list(dict.fromkeys(read))
