"""The data beside a written case file: JSON beside safetensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from multibackend.errors import RecordError
from multibackend.parity.agree.objects import Written
from multibackend.parity.record.arrays import pack, unpack
from multibackend.parity.record.atomic import write_atomically

__all__ = ["Arrays", "Contents", "read_contents", "write_contents"]

Arrays = dict[str, Any]


class Contents(msgspec.Struct, frozen=True):
    """Everything but the code.

    Attributes:
        inputs: `[args, kwargs]` as `pack_inputs` takes them apart.
        values: What functions look up, likewise, by name.
        objects: Keras objects by name.
        weights: The names of the arrays that the object starts from.
        dtypes: The dtype of each array by name.
    """

    inputs: Any
    values: dict[str, Any] = {}
    objects: dict[str, Written] = {}
    weights: tuple[str, ...] = ()
    dtypes: dict[str, str] = {}


def write_contents(file: Path, contents: Contents, arrays: Arrays) -> None:
    """Writes the arrays first, then the JSON that names them.

    Raises:
        OutputError: The folder cannot be written.
    """
    data, dtypes = pack(arrays)
    write_atomically(file.with_suffix(".safetensors"), data)
    whole = msgspec.structs.replace(contents, dtypes=dtypes)
    write_atomically(file, msgspec.json.encode(whole))


def read_contents(file: Path) -> tuple[Contents, Arrays]:
    """Reads what `write_contents` wrote.

    Raises:
        RecordError: A file is not there or not ours.
    """
    stored = file.with_suffix(".safetensors")
    try:
        contents = msgspec.json.decode(file.read_bytes(), type=Contents)
        return contents, unpack(stored.read_bytes(), contents.dtypes, str(stored))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        message = (
            f"Expected what check_agreement wrote at {file}, received {error}. Call it "
            "again with keep=."
        )
        raise RecordError(message) from error
