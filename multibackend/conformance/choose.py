"""Which samples to run: by table, symbol or name, without the excluded ones, in shards."""

from __future__ import annotations

import difflib
import re
import zlib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from multibackend.conformance.sample import Sample
from multibackend.errors import TargetError

__all__ = ["only", "shard"]

_ROOT = "keras."


def only(samples: Sequence[Sample], wanted: str) -> list[Sample]:
    """The samples that a selection names.

    Args:
        samples: All samples.
        wanted: Names with commas between: of tables (`ops.linalg`), of rooms of tables
            (`ops`), of symbols (`keras.ops.add`, `ops.add`) or of samples
            (`keras.ops.add[broadcast]`); `*` is any text. All samples if empty.

    Raises:
        TargetError: Nothing has such a name.
    """
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    if not names:
        return list(samples)
    chosen: dict[str, Sample] = {}
    for name in names:
        found = [sample for sample in samples if _named(sample, name)]
        if not found:
            raise TargetError(_unknown(name, samples))
        chosen |= {sample.name: sample for sample in found}
    return [sample for sample in samples if sample.name in chosen]


def shard(samples: Sequence[Sample], text: str) -> list[Sample]:
    """One of several parts of about equal size, each sample in one of them.

    Args:
        samples: All samples.
        text: `2/4` for the second of four; all samples if empty.

    Raises:
        TargetError: It is no such part.
    """
    if not text:
        return list(samples)
    match = re.fullmatch(r"(\d+)/(\d+)", text)
    part, parts = (int(group) for group in match.groups()) if match else (0, 0)
    if not 1 <= part <= parts:
        message = f"Expected --shard such as 2/4, received {text!r}."
        raise TargetError(message)
    return [s for s in samples if zlib.crc32(s.name.encode()) % parts == part - 1]


def _named(sample: Sample, name: str) -> bool:
    # A bracket is no pattern here.
    pattern = name.replace("[", "[[]")
    names = {sample.table, sample.name, sample.symbol, *sample.symbols}
    names |= {each.removeprefix(_ROOT) for each in names}
    return any(fnmatchcase(each, pattern) for each in names) or (
        sample.table.startswith(f"{name}.")
    )


def _unknown(name: str, samples: Iterable[Sample]) -> str:
    known = {sample.table for sample in samples}
    known |= {symbol for sample in samples for symbol in sample.symbols}
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "See multibackend conform --list."
    return (
        f"Expected --only to name a table, a symbol or a sample, received {name!r}. "
        f"{hint}"
    )
