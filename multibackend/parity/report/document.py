"""A judgement as JSON: written whole, read back strictly, the same both ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from multibackend.errors import RecordError
from multibackend.parity.compare.verdict import Difference, Judgement, Verdict
from multibackend.parity.report.atomic import write_text
from multibackend.parity.report.proof import from_proof, to_proof
from multibackend.parity.report.schema import (
    SCHEMA,
    Document,
    Entry,
    Gap,
    Place,
    Summary,
    from_number,
    to_number,
    to_plain,
)

__all__ = ["from_document", "read_json", "to_document", "write_json"]


def to_document(judgement: Judgement) -> dict[str, Any]:
    """Returns the judgement as schema 1, the form in `verdicts.schema.json`.

    A number that is infinite or not a number is the string `"Infinity"`,
    `"-Infinity"` or `"NaN"`, which `float()` reads back; null means that nothing was
    measured. An unpaired surrogate, which Unicode text cannot hold, is its escape.
    Besides the fields of `Judgement` there are derived ones: `summary`,
    `ratio` of a difference, and `kind` and `where` of the worst difference.

    Args:
        judgement: What the comparison found.

    Returns:
        Dicts, lists, strings, numbers, booleans and None.
    """
    return to_plain(msgspec.to_builtins(_document(judgement)))


def from_document(document: Mapping[str, Any]) -> Judgement:
    """Returns the judgement that `to_document` was given.

    Args:
        document: What it returned, perhaps sent by another process since.
    """
    return _judgement(msgspec.convert(document, Document))


def write_json(judgement: Judgement, path: str | Path) -> None:
    """Writes the judgement as JSON.

    Args:
        judgement: What the comparison found.
        path: The file, replaced whole.

    Raises:
        OutputError: The file cannot be written.
    """
    document = to_document(judgement)
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def read_json(path: str | Path) -> Judgement:
    """Reads what `write_json` wrote.

    Args:
        path: The file.

    Returns:
        A judgement equal to the one that was written.

    Raises:
        RecordError: The file cannot be read, is cut short, is of another schema, is
            not ours, or its derived fields do not fit the others.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise _refusal(path, f"{error.strerror}") from error
    try:
        schema = msgspec.json.decode(content, type=_Head).schema
        if schema != SCHEMA:
            raise _refusal(path, f"schema {schema!r}")
        document = msgspec.json.decode(content, type=Document)
    except msgspec.ValidationError as error:
        raise _refusal(path, f"another JSON file ({error})") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _refusal(path, f"damaged JSON ({error})") from error
    judgement = _judgement(document)
    if _document(judgement) != document:
        raise _refusal(path, "a summary, kind, place or ratio that does not fit")
    return judgement


class _Head(msgspec.Struct):
    """Enough to tell another schema from another kind of file."""

    schema: int


def _refusal(path: str | Path, received: str) -> RecordError:
    message = (
        f"Expected the verdicts of a run (JSON, schema {SCHEMA}) in {str(path)!r}, "
        f"received {received}. Write them again with `multibackend compare "
        "--json FILE` on the records, using this version."
    )
    return RecordError(message)


def _document(judgement: Judgement) -> Document:
    return Document(
        schema=SCHEMA,
        summary=Summary(
            cases=judgement.cases,
            checks=len(judgement.verdicts),
            **judgement.counts(),
        ),
        environments={
            label: to_plain(facts) for label, facts in judgement.environments.items()
        },
        verdicts=tuple(map(_entry, judgement.verdicts)),
        stages={name: to_number(s) for name, s in judgement.stages.items()},
        notes=judgement.notes,
    )


def _entry(verdict: Verdict) -> Entry:
    worst = verdict.differences[0] if verdict.differences else None
    where = Place(verdict.output, None) if verdict.output is not None else None
    return Entry(
        case=verdict.case,
        check=verdict.check,
        verdict=verdict.verdict,
        kind=worst.kind if worst else None,
        blame=verdict.blame,
        error=to_number(verdict.error),
        budget=to_number(verdict.budget),
        ratio=to_number(verdict.ratio),
        output=verdict.output,
        where=Place(worst.output, worst.index) if worst else where,
        referee=verdict.referee,
        site=verdict.site,
        detail=verdict.detail,
        differences=tuple(map(_gap, verdict.differences)),
        file=verdict.file,
        line=verdict.line,
        seconds={label: to_number(s) for label, s in verdict.seconds.items()},
        usage=verdict.usage,
        evidence=to_proof(verdict.evidence),
        reproducer=verdict.reproducer,
    )


def _gap(difference: Difference) -> Gap:
    return Gap(
        kind=difference.kind,
        backend=difference.backend,
        output=difference.output,
        precision=difference.precision,
        received=difference.received,
        expected=difference.expected,
        index=difference.index,
        error=to_number(difference.error),
        budget=to_number(difference.budget),
        ratio=to_number(difference.ratio),
        ulps=to_number(difference.ulps),
        detail=difference.detail,
    )


def _judgement(document: Document) -> Judgement:
    return Judgement(
        verdicts=tuple(map(_verdict, document.verdicts)),
        environments=document.environments,
        stages={name: from_number(s) for name, s in document.stages.items()},
        notes=document.notes,
    )


def _verdict(entry: Entry) -> Verdict:
    return Verdict(
        case=entry.case,
        check=entry.check,
        verdict=entry.verdict,
        blame=entry.blame,
        differences=tuple(map(_difference, entry.differences)),
        ratio=from_number(entry.ratio),
        error=from_number(entry.error),
        budget=from_number(entry.budget),
        output=entry.output,
        referee=entry.referee,
        detail=entry.detail,
        site=entry.site,
        file=entry.file,
        line=entry.line,
        seconds={label: from_number(s) for label, s in entry.seconds.items()},
        usage=entry.usage,
        evidence=from_proof(entry.evidence),
        reproducer=entry.reproducer,
    )


def _difference(gap: Gap) -> Difference:
    return Difference(
        kind=gap.kind,
        backend=gap.backend,
        output=gap.output,
        precision=gap.precision,
        received=gap.received,
        expected=gap.expected,
        index=gap.index,
        error=from_number(gap.error),
        budget=from_number(gap.budget),
        ulps=from_number(gap.ulps),
        detail=gap.detail,
    )
