"""Notes on how cases were run: in which order, and what they left changed."""

from __future__ import annotations

from collections.abc import Sequence

from multibackend.parity.record.read import Record

__all__ = ["around"]


def around(records: Sequence[Record]) -> list[str]:
    """A note for each order but the declared one, and for what each case changed."""
    seeds: dict[int, list[str]] = {}
    left: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if record.about.shuffle is not None:
            seeds.setdefault(record.about.shuffle, []).append(record.label)
        for case, changed in record.about.left.items():
            left.setdefault((case, ", ".join(changed)), []).append(record.label)
    orders = [
        f"the cases were run in the order of --shuffle {seed} on {', '.join(labels)}"
        for seed, labels in seeds.items()
    ]
    changes = [
        f"{case} changed {changed} on {', '.join(labels)}; it was put back before the "
        "next case, but threads run on"
        for (case, changed), labels in left.items()
    ]
    return orders + changes
