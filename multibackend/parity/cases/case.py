"""`Case` and the decorator `@case`: what is run. Imports no framework and no Keras."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast, overload

from multibackend.errors import CaseError

__all__ = [
    "Arguments",
    "Bad",
    "Case",
    "arguments",
    "bad_inputs",
    "case",
    "declare",
    "declared_in",
    "forget",
]


@dataclass(frozen=True)
class Arguments:
    """Inputs with keywords, as `layer(*args, **kwargs)` takes them."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


def arguments(*args: Any, **kwargs: Any) -> Arguments:
    """Inputs of a case that need a keyword: `return layer, arguments(x, mask=m)`."""
    return Arguments(args, kwargs)


#: Bad inputs by name, or a function that draws them.
Bad = Mapping[str, Any] | Callable[[], Mapping[str, Any]]


@dataclass(frozen=True)
class Case:
    """A named, deterministic piece of Keras code with its inputs.

    Attributes:
        name: `module:function`, or `module:name` where a name was given.
        function: Called inside the child process, under the chosen backend.
        file: Where it is declared.
        line: In which line.
        reference: A NumPy function of the same inputs that gives the expected
            output of the `forward` check.
        checks: The only checks to ask, or none to ask all that apply.
        skip: The checks not to ask, each with its reason.
        elsewhere: The checks that another case of the same object is asked.
        training: Whether the checks that train apply.
        bad: Inputs that must be refused, for the check `errors`; see `bad_inputs`.
        weights: Returns the float weights to start from, in the order of the object's
            own; seeded ones by default.
    """

    name: str
    function: Callable[[], Any]
    file: str
    line: int
    reference: Callable[..., Any] | None = None
    checks: tuple[str, ...] = ()
    skip: Mapping[str, str] = field(default_factory=dict[str, str])
    elsewhere: tuple[str, ...] = ()
    training: bool = True
    bad: Bad = field(default_factory=dict[str, Any])
    weights: Callable[[], Sequence[Any]] | None = None

    def __call__(self) -> Any:
        """Builds what the case declares: calls the function."""
        return self.function()


def bad_inputs(case: Case) -> dict[str, Arguments | Callable[[], Any]]:
    """What a case lists as bad inputs: arguments of a call, or a call of its own.

    Args:
        case: The case; where `bad` is a function, it is called.

    Returns:
        By name: the arguments to call the object with, or a function without
        arguments that must refuse, such as `lambda: Dense(-1)`.

    Raises:
        CaseError: It is no mapping from names, or a function takes arguments.
    """
    listed: Any = case.bad() if callable(case.bad) else case.bad
    return _listed(listed, case.name)


def _listed(listed: Any, label: str) -> dict[str, Arguments | Callable[[], Any]]:
    if not isinstance(listed, Mapping):
        message = (
            f"Expected `bad` of case {label!r} to map names to inputs, received "
            f"{type(listed).__name__}. Write bad={{'wrong width': normal(4, 5)}}."
        )
        raise CaseError(message)
    found: dict[str, Arguments | Callable[[], Any]] = {}
    for name, given in cast("Mapping[Any, Any]", listed).items():
        if not isinstance(name, str) or not name.strip() or "/" in name:
            message = (
                f"Expected each bad input of case {label!r} to have a name without a "
                f"slash, received {name!r}. Say in words what is wrong with it."
            )
            raise CaseError(message)
        if callable(given):
            _refuse_arguments(given, f"bad input {name!r} of case {label!r}")
            found[name] = given
        elif isinstance(given, Arguments):
            found[name] = given
        else:
            found[name] = Arguments(given if isinstance(given, tuple) else (given,), {})
    return found


# Every declaration by module, in order: a second function of one name would
# otherwise hide the first one in its module.
_DECLARED: dict[str, list[Case]] = {}


def declared_in(module: str) -> tuple[Case, ...]:
    """The cases that the module of this name declared, in order."""
    return tuple(_DECLARED.get(module, ()))


def declare(module: str, case: Case) -> None:
    """Adds a case to those of a module, as the decorator does."""
    _DECLARED.setdefault(module, []).append(case)


