"""The child process: one backend, one import, then order after order.

Started as `python -m multibackend.parity.run.child`. Orders come on standard input,
answers go to what was standard output; standard output itself is turned to standard
error first, so that a case may print what it likes.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from multibackend import __version__, backends
from multibackend.errors import (
    CaseError,
    EnvironmentUnfitError,
    MultibackendError,
    NotBuiltError,
    OutputError,
)
from multibackend.parity.cases.case import Case
from multibackend.parity.cases.select import drop, precheck, select
from multibackend.parity.checks.table import names
from multibackend.parity.record.observation import BUILD, Observation
from multibackend.parity.record.write import write_observation
from multibackend.parity.run.messages import (
    Alone,
    Asked,
    Begun,
    Capture,
    Describe,
    Done,
    Fault,
    Load,
    Order,
    Place,
    Planned,
    Ready,
    Settle,
    ToChild,
    Try,
    read,
    write,
)
from multibackend.parity.run.source import source_of


def main() -> int:
    """Answers the parent until it hangs up.

    The first line says what to import and how to ask; another such line begins the
    next run, in the process that is warm by then.
    """
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    answers, orders = _channel()
    here: _Here | None = None
    work: _Work | None = None
    read_at = time.time()
    while line := orders.readline():
        wish = read(line, Order | ToChild)
        if isinstance(wish, Order):
            try:
                precheck(wish.targets)
                here = here or _prepare(wish)
                # An earlier order may have read files that are others now.
                drop(wish.targets, since=read_at)
                read_at = time.time()
                work = _begin(wish, here, answers)
            except MultibackendError as error:
                fault = Fault(type(error).__name__, str(error), error.exit_code)
                _ = answers.write(write(fault))
                return error.exit_code
        elif work is not None:
            case = work.cases[wish.case]
            try:
                _carry_out(wish, case, work.observer, work.folder, answers)
            except OutputError as error:  # a full disk: no case is to blame
                fault = Fault("OutputError", str(error), error.exit_code)
                _ = answers.write(write(fault))
                return error.exit_code
    return 0


@dataclass(frozen=True)
class _Here:
    """Who computes in this process, and how its referee is opened, if it has one."""

    environment: dict[str, Any]
    backend: backends.Backend
    float64: Callable[[], AbstractContextManager[Any]] | None


@dataclass(frozen=True)
class _Work:
    """What one order began: its cases, who asks them, and where observations go."""

    cases: dict[str, Case]
    observer: Any
    folder: Path


def _begin(order: Order, here: _Here, answers: BinaryIO) -> _Work:
    """Imports the targets and says which cases there are.

    Raises:
        TargetError: The targets cannot be had.
        CaseError: A case names a check that there is not.
    """
    start = time.perf_counter()
    observer = _observer(order, here)
    cases = {case.name: case for case in select(order.targets)}
    _refuse_unknown_checks(cases.values())
    for name, place in order.places.items():
        _ = _settled(cases[name], place)
    planned = tuple(map(_planned, cases.values()))
    seconds = time.perf_counter() - start
    ready = Ready(here.environment, planned, seconds, source_of(order.targets))
    _ = answers.write(write(ready))
    return _Work(cases, observer, Path(order.folder))


def _planned(case: Case) -> Planned:
    from multibackend.parity.cases.found.settle import Settled

    found = isinstance(case.function, Settled)
    return Planned(case.name, case.file, case.line, found)


def _end_with(parent: int) -> None:
    """Ends this process and all that it started soon after its parent is gone.

    A parent that is killed cannot do it, and a case that hangs would hang forever.
    """
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(0, signal.SIGKILL)


def _refuse_unknown_checks(cases: Iterable[Case]) -> None:
    """A misspelt check in `checks=` or `skip=` would silently ask nothing.

    Raises:
        CaseError: A case names a check that there is not.
    """
    for case in cases:
        try:
            _ = names((*case.checks, *case.skip, *case.elsewhere))
        except CaseError as error:
            message = f"In case {case.name!r}: {error}"
            raise CaseError(message) from error


def _channel() -> tuple[BinaryIO, BinaryIO]:
    """Keeps standard output and input for the parent, and leaves cases none of them."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    _ = os.dup2(2, 1)
    orders = os.fdopen(os.dup(0), "rb")
    empty = os.open(os.devnull, os.O_RDONLY)
    _ = os.dup2(empty, 0)
    return answers, orders


def _carry_out(
    wish: ToChild, case: Case, observer: Any, folder: Path, answers: BinaryIO
) -> None:
    """Carries out one order, and says when all of it is on disk."""
    from multibackend.parity.run.surroundings import Surroundings

    start = time.perf_counter()
    here = Surroundings()
    me = os.getpid()
    place = None
    match wish:
        case Settle():
            place = _settled(case, wish.place)
        case Capture():
            from multibackend.parity.run.alone import capture

            capture(case, wish.check, Path(wish.file), observer)
        case Alone():
            from multibackend.parity.run.alone import alone

            alone(case, wish.check, Path(wish.file), Path(wish.folder), observer)
        case Describe():
            from multibackend.parity.run.describe import describe

            describe(case, wish, observer)
        case Try():
            from multibackend.parity.reproduce.inside.trial import tried

            framework = _framework(backends.find(os.environ["KERAS_BACKEND"]))
            wide = framework.wide() if framework else nullcontext()
            tried(Path(wish.program), Path(wish.answer), wide=wide)
        case _:
            for observation in _asked(wish, case, observer, folder, answers):
                _end_copy(me)
                write_observation(folder, observation)
    _end_copy(me)
    left = here.restore()
    seconds = time.perf_counter() - start
    _ = answers.write(write(Done(case.name, seconds, left, place)))


