"""`check_agreement`: the main job for one object, with children that stay warm."""

from __future__ import annotations

import atexit
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from multibackend import backends as table
from multibackend.errors import OutputError, TargetError
from multibackend.parity.agree.agreement import Agreement, DisagreementError
from multibackend.parity.agree.write import FILE, Question, label_of, write_case
from multibackend.parity.run.config import Config, read_config
from multibackend.parity.run.pool import Pool

__all__ = ["check_agreement", "warm"]

#: The children of this process, and the process that they belong to.
_POOLS: dict[int, Pool] = {}


def warm() -> Pool:
    """The children of this process that are warm; they end with it."""
    pool = _POOLS.get(os.getpid())
    if pool is None:  # also after a fork: the other process' children are its own
        pool = _POOLS[os.getpid()] = Pool()
        _ = atexit.register(pool.close)
    return pool


def check_agreement(
    fn: Any,
    *inputs: Any,
    backends: str | Iterable[str] | None = None,
    checks: str | Iterable[str] = (),
    skip: Mapping[str, str] | None = None,
    training: bool = True,
    reference: Any = None,
    name: str | None = None,
    raises: bool = True,
    time_limit: float = 120.0,
    keep: str | os.PathLike[str] | None = None,
) -> Agreement:
    """Runs an object on every backend, in processes of their own, and judges it.

    Usable in a test, a script and a notebook, whatever backend this process has. The
    first call starts the frameworks; they stay warm for the next ones, and end with
    this process. With one backend, it is judged by its own float64 run.

    What is in a module is imported there. What was defined on the spot (a lambda, a
    function in a function, a notebook cell) goes as its source, together with what it
    looks up: functions, classes, Keras objects, arrays, numbers and text. A Keras
    object goes as its configuration, with the weights that it has; one that was not
    called yet gets seeded weights.

    Args:
        fn: A layer, loss, metric, optimizer, compiled model or function; or a function
            without arguments that makes one.
        *inputs: What it is called on, as a case returns it: arrays, tensors, numbers,
            in lists, tuples and dictionaries; `(y_true, y_pred)` of a loss; or
            `multibackend.arguments(...)` for keywords.
        backends: Names, or `"torch,jax"`; by default those that are installed and
            differentiate.
        checks: The only checks to ask; all that apply by default.
        skip: Checks not to ask, each with its reason.
        training: `False` leaves out the checks that train.
        reference: A NumPy function of the same inputs: agreement is not correctness.
        name: What to call it; the function's or class's own name by default.
        raises: Whether to raise where something is open.
        time_limit: Seconds that it may take on each backend.
        keep: A new folder for the case file, which `multibackend check` can ask again.

    Returns:
        The verdicts; true where nothing is open.

    Raises:
        DisagreementError: The backends do not agree (an `AssertionError`).
        TargetError: Something cannot be carried to another process.
        MultibackendError: It could not be run; the message says why.

    Example:

    ```python
    import keras
    from multibackend import check_agreement, normal

    check_agreement(keras.layers.Dense(8), normal(4, 16), backends="torch,jax")
    ```
    """
    _refuse_child()
    config = read_config(Path.cwd())
    question = Question(
        fn=fn,
        inputs=inputs,
        name=name or label_of(fn),
        checks=_names(checks),
        skip=dict(skip or {}),
        training=training,
        reference=reference,
    )
    chosen = _backends(backends, config)
    with tempfile.TemporaryDirectory(prefix="multibackend-") as made:
        folder = Path(made) if keep is None else _new(Path(keep))
        file = write_case(question, folder)
        agreement = _asked(
            file, question, chosen, Path(made) / "out", config, time_limit
        )
    if raises and not agreement:
        raise DisagreementError(agreement)
    return agreement


def _asked(
    file: Path,
    question: Question,
    names: tuple[str, ...],
    out: Path,
    config: Config,
    time_limit: float,
) -> Agreement:
    from multibackend.parity.agree.silent import Silent
    from multibackend.parity.compare.catalogue import read_catalogue
    from multibackend.parity.job import judge_all
    from multibackend.parity.run.config import find_catalogue
    from multibackend.parity.run.request import Request
    from multibackend.parity.run.settings import Settings

    place, told = find_catalogue(Path.cwd())
    settings = Settings(time_limit=time_limit, checks=question.checks)
    request = Request(names, out, (str(file),), settings=settings, config=config)
    known = read_catalogue(place, new=not told)
    done = judge_all(request, Silent(), catalogue=known, pool=warm())
    return Agreement(done.judgement, question.name)


def _backends(given: str | Iterable[str] | None, config: Config) -> tuple[str, ...]:
    """The backends to compare.

    Raises:
        UnknownBackendError: There is none of this name.
        EnvironmentUnfitError: None is installed.
    """
    if given is not None:
        wanted = _names(given)
        if not wanted:
            message = (
                "Expected `backends` to name one or more, received none. Name some of "
                f"{', '.join(table.BACKENDS)}, or leave it out."
            )
            raise table.UnknownBackendError(message)
        return tuple(dict.fromkeys(table.find(name).name for name in wanted))
    found = tuple(
        name
        for name in table.TRAINABLE
        if config.interpreter(name).python or table.installed(table.find(name))
    )
    if not found:
        table.require(table.find(table.DEFAULT))
    return found


def _names(given: str | Iterable[str]) -> tuple[str, ...]:
    parts = given.split(",") if isinstance(given, str) else list(given)
    return tuple(part.strip() for part in parts if part.strip())


def _new(folder: Path) -> Path:
    """Refuses a folder that holds something else than what an earlier call left.

    Raises:
        OutputError: It does.
    """
    if folder.exists() and not folder.is_dir():
        message = (
            f"Expected `keep` to name a folder, found a file at {folder}. Name another."
        )
        raise OutputError(message)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / FILE).is_file():
        message = (
            f"Expected `keep` to name a new folder, found other files in {folder}. Name "
            "another."
        )
        raise OutputError(message)
    return folder


def _refuse_child() -> None:
    """A child that imports a script must not start children of its own.

    Raises:
        TargetError: This is one.
    """
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if getattr(spec, "name", "") == "multibackend.parity.run.child":
        message = (
            "Expected check_agreement to be called in a test, a script or a notebook, "
            'found it called while a module is imported. Put it under `if __name__ == "'
            '__main__":` or into a function.'
        )
        raise TargetError(message)
