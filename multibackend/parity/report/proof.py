"""`Evidence` as JSON can hold it, and back."""

from __future__ import annotations

from multibackend.parity.compare.shown import Curve, Element, Evidence
from multibackend.parity.report.schema import (
    Line,
    Proof,
    Spot,
    from_number,
    to_number,
)

__all__ = ["from_proof", "to_proof"]


def to_proof(evidence: Evidence | None) -> Proof | None:
    """The evidence of a verdict as part of the document."""
    if evidence is None:
        return None
    return Proof(
        output=evidence.output,
        backend=evidence.backend,
        precision=evidence.precision,
        shape=evidence.shape,
        elements=tuple(
            Spot(
                index=element.index,
                expected=element.expected,
                received=dict(element.received),
                ulps={k: to_number(far) for k, far in element.ulps.items()},
            )
            for element in evidence.elements
        ),
        map=tuple(tuple(to_number(cell) for cell in row) for row in evidence.map),
        histogram=dict(evidence.histogram),
        curves=tuple(
            Line(
                name=curve.name,
                steps=curve.steps,
                lines={
                    label: tuple(to_number(n) for n in line)
                    for label, line in curve.lines.items()
                },
            )
            for curve in evidence.curves
        ),
    )


def from_proof(proof: Proof | None) -> Evidence | None:
    """What `to_proof` was given."""
    if proof is None:
        return None
    return Evidence(
        output=proof.output,
        backend=proof.backend,
        precision=proof.precision,
        shape=proof.shape,
        elements=tuple(
            Element(
                index=spot.index,
                expected=spot.expected,
                received=spot.received,
                ulps={k: from_number(far) for k, far in spot.ulps.items()},
            )
            for spot in proof.elements
        ),
        map=tuple(tuple(map(from_number, row)) for row in proof.map),
        histogram=proof.histogram,
        curves=tuple(
            Curve(
                name=line.name,
                steps=line.steps,
                lines={k: tuple(map(from_number, n)) for k, n in line.lines.items()},
            )
            for line in proof.curves
        ),
    )
