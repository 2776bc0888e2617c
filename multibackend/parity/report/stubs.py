"""Cases to fill in, for what `check` found but could not build by guessing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.record.observation import BUILD

__all__ = ["stubs"]

_TOLD = re.compile(r"could not be built: (?P<signature>\w+\(.*?\)): (?P<reason>.*)")
_HEAD = '''"""Cases to fill in: give each object its arguments and its inputs."""

from multibackend import case, normal
'''


def stubs(judgement: Judgement) -> str:
    """A Python file with a case for each object that could not be built.

    Where every `...` is replaced, `multibackend check FILE` runs it.
    """
    found = [stub for verdict in judgement.verdicts for stub in _stub(verdict)]
    return _HEAD + "".join(found or ["\n# Everything that was found could be built.\n"])


def _stub(verdict: Verdict) -> Iterator[str]:
    told = _TOLD.search(verdict.detail) if verdict.check == BUILD else None
    if told is None or verdict.verdict != "unsupported":
        return
    module, _, name = verdict.case.partition(":")
    needed = ", ".join(f"{each}=..." for each in _needed(told["signature"]))
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|\W", "_", name).lower()
    function = words if words != name else f"{name}_case"
    yield f"""

# {told["signature"]}: {told["reason"]}
@case
def {function}():
    from {module} import {name}

    return {name}({needed}), normal(2, 6)
"""


def _needed(signature: str) -> Iterator[str]:
    """The arguments without a default, from `Name(a, b: int, c=1, **kwargs)`."""
    inside = signature.partition("(")[2][:-1]
    while (plain := re.sub(r"[\[({][^\[\](){}]*[\])}]", "", inside)) != inside:
        inside = plain  # what stands in brackets holds commas of its own
    for part in inside.split(","):
        name = part.partition(":")[0].strip()
        if name.isidentifier() and "=" not in part:
            yield name
