"""From targets to cases: imports a module or a file and finds what is in it."""

from __future__ import annotations

import importlib
import importlib.util
import math
import pkgutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from multibackend.errors import CaseError, TargetError
from multibackend.parity.cases.case import Case, declared_in, forget
from multibackend.parity.cases.edited import drop_edited

__all__ = ["OWN", "Target", "dotted", "drop", "parse", "precheck", "select"]

#: What is run when no target is given: this package's own cases.
OWN = "multibackend.parity.cases.declared"

_FORMS = "pkg.module, pkg.module:name, path/file.py or path/file.py::name"


@dataclass(frozen=True)
class Target:
    """A target taken apart: a file or a module, and a name in it or all of them."""

    text: str
    module: str
    file: Path | None = None
    name: str | None = None


def parse(text: str) -> Target:
    """Takes a target apart.

    Args:
        text: `pkg.module`, `pkg.module:name`, `path/file.py` or `path/file.py::name`.

    Raises:
        TargetError: The text has none of these forms.
    """
    place, separator, name = text.partition("::")
    if place.endswith(".py"):
        file = Path(place)
        return Target(text, dotted(file), file, name or None)
    module, colon, name = text.partition(":")
    well_formed = all(part.isidentifier() for part in module.split("."))
    if separator or not well_formed or (colon and not name):
        message = f"Expected a target such as {_FORMS}, received {text!r}."
        raise TargetError(message)
    return Target(text, module, None, name or None)


def dotted(file: Path) -> str:
    """A module name for a file: `tests/cases/one.py` is `tests.cases.one`."""
    resolved = file.resolve()
    here = Path.cwd()
    inside = resolved.is_relative_to(here)
    parts = (resolved.relative_to(here) if inside else Path(resolved.name)).parts
    return ".".join(part.removesuffix(".py").replace("-", "_") for part in parts)


def precheck(targets: Sequence[str]) -> None:
    """Finds what is plainly wrong, importing nothing.

    Raises:
        TargetError: A file or a top-level package does not exist.
    """
    for target in map(parse, targets):
        if target.file is not None:
            if not target.file.is_file():
                message = (
                    f"Expected the file of target {target.text!r} to exist, found none "
                    f"at {target.file.resolve()}. Check the path."
                )
                raise TargetError(message)
            continue
        top = target.module.partition(".")[0]
        if top not in sys.modules and importlib.util.find_spec(top) is None:
            message = (
                f"Expected target {target.text!r} to be importable, found no module "
                f"{top!r}. Install it or run from the folder that holds it."
            )
            raise TargetError(message)


def drop(targets: Sequence[str], *, since: float = math.inf) -> None:
    """Forgets what must be read again.

    Args:
        targets: The files among them are forgotten; they may be others by now.
        since: When the modules that are loaded were imported. If one of the user's own
            was edited since, all of them are forgotten.
    """
    for name in drop_edited(since):
        forget(name)
    for target in map(parse, targets):
        if target.file is not None:
            _ = sys.modules.pop(target.module, None)


def select(targets: Sequence[str]) -> tuple[Case, ...]:
    """Imports the targets and returns their cases, in the order of declaration.

    Raises:
        TargetError: A target does not exist, does not import or declares no case.
        CaseError: Two cases have one name.
    """
    cases: dict[str, Case] = {}
    for target in map(parse, targets):
        for found in _cases_of(target):
            other = cases.setdefault(found.name, found)
            if other is not found:
                message = (
                    f"Expected every case to have a name of its own, received "
                    f"{found.name!r} twice: {other.file}:{other.line} and "
                    f"{found.file}:{found.line}. Rename one or pass name=."
                )
                raise CaseError(message)
    return tuple(cases.values())


def _cases_of(target: Target) -> list[Case]:
    """The cases that a target declares, or else those that are made of what it offers."""
    modules = list(_modules(target))
    found = [case for module in modules for case in declared_in(module.__name__)]
    named = [case for case in found if _name(case) == target.name]
    if named or (found and target.name is None):
        return named or found
    made = _made_of(modules)
    if target.name is not None:
        named = [case for case in made if _name(case) == target.name]
        if not named:
            names = ", ".join(map(_name, found or made)) or "none"
            message = (
                f"Expected a case {target.name!r} in {target.text!r}, or a layer, loss, "
                f"metric, optimizer or function of this name, found {names}. Correct the "
                "name, or decorate a function with @multibackend.case."
            )
            raise TargetError(message)
        return named
    if not made:
        message = (
            f"Expected target {target.text!r} to declare a case, or to offer a layer, a "
            "loss, a metric or an optimizer, found none. Decorate a function with "
            "@multibackend.case."
        )
        raise TargetError(message)
    return made


def _made_of(modules: list[ModuleType]) -> list[Case]:
    # What has not imported Keras offers nothing of Keras.
    if "keras" not in sys.modules:
        return []
    from multibackend.parity.cases.found.cases import made_of

    return made_of(modules)


def _name(case: Case) -> str:
    return case.name.partition(":")[2]


def _modules(target: Target) -> Iterator[ModuleType]:
    module = _import(target)
    yield module
    for inner in pkgutil.walk_packages(
        getattr(module, "__path__", ()), f"{module.__name__}."
    ):
        if not inner.name.endswith(".__main__"):  # importing that would run it
            yield _import(Target(target.text, inner.name))


def _import(target: Target) -> ModuleType:
    try:
        if target.file is None:
            return importlib.import_module(target.module)
        return _import_file(target.module, target.file)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        message = (
            f"Expected target {target.text!r} to import, received {type(error).__name__}: "
            f"{error}{_place(error)}. Import it by hand to see the whole "
            "traceback."
        )
        raise TargetError(message) from error


def _place(error: BaseException) -> str:
    """Where it was raised; a syntax error and a missing module say it themselves."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    inside = last.filename.startswith("<frozen importlib")
    return "" if inside else f" ({last.filename}:{last.lineno})"


def _import_file(name: str, file: Path) -> ModuleType:
    loaded = sys.modules.get(name)
    if loaded is not None and Path(loaded.__file__ or "") == file.resolve():
        return loaded  # two targets in one file: its cases are declared once
    spec = importlib.util.spec_from_file_location(name, file.resolve())
    if spec is None or spec.loader is None:
        message = f"{file} is no Python file"
        raise ImportError(message)
    module = importlib.util.module_from_spec(spec)
    forget(name)  # what another file of this name declared
    sys.modules[name] = module
    sys.path.insert(0, str(file.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        forget(name)
        raise
    finally:
        sys.path.remove(str(file.resolve().parent))
    return module
