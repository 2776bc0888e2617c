"""The user's known differences, as the commands read and extend them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multibackend.parity.compare.catalogue import Catalogue
    from multibackend.parity.compare.verdict import Judgement

__all__ = ["read_known", "updated"]


def read_known(option: Path | None, *, update: bool) -> tuple[Path, Catalogue]:
    """The user's known differences, read before a run: a mistake costs no minutes."""
    from multibackend.parity.compare.catalogue import read_catalogue
    from multibackend.parity.run.config import find_catalogue

    place, told = (option, True) if option else find_catalogue(Path.cwd())
    if update:
        from multibackend.parity.compare.catalogue_write import refuse_shipped

        refuse_shipped(place)
    return place, read_catalogue(place, new=update or not told)


def updated(judgement: Judgement, place: Path, known: Catalogue) -> str:
    """Proposes entries in the user's catalogue and says which."""
    from multibackend.parity.compare.catalogue import read_catalogue
    from multibackend.parity.compare.catalogue_update import update
    from multibackend.parity.compare.rerun import rerun

    taken = [e.id for e in (*read_catalogue().entries, *known.entries)]
    return update(place, judgement, taken=taken, rerun=rerun)
