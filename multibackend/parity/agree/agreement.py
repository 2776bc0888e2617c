"""What `check_agreement` found: true where all agree, and readable wherever shown."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from multibackend.parity.compare.verdict import Judgement, Verdict

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Agreement", "DisagreementError"]


class DisagreementError(AssertionError):
    """The backends do not agree; the text says where.

    Attributes:
        agreement: All that was found.
    """

    def __init__(self, agreement: Agreement) -> None:
        """Keeps what was found and shows what is open."""
        super().__init__(agreement.complaint)
        self.agreement = agreement


@dataclass(frozen=True)
class Agreement:
    """The verdicts on one object or function.

    It is true where nothing is open: everything agrees, is known, or is excused.

    Attributes:
        judgement: The verdicts, and what each backend says of itself.
        name: What was judged.
    """

    judgement: Judgement
    name: str

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """One verdict a check."""
        return self.judgement.verdicts

    @property
    def backends(self) -> tuple[str, ...]:
        """Who was compared."""
        return tuple(self.judgement.environments)

    @property
    def ok(self) -> bool:
        """Whether something was judged and nothing is open."""
        from multibackend.parity.report.exit import exit_code

        return exit_code(self.judgement) == 0

    @property
    def complaint(self) -> str:
        """What is open, a line each, behind a headline."""
        from multibackend.parity.report.text import visible
        from multibackend.parity.report.wording import (
            headline,
            open_verdicts,
            sentence,
            sides,
        )

        lines = [
            f"{self.name} on {', '.join(self.backends)}: {headline(self.judgement)}"
        ]
        for verdict in open_verdicts(self.judgement):
            parts = filter(None, (sentence(verdict), sides(verdict)))
            told = f"{verdict.check}: {verdict.verdict}: {'; '.join(parts)}"
            lines.append(visible(told))
        return "\n".join(lines)

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        """Every verdict, as `multibackend check --verbose` prints them."""
        from rich.console import Console

        text = io.StringIO()
        self._print(Console(file=text, width=100))
        return text.getvalue().rstrip()

    def _repr_html_(self) -> str:
        """The same in colour, for a notebook."""
        from rich.console import Console

        console = Console(
            file=io.StringIO(), record=True, width=100, force_jupyter=False
        )
        self._print(console)
        shown = '<pre style="white-space:pre-wrap">{code}</pre>'
        return console.export_html(inline_styles=True, code_format=shown)

    def _print(self, console: Console) -> None:
        from multibackend.parity.report.terminal import print_judgement

        print_judgement(self.judgement, console, verbose=True, rerun=False)
