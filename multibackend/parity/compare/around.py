"""Notes on how cases were run: in which order, and what they left changed."""

from __future__ import annotations

from collections.abc import Sequence

from multibackend.parity.record.read import Record

__all__ = ["around"]

# How many cases a note names, before it counts the rest.
_NAMED = 3

# How `run/surroundings.py`, which needs Keras, ends what it cannot put back.
_THREADS = ("running thread", "running threads")


def around(records: Sequence[Record]) -> list[str]:
    """A note for each order but the declared one, and for each change left behind."""
    seeds: dict[int, list[str]] = {}
    left: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for record in records:
        if record.about.shuffle is not None:
            seeds.setdefault(record.about.shuffle, []).append(record.label)
        for case, changed in record.about.left.items():
            threads = tuple(what for what in changed if what.endswith(_THREADS))
            others = tuple(what for what in changed if what not in threads)
            for some in filter(None, (others, threads)):
                left.setdefault((case, some), []).append(record.label)
    orders = [
        f"the cases were run in the order of --shuffle {seed} on {', '.join(labels)}"
        for seed, labels in seeds.items()
    ]
    alike: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for (case, changed), labels in left.items():
        alike.setdefault((changed, tuple(labels)), []).append(case)
    return orders + [_note(cases, *key) for key, cases in alike.items()]


def _note(cases: Sequence[str], changed: Sequence[str], labels: Sequence[str]) -> str:
    names = ", ".join(cases[:_NAMED])
    more = f" and {len(cases) - _NAMED:,} more" if len(cases) > _NAMED else ""
    who, what, where = f"{names}{more}", ", ".join(changed), ", ".join(labels)
    if what.endswith(_THREADS):
        they = "it runs" if what.startswith("a ") and len(cases) == 1 else "they run"
        return f"{who} left {what} on {where}; {they} on beside the next cases"
    it = "it was" if len(changed) == 1 else "all of it was"
    return f"{who} changed {what} on {where}; {it} put back before the next case"
