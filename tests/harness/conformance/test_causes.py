"""The causes as they stand: each whole, of samples that there are."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from multibackend.backends import BACKENDS
from multibackend.conformance.causes import LINES, catalogue, causes
from multibackend.conformance.tables import every
from multibackend.parity.checks.table import CHECKS, asked
from multibackend.parity.record.observation import BUILD

CAUSES = causes()


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.id)
def test_a_cause_names_backends_checks_and_samples_that_there_are(cause):
    names = [sample.name for sample in every()]

    assert set(cause.backends) <= set(BACKENDS)
    for shown in cause.shows:
        assert set(shown.backends) <= set(BACKENDS)
        assert {asked(check) for check in shown.checks} <= {"*", BUILD, *CHECKS}
        for pattern in shown.samples:
            plain = pattern.replace("[", "[[]")
            assert any(fnmatchcase(name, plain) for name in names), pattern


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.id)
def test_a_reproducer_is_a_short_program_without_this_package(cause):
    text = cause.reproducer.strip()

    _ = compile(text, cause.id, "exec")
    assert len(text.splitlines()) <= LINES
    assert "keras" in text
    assert "multibackend" not in text


def test_a_catalogue_has_an_entry_for_each_place_where_a_cause_shows():
    entries = catalogue().entries

    assert len(entries) == sum(len(cause.shows) for cause in CAUSES)
    assert len({entry.id for entry in entries}) == len(entries)
    assert all(entry.reproducer for entry in entries)
