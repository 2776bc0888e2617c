"""From options to a request: what to run, where, and what it is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from multibackend import backends
from multibackend.errors import OutputError, UnknownBackendError

if TYPE_CHECKING:
    from multibackend.parity.run.run import Request

__all__ = ["backend_names", "make_request", "whole_modules"]


def backend_names(text: str, *, elsewhere: bool = False) -> tuple[str, ...]:
    """`torch,jax` as names of backends, each once.

    Args:
        text: The names, with commas between.
        elsewhere: Whether a plugin may be installed elsewhere: what is needed here is
            found missing once pyproject.toml has said where each backend runs.
    """
    given = [name.strip() for name in text.split(",") if name.strip()]
    if not given:
        message = (
            f"Expected backends such as torch,jax, received {text!r}. "
            "Name one or leave the option out."
        )
        raise UnknownBackendError(message)
    find = backends.named if elsewhere else backends.find
    return tuple(dict.fromkeys(find(name).name for name in given))


def make_request(
    names: tuple[str, ...],
    out: Path,
    targets: list[str] | None,
    checks: str,
    time_limit: float,
    device: str,
    twins: int,
    *,
    overwrite: bool,
    resume: bool = False,
    shuffle: int | None = None,
) -> Request:
    """Reads the options that `check`, `run` and `selftest` share.

    Raises:
        MultibackendError: A check, a device or the pyproject.toml is not what it must be.
    """
    from multibackend.parity.checks.table import names as check_names
    from multibackend.parity.run.config import read_config
    from multibackend.parity.run.run import Request
    from multibackend.parity.run.settings import Settings, as_device

    if overwrite and resume:
        message = (
            "Expected --resume or --overwrite, received both. Go on with what is recorded, "
            "or replace it."
        )
        raise OutputError(message)
    wanted = tuple(name.strip() for name in checks.split(",") if name.strip())
    settings = Settings(
        device=as_device(device),
        time_limit=time_limit,
        checks=check_names(wanted) if wanted else (),
        twins=twins,
        shuffle=shuffle,
    )
    return Request(
        backends=names,
        out=out,
        targets=tuple(targets or ()),
        settings=settings,
        config=read_config(Path.cwd()),
        overwrite=overwrite,
        resume=resume,
    )


def whole_modules(request: Request) -> tuple[str, ...]:
    """The modules and packages of which every case is run."""
    from multibackend.parity.cases.select import OWN, parse

    targets = map(parse, request.targets or (OWN,))
    return tuple(target.module for target in targets if target.name is None)