def forget(module: str) -> None:
    """Drops what the module of this name declared, as it did not import whole."""
    _ = _DECLARED.pop(module, None)


@overload
def case(function: Callable[[], Any], /) -> Case: ...
@overload
def case(
    *,
    name: str | None = None,
    reference: Callable[..., Any] | None = None,
    checks: tuple[str, ...] | list[str] = (),
    skip: Mapping[str, str] | None = None,
    elsewhere: tuple[str, ...] | list[str] = (),
    training: bool = True,
    bad: Bad | None = None,
    weights: Callable[[], Sequence[Any]] | None = None,
) -> Callable[[Callable[[], Any]], Case]: ...


def case(
    function: Callable[[], Any] | None = None,
    /,
    *,
    name: str | None = None,
    reference: Callable[..., Any] | None = None,
    checks: tuple[str, ...] | list[str] = (),
    skip: Mapping[str, str] | None = None,
    elsewhere: tuple[str, ...] | list[str] = (),
    training: bool = True,
    bad: Bad | None = None,
    weights: Callable[[], Sequence[Any]] | None = None,
) -> Case | Callable[[Callable[[], Any]], Case]:
    """Declares a case: a function without arguments that returns what to compare.

    It returns a layer and its inputs, a loss and `(y_true, y_pred)`, a metric and
    its batches, an optimizer, a compiled model and `(x, y)`, a plain function and
    its inputs, or arrays. What it returns decides which checks apply.

    Args:
        function: The function, when the decorator stands without parentheses.
        name: Another name than the function's.
        reference: A NumPy function of the same inputs: agreement among backends
            is not correctness.
        checks: The only checks to ask; all that apply by default.
        skip: Checks not to ask, each with its reason; the report shows them.
        elsewhere: Checks that another case of the same object is asked, so that this
            one need not be: they take the most time.
        training: `False` leaves out the checks that train.
        bad: Inputs that every backend must refuse with the same class of error, by
            name: one array, a tuple of arguments, `arguments(...)`, or a function
            without arguments that must refuse, such as `lambda: Dense(-1)`. Or a
            function that returns such a mapping: it is called under the backend, and
            may import Keras and draw inputs.
        weights: A function that returns the float weights of a layer or model to start
            from, in the order of its `weights`; seeded ones by default.

    Returns:
        A `Case`.

    Raises:
        CaseError: A skipped check has no reason, the function takes arguments, or a
            bad input has no name.

    Example:

    >>> from multibackend import case, normal
    >>> @case
    ... def doubled():
    ...     return {"doubled": 2 * normal(2, 3)}
    >>> doubled.name.split(":")[1]
    'doubled'
    """

    def made(function: Callable[[], Any]) -> Case:
        label = name or function.__name__
        reasons = dict(skip or {})
        for check, reason in reasons.items():
            if not reason.strip():
                message = (
                    f"Expected a reason for the skipped check {check!r} of case "
                    f"{label!r}, received an empty one. Say why it does not apply."
                )
                raise CaseError(message)
        _refuse_arguments(function, f"case {label!r}")
        listed = {} if bad is None else bad
        if callable(listed):
            _refuse_arguments(listed, f"`bad` of case {label!r}")
        else:
            listed = _listed(listed, label)
        code = getattr(function, "__code__", None)
        declared = Case(
            name=f"{function.__module__}:{label}",
            function=function,
            file=code.co_filename if code else "",
            line=code.co_firstlineno if code else 0,
            reference=reference,
            checks=tuple(checks),
            skip=reasons,
            elsewhere=tuple(elsewhere),
            training=training,
            bad=listed,
            weights=weights,
        )
        declare(function.__module__, declared)
        return declared

    return made if function is None else made(function)


def _refuse_arguments(function: Callable[..., Any], what: str) -> None:
    """Raises `CaseError` where a function cannot be called without arguments."""
    needed = [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    if needed:
        message = (
            f"Expected {what} to take no arguments, received "
            f"{inspect.signature(function)}. Draw the inputs inside, as with "
            "multibackend.normal(4, 16)."
        )
        raise CaseError(message)
