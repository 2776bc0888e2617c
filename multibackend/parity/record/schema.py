"""The two JSON files of a record, as typed dataclasses that msgspec reads strictly."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from multibackend.errors import RecordError
from multibackend.parity.record.observation import Judged, Raised, Status

__all__ = ["SCHEMA", "ObservationFile", "RecordFile", "decode", "encode"]

#: The number of the record format; a reader takes this one and no other.
SCHEMA = 2

Model = TypeVar("Model")


@dataclass(frozen=True)
class RecordFile:
    """`record.json`: who recorded, where and how.

    Attributes:
        format: `"multibackend record"`.
        schema: The number of the format.
        backend: What was asked for, and what Keras said it used.
        environment: Versions, device, dtype, platform and switches.
        started: When recording began, ISO 8601 in UTC.
        complete: Whether every case was run.
        cases: The names of the cases that were to be run, in order.
        seconds: What starting and running took.
        exchanged: The backends whose saved files were loaded.
        asked: What decides what the record comes to hold, for a run that goes on with
            it. An older reader passes over it, and over what stands below it.
        shuffle: The seed of the order in which the cases were run; `None` where they
            were run as declared. `cases` is in the order of declaration always.
        left: What cases left changed for those behind them, by case.
        silent: Why a check had nothing to ask of a case, by case and check.
    """

    format: Literal["multibackend record"]
    schema: int
    backend: str
    environment: dict[str, Any]
    started: str
    complete: bool = False
    cases: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    exchanged: tuple[str, ...] = ()
    asked: dict[str, Any] | None = None
    shuffle: int | None = None
    left: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    silent: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])


@dataclass(frozen=True)
class ObservationFile:
    """`<case>.<check>.json`: an `Observation` without its arrays.

    Attributes:
        format: `"multibackend observation"`.
        arrays: The file of the arrays in the same folder, or `None`.
        digest: The SHA-256 of that file.
        dtypes: The dtype of each array, by `group/name`.
    """

    format: Literal["multibackend observation"]
    schema: int
    case: str
    check: str
    status: Status
    structure: str
    raised: Raised | None
    detail: str
    seconds: float
    file: str
    line: int
    usage: bool
    judged: Judged
    compute: dict[str, str]
    arrays: str | None
    digest: str
    dtypes: dict[str, str]


class _Head(msgspec.Struct):
    """What every file of a record has, whatever its schema."""

    schema: int


def _refuse_other_schema(head: _Head, place: Path) -> None:
    if head.schema != SCHEMA:
        cure = "Update multibackend" if head.schema > SCHEMA else "Record again"
        message = (
            f"Expected a record of schema {SCHEMA} at {place}, received schema "
            f"{head.schema}. {cure}."
        )
        raise RecordError(message)


def encode(value: Any) -> bytes:
    """A dataclass as readable JSON."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def decode(data: bytes, model: type[Model], place: Path) -> Model:
    """Reads JSON strictly into a dataclass.

    Args:
        data: The bytes of the file.
        model: `RecordFile` or `ObservationFile`.
        place: Where they come from, for the error.

    Raises:
        RecordError: It is cut short, of another schema, or not ours.
    """
    try:
        _refuse_other_schema(msgspec.json.decode(data, type=_Head), place)
        return msgspec.json.decode(data, type=model)
    except msgspec.ValidationError as error:
        message = f"Expected a file of a multibackend record at {place}, received another one ({error}). Check the folder."
        raise RecordError(message) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"Expected whole JSON at {place}, received a file cut short or damaged ({error}). Record again."
        raise RecordError(message) from error
