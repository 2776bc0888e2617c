"""The JSON form of a visit. Schema 2 is closed: a new field makes schema 3.

`doctor.schema.json` is made from the fields below and of `facts`:
`python -m multibackend.doctor.document > doctor.schema.json`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from multibackend import __version__
from multibackend.doctor.examine import fit
from multibackend.doctor.facts import Seen
from multibackend.doctor.findings.finding import Finding
from multibackend.parity.report.schema import to_plain

__all__ = ["SCHEMA", "Document", "schema", "to_json"]

SCHEMA = 2


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; `version` is multibackend's, and `fit` goes with exit code 0."""

    schema: Literal[2]
    version: str
    fit: bool
    findings: tuple[Finding, ...]
    backends: tuple[Seen, ...]


def to_json(seen: Sequence[Seen], findings: Sequence[Finding]) -> str:
    """Everything that was seen and found, as indented JSON.

    Args:
        seen: The backends as they were seen.
        findings: What follows from it.
    """
    document = Document(
        schema=SCHEMA,
        version=__version__,
        fit=fit(seen, findings),
        findings=tuple(findings),
        backends=tuple(seen),
    )
    plain = to_plain(msgspec.to_builtins(document))
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    made = json.loads(msgspec.json.encode(msgspec.json.schema(Document)))
    for definition in made["$defs"].values():
        # What is written is whole: a default only spares the one who writes it.
        definition["required"] = list(definition["properties"])
        for field in definition["properties"].values():
            field.pop("default", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "multibackend doctor",
        **made,
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2))  # noqa: T201 - it is a file for `>`
