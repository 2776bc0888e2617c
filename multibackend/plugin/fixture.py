"""The fixture `check_agreement`: the function, on the backends of the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from multibackend.plugin.options import backends_of
from multibackend.plugin.told import keep

if TYPE_CHECKING:
    from multibackend.parity.agree.agreement import Agreement

__all__ = ["check_agreement"]


@pytest.fixture
def check_agreement(request: pytest.FixtureRequest) -> Callable[..., Agreement]:
    """`multibackend.check_agreement` on the backends of `--multibackend`.

    Without the option: on this process' backend, judged by its own float64 run. What
    it finds is in the summary, and in the properties of the test for JUnit.
    """
    from multibackend.parity.agree.agreement import DisagreementError
    from multibackend.parity.agree.check import check_agreement as check
    from multibackend.parity.agree.write import label_of

    calls: Counter[str] = Counter()

    def asked(fn: Any, *inputs: Any, **options: Any) -> Agreement:
        label = f"{request.node.name}/{options.pop('name', None) or label_of(fn)}"
        calls[label] += 1
        name = label if calls[label] == 1 else f"{label} #{calls[label]}"
        chosen: dict[str, Any] = {"backends": backends_of(request.config)} | options
        raises = chosen.pop("raises", True)
        found = check(fn, *inputs, name=name, raises=False, **chosen)
        keep(request.node, found.judgement)
        if raises and not found:
            raise DisagreementError(found)
        return found

    return asked
