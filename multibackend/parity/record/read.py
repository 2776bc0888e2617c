"""Reads records back, and finds them below a folder. NumPy is enough."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy.typing as npt

from multibackend.errors import RecordError
from multibackend.parity.record.arrays import unpack
from multibackend.parity.record.observation import Observation, Status
from multibackend.parity.record.schema import ObservationFile, RecordFile, decode
from multibackend.parity.record.write import GROUPS

__all__ = [
    "Record",
    "find_records",
    "read_about",
    "read_observation",
    "read_record",
]

# How deep below a given folder a record may lie: artifact/environment/backend.
_DEPTH = 4


@dataclass(frozen=True)
class Record:
    """One backend's observations, ready to be compared.

    Attributes:
        label: The backend, with its device or folder where two records share it.
        folder: Where it was read from.
        about: What `record.json` says.
        files: The file of each observation, by case and check.
        statuses: How each of them ended, by case and check.
    """

    label: str
    folder: Path
    about: RecordFile
    files: dict[tuple[str, str], Path]
    statuses: Mapping[tuple[str, str], Status] = field(
        default_factory=dict[tuple[str, str], Status]
    )

    @cached_property
    def checks(self) -> Mapping[str, Sequence[str]]:
        """What was observed of each case."""
        found: dict[str, list[str]] = {}
        for case, check in self.files:
            found.setdefault(case, []).append(check)
        return found

    def read(self, case: str, check: str) -> Observation | None:
        """Reads one observation, or `None` where there is none.

        Raises:
            RecordError: It is damaged.
        """
        file = self.files.get((case, check))
        return None if file is None else read_observation(file)


def find_records(folders: Iterable[Path]) -> list[Path]:
    """The folders of all records at or below the given ones, in the given order.

    Raises:
        RecordError: A folder does not exist, or holds no record.
    """
    found: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            message = f"Expected a folder with records at {folder}, found none. Record with `multibackend run --out`."
            raise RecordError(message)
        here = {
            file.parent
            for depth in range(_DEPTH)
            for file in folder.glob("*/" * depth + "record.json")
        }
        if not here:
            message = f"Expected a record at or below {folder}, found no record.json. Record with `multibackend run --out`."
            raise RecordError(message)
        inside = folder.resolve()
        for path in sorted(here):
            place = path.resolve()
            if not place.is_relative_to(inside):
                message = f"Expected every record below {folder} to lie inside it, received a link to {place}. Name that folder instead."
                raise RecordError(message)
            found[place] = None
    return list(found)


def read_record(folder: Path, *, label: str | None = None) -> Record:
    """Reads what a record says of itself, and what observations it has.

    Raises:
        RecordError: It is damaged, of another schema, or not ours.
    """
    about = read_about(folder)
    files: dict[tuple[str, str], Path] = {}
    statuses: dict[tuple[str, str], Status] = {}
    _refuse_link(folder / "cases")
    for file in sorted((folder / "cases").glob("*.json")):
        described = decode(_bytes(file), ObservationFile, file)
        statuses[described.case, described.check] = described.status
        other = files.setdefault((described.case, described.check), file)
        if other != file:
            message = f"Expected one file for {described.check} of {described.case!r}, received {other} and {file}. Record again."
            raise RecordError(message)
    return Record(label or about.backend, folder, about, files, statuses)


def read_about(folder: Path) -> RecordFile:
    """Reads what a record says of itself.

    Raises:
        RecordError: It is damaged, of another schema, or not ours.
    """
    file = folder / "record.json"
    return decode(_bytes(file), RecordFile, file)


def read_observation(file: Path) -> Observation:
    """Reads one observation from its file.

    Raises:
        RecordError: It is damaged.
    """
    described = decode(_bytes(file), ObservationFile, file)
    groups: dict[str, dict[str, npt.NDArray[Any]]] = {group: {} for group in GROUPS}
    if described.arrays is not None:
        for full, array in _arrays(file, described).items():
            group, _, name = full.partition("/")
            if group not in groups:
                message = f"Expected an array group among {GROUPS} in {file}, received {group!r}. Record again."
                raise RecordError(message)
            groups[group][name] = array
    return Observation(
        case=described.case,
        check=described.check,
        status=described.status,
        structure=described.structure,
        raised=described.raised,
        detail=described.detail,
        seconds=described.seconds,
        file=described.file,
        line=described.line,
        usage=described.usage,
        judged=described.judged,
        compute=described.compute,
        **groups,
    )


def _arrays(file: Path, described: ObservationFile) -> dict[str, npt.NDArray[Any]]:
    # The name is ours, never the file's: a record cannot point outside its folder.
    stored = file.with_suffix(".safetensors")
    data = _bytes(stored)
    if hashlib.sha256(data).hexdigest() != described.digest:
        message = f"Expected the arrays of {file.name} whole, received other bytes in {stored}. Record again."
        raise RecordError(message)
    return unpack(data, described.dtypes, str(stored))


def _bytes(file: Path) -> bytes:
    _refuse_link(file)
    try:
        # A pipe or a device in the place of a file would never end.
        if not stat.S_ISREG(file.lstat().st_mode):
            message = (
                f"Expected a file at {file}, received something else. Check the folder."
            )
            raise RecordError(message)
        return file.read_bytes()
    except OSError as error:
        message = f"Expected to read {file}, received {error.strerror or error}. Record again."
        raise RecordError(message) from error


def _refuse_link(place: Path) -> None:
    """A record made elsewhere must not have us read what lies outside of it."""
    if place.is_symlink():
        message = f"Expected {place} itself, received a link to {place.readlink()}. Check the folder."
        raise RecordError(message)
