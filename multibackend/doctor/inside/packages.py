"""What is installed here, and whose requirements are not met; nothing is imported."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from multibackend import __version__
from multibackend.backends import BACKENDS, Backend
from multibackend.doctor.facts import Installation, Unmet
from multibackend.parity.run.turns import cores

__all__ = ["installation", "unmet", "version"]

_OURS = "keras-multibackend"

#: The extras that no test needs and some examples do, by what they bring.
_EXTRAS = {"plot": "matplotlib", "data": "sklearn"}


def installation(backend: Backend) -> Installation:
    """Everything that is known of a backend's environment before it is imported."""
    return Installation(
        multibackend=__version__,
        python=platform.python_version(),
        interpreter=sys.executable,
        prefix=sys.prefix,
        cores=cores(),
        installed=_file(backend.framework) is not None,
        keras=version("keras"),
        framework=backend.version(),
        numpy=version("numpy"),
        shadows=tuple(_shadows(("keras", "numpy", backend.framework))),
        unmet=tuple(dict.fromkeys(_all_unmet(backend))),
        extras=tuple(extra for extra, name in _EXTRAS.items() if _file(name) is None),
    )


def version(distribution: str) -> str | None:
    """The version of a distribution, or `None` where it is not installed."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def unmet(distribution: str, *extras: str, whole: bool = True) -> Iterator[Unmet]:
    """The requirements of a distribution that its environment does not meet.

    Args:
        distribution: Whose; nothing is said of one that is not installed.
        extras: Requirements of these extras count too.
        whole: Whether what is not installed at all counts.
    """
    here = version(distribution)
    needs = importlib.metadata.requires(distribution) if here else None
    for text in needs or ():
        try:
            need = Requirement(text)
        except InvalidRequirement:  # an old distribution's own way to write one
            continue
        if need.url or not _applies(need, extras):
            continue
        found = _brought(need.name)
        met = found is not None and need.specifier.contains(found, prereleases=True)
        if not met and (whole or found is not None):
            words = f"{need.name}{need.specifier}"
            yield Unmet(f"{distribution} {here}", words, found)


def _applies(need: Requirement, extras: tuple[str, ...]) -> bool:
    marker = need.marker
    if marker is None:
        return True
    return any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def _brought(distribution: str) -> str | None:
    """Its version, or that of another distribution that brings the same framework."""
    for backend in BACKENDS.values():
        if distribution in backend.distributions:
            return backend.version()
    return version(distribution)


def _all_unmet(backend: Backend) -> Iterator[Unmet]:
    """What we, Keras and the framework require, one step deep.

    Which extra a framework was installed with is written nowhere: of those for CUDA only
    what is there in another version counts.
    """
    yield from unmet(_OURS)
    yield from unmet(_OURS, *filter(None, [backend.extra]), whole=False)
    yield from unmet("keras")
    for distribution in (*backend.distributions, *_parts(backend)):
        yield from unmet(distribution)
        yield from unmet(distribution, *_cuda_extras(distribution), whole=False)


def _parts(backend: Backend) -> Iterator[str]:
    """The distributions that are parts of a framework: jaxlib, jax-cuda12-plugin."""
    part = re.compile(rf"{re.escape(backend.framework)}(lib|-.+-(plugin|pjrt))$")
    for each in importlib.metadata.distributions():
        name = (each.name or "").lower().replace("_", "-")
        if part.match(name):
            yield name


def _cuda_extras(distribution: str) -> list[str]:
    if version(distribution) is None:
        return []
    about = importlib.metadata.metadata(distribution)
    return [e for e in about.get_all("Provides-Extra") or () if "cuda" in e]


def _file(name: str) -> str | None:
    """The file of a module, or `None`: a mere folder of that name is no module."""
    found = importlib.util.find_spec(name)
    return None if found is None else found.origin


def _shadows(names: tuple[str, ...]) -> Iterator[str]:
    """The files of the working folder that are imported for a library."""
    here = Path.cwd()
    for name in dict.fromkeys(names):
        file = _file(name)
        if file and here in (Path(file).parent, Path(file).parent.parent):
            yield str(Path(file).relative_to(here))
