"""Writes a record, observation by observation; each is on disk before the next starts."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from multibackend.errors import OutputError
from multibackend.parity.record.arrays import pack
from multibackend.parity.record.atomic import make_folder, write_atomically
from multibackend.parity.record.journal import JOURNAL, Finished, note_finished
from multibackend.parity.record.observation import Observation
from multibackend.parity.record.schema import (
    SCHEMA,
    ObservationFile,
    RecordFile,
    encode,
)

__all__ = ["GROUPS", "RecordWriter", "file_stem", "saved_stem"]

# The folders of a record, and how our files in them end.
_ROOMS = {
    "cases": (".json", ".safetensors", ".part"),
    "saved": (".keras", ".h5"),
}

#: The array groups of an observation; a stored array is named `group/name`.
GROUPS = ("outputs", "noise", "referee", "spread", "reference", "expected")


def file_stem(case: str, check: str) -> str:
    """A file name for an observation that any file system takes.

    Two cases never share one: the name ends in a digest of the whole case name.
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "-", case.rpartition(":")[2])[:60].strip("-")
    digest = hashlib.sha256(case.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    asked = re.sub(r"[^A-Za-z0-9_]+", "-", check)
    return f"{readable or 'case'}-{digest}.{asked}"


def saved_stem(record: Path, case: str) -> Path:
    """Where a backend keeps what it saved of a case, without the file's ending."""
    return record / "saved" / file_stem(case, "save")


@dataclass
class RecordWriter:
    """One backend's record under construction.

    Attributes:
        folder: The folder of the record, `OUT/<backend>`.
    """

    folder: Path

    @property
    def cases(self) -> Path:
        """Where the observations lie."""
        return self.folder / "cases"

    def open(self, record: RecordFile, *, overwrite: bool) -> None:
        """Makes the folder and states who records.

        Raises:
            OutputError: It cannot be written, or holds a record already.
        """
        if not overwrite:
            self.refuse_taken()
        self.refuse_links()
        self.remove()
        make_folder(self.cases)
        self.state(record)

    @property
    def taken(self) -> bool:
        """Whether the folder holds a record already."""
        return (self.folder / "record.json").exists()

    def refuse_links(self) -> None:
        """Raises `OutputError` where a link would lead us out of the folder."""
        for place in (self.folder, *(self.folder / room for room in _ROOMS)):
            if place.is_symlink():
                message = (
                    f"Expected a folder of its own at {place}, received a link to "
                    f"{place.readlink()}. Remove the link or choose another folder with "
                    "--out."
                )
                raise OutputError(message)

    def refuse_taken(self) -> None:
        """Raises `OutputError` where the folder holds a record already."""
        if self.taken:
            message = (
                f"Expected a new folder for the record, found one at {self.folder}. "
                "Go on with it by --resume, choose another with --out or pass "
                "--overwrite."
            )
            raise OutputError(message)

    def remove(self) -> None:
        """Removes an earlier record, where there is one.

        Raises:
            OutputError: It cannot be removed.
        """
        if self.taken:
            self.refuse_links()
            _remove(self.folder)

    def state(self, record: RecordFile) -> None:
        """Writes `record.json` anew."""
        write_atomically(self.folder / "record.json", encode(record))

    def close(self, record: RecordFile) -> None:
        """Marks the record complete."""
        self.state(replace(record, complete=True))

    def finished(self, case: Finished) -> None:
        """Notes that every observation of a case is on disk."""
        note_finished(self.folder, case)

    def add(self, observation: Observation) -> None:
        """Writes one observation: its arrays first, then the JSON that names them."""
        write_observation(self.cases, observation)


def write_observation(folder: Path, observation: Observation) -> None:
    """Writes one observation into a folder.

    Raises:
        OutputError: The folder cannot be written.
    """
    stem = file_stem(observation.case, observation.check)
    arrays = {
        f"{group}/{name}": array
        for group in GROUPS
        for name, array in getattr(observation, group).items()
    }
    data, dtypes = pack(arrays)
    if arrays:
        write_atomically(folder / f"{stem}.safetensors", data)
    described = ObservationFile(
        format="multibackend observation",
        schema=SCHEMA,
        case=observation.case,
        check=observation.check,
        status=observation.status,
        structure=observation.structure,
        raised=observation.raised,
        detail=observation.detail,
        seconds=observation.seconds,
        file=observation.file,
        line=observation.line,
        usage=observation.usage,
        judged=observation.judged,
        compute=dict(observation.compute),
        arrays=f"{stem}.safetensors" if arrays else None,
        digest=hashlib.sha256(data).hexdigest() if arrays else "",
        dtypes=dtypes,
    )
    write_atomically(folder / f"{stem}.json", encode(described))


def _remove(folder: Path) -> None:
    """Removes the files of an earlier record; whatever else lies there stays."""
    try:
        for room, endings in _ROOMS.items():
            for file in (folder / room).glob("*"):
                if file.suffix in endings and file.is_file():
                    file.unlink()
        (folder / JOURNAL).unlink(missing_ok=True)
        (folder / "record.json").unlink()
    except OSError as error:
        message = (
            f"Expected to replace the record at {folder}, received "
            f"{error.strerror or error}. Choose another folder with --out."
        )
        raise OutputError(message) from error
