"""One entry of a catalogue: a known difference, its scope, its reason and its evidence.

The fields below are the schema. `catalogue.schema.json`, which editors read, is made
from them: `python -m multibackend.parity.compare.catalogue_entry > catalogue.schema.json`.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from multibackend.parity.compare.verdict import Kind

__all__ = ["Entry", "FirstSeen", "schema"]

Text = Annotated[str, Meta(min_length=1)]


class FirstSeen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the difference was first seen, and with which versions."""

    date: Annotated[
        str,
        Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="Such as 2026-01-31."),
    ]
    versions: Annotated[
        dict[str, Text],
        Meta(min_length=1, description="Of keras, and of each backend's framework."),
    ]


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One known difference: its scope, its reason, and how to see it."""

    id: Annotated[
        str,
        Meta(pattern=r"^[A-Za-z0-9._-]+$", description="A name for it, given once."),
    ]
    objects: Annotated[
        tuple[Text, ...],
        Meta(min_length=1, description="Cases, `module:name`; `*` is any text."),
    ]
    checks: Annotated[
        tuple[Text, ...],
        Meta(min_length=1, description="Checks it shows in; `*` is any text."),
    ]
    backends: Annotated[
        tuple[Text, ...],
        Meta(min_length=1, description="The backends that are off, each of them."),
    ]
    precision: Annotated[
        Literal["float32", "float64"],
        Meta(description="The run it shows in: float64 is the referee's."),
    ]
    kind: Annotated[Kind, Meta(description="The kind of difference.")]
    keras: Annotated[
        Text,
        Meta(description="The Keras versions it was seen in, such as >=3.15,<3.16."),
    ]
    reason: Annotated[
        str,
        Meta(
            description="A sentence that says why; a person writes it.",
            extra_json_schema={"pattern": r"\S"},
        ),
    ]
    first_seen: FirstSeen
    link: Annotated[
        str, Meta(pattern=r"^https?://\S+$", description="Where it is reported.")
    ] = ""
    reproducer: Annotated[
        str,
        Meta(
            description="A command that shows it.", extra_json_schema={"pattern": r"\S"}
        ),
    ] = ""
    outputs: Annotated[
        tuple[Text, ...],
        Meta(description="Names of the outputs it shows in; `*` is any text."),
    ] = ()
    frameworks: Annotated[
        dict[str, Text],
        Meta(description="Versions of a backend's framework, such as >=2.6."),
    ] = msgspec.field(default_factory=dict[str, str])
    device: Annotated[
        Literal["cpu", "gpu"] | UnsetType, Meta(description="The device it shows on.")
    ] = UNSET


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Known differences, strict in both directions."""

    entry: tuple[Entry, ...] = ()


def schema() -> dict[str, Any]:
    """The JSON Schema of a catalogue, which an editor or a linter may read."""
    made = json.loads(msgspec.json.encode(msgspec.json.schema(File)))
    entry = made["$defs"]["Entry"]
    entry["anyOf"] = [{"required": ["link"]}, {"required": ["reproducer"]}]
    for field in ("link", "reproducer"):
        del entry["properties"][field]["default"]  # an empty one is not a value
    title = "multibackend catalogue of known differences"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **made,
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))  # noqa: T201 - it is a file for `>`