def _settled(case: Case, place: Place | None) -> Place | None:
    """Takes what others took, or finds out; nothing where nothing can be built here."""
    settling: Any = case.function
    if place is not None:
        settling.take(place)
        return place
    try:
        return settling.search()
    except NotBuiltError:
        return None


def _end_copy(me: int) -> None:
    """Ends a copy of this process that a case forked and let go on: one answers."""
    if os.getpid() != me:
        os._exit(0)


def _asked(
    wish: Asked | Load, case: Case, observer: Any, folder: Path, answers: BinaryIO
) -> Iterator[Observation]:
    """The observations that an order asks for, each under its name in the record."""
    from multibackend.parity.run.exchange import loaded, recorded_as

    me = os.getpid()

    def begin(check: str) -> None:
        _end_copy(me)
        _ = answers.write(write(Begun(case.name, recorded_as(check))))

    if isinstance(wish, Load):
        senders = {name: Path(at) for name, at in wish.senders.items()}
        yield from loaded(case, senders, folder.parent, observer, begin=begin)
        return
    begin(BUILD)
    for observation in observer.observe(case, begin=begin):
        yield replace(observation, check=recorded_as(observation.check))


def _prepare(order: Order) -> _Here:
    """Imports Keras, sets the switches, and says who computes here.

    Raises:
        EnvironmentUnfitError: The framework or the device is not there, or Keras
            loaded another backend than the one asked for.
    """
    wanted = os.environ["KERAS_BACKEND"]
    backend = backends.find(wanted)
    backends.require(backend)
    keras = _keras(backend)
    framework = _framework(backend)
    switches = framework.prepare(order.threads)

    from multibackend.parity.run.capable import found_out
    from multibackend.parity.run.referee import float64, lacking

    probe = keras.ops.matmul(keras.ops.ones((2, 2)), keras.ops.ones((2, 2)))
    kind, device = framework.device(probe)
    if order.device == "gpu" and kind != "gpu":
        message = (
            f"Expected {wanted} to compute on a gpu, found {kind} ({device}). Install "
            f"the CUDA build of {backend.framework} or pass --device cpu."
        )
        raise EnvironmentUnfitError(message)

    def wide() -> Any:
        return float64(framework.wide())

    no_float64 = lacking(wide)
    if not backend.listed:
        backend = found_out(backend)
    environment = {
        "multibackend": __version__,
        "backend": keras.config.backend(),
        "keras": keras.version(),
        "framework": f"{backend.framework} {backend.version() or 'unknown'}",
        "device": kind,
        "device_name": device,
        "dtype": keras.backend.standardize_dtype(probe.dtype),
        "referee": "none" if no_float64 else "float64",
        "cannot": _cannot(backend, no_float64),
        "python": platform.python_version(),
        "numpy": importlib.metadata.version("numpy"),
        "platform": f"{platform.system()} {platform.machine()}",
        "interpreter": sys.executable,
        "switches": switches,
    }
    return _Here(environment, backend, None if no_float64 else wide)


def _observer(order: Order, here: _Here) -> Any:
    """Who asks the checks that were ordered."""
    from multibackend.parity.checks.table import load
    from multibackend.parity.run.exchange import keeping
    from multibackend.parity.run.observe import Observer

    record = Path(order.folder).parent
    return Observer(
        checks=tuple(keeping(load(name), record) for name in names(order.checks)),
        twins=order.twins,
        reruns=order.reruns,
        float64=here.float64,
        selected=bool(order.checks),
        backend=here.backend,
    )


def _cannot(backend: backends.Backend, no_float64: str) -> dict[str, str]:
    """What this backend cannot do, each with the reason; for the record."""
    told = {c: backend.lacks(c, "model") for c in backends.NEEDS}
    found = {check: reason for check, reason in told.items() if reason}
    return found | ({"float64": no_float64} if no_float64 else {})


def _keras(backend: backends.Backend) -> Any:
    try:
        import keras
    except Exception as error:  # whatever a broken installation raises
        message = (
            f"Expected Keras to import with the backend {backend.name!r}, received "
            f"{type(error).__name__}: {error}. {_cure(backend)}"
        )
        raise EnvironmentUnfitError(message) from error
    if keras.config.backend() != backend.name:
        message = (
            f"Expected Keras to load the backend {backend.name!r}, found "
            f"{keras.config.backend()!r}. Unset what overrides KERAS_BACKEND."
        )
        raise EnvironmentUnfitError(message)
    return keras


def _cure(backend: backends.Backend) -> str:
    if backend.listed:
        return f"Reinstall it: {backend.install}"
    version = importlib.metadata.version("keras")
    return (
        f"Keras {version} decides which plugins it takes: install one that takes "
        f"{backend.framework}, or name one of {', '.join(backends.BACKENDS)}."
    )


def _framework(backend: backends.Backend) -> Any:
    """The framework's own switches; backends without a file here get plain ones."""
    name = backend.name if backend.driven else "plain"
    return importlib.import_module(f"multibackend.parity.run._{name}")


if __name__ == "__main__":
    sys.exit(main())
