"""The pytest plugin: `@case` functions in test files are items. Loads no framework.

Each case is run in child processes, never in pytest's own, on the backends of
`--multibackend torch,jax` and judged across them. Without the option it is run on the one
backend that is chosen for this process, and judged by that backend's own float64 run.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from multibackend.errors import MultibackendError
from multibackend.plugin import spread
from multibackend.plugin.fixture import check_agreement
from multibackend.plugin.item import CaseItem, made_of
from multibackend.plugin.marks import honour, register
from multibackend.plugin.options import add_options, backends_of, choose, record_folder
from multibackend.plugin.told import attach, summarize

__all__ = ["CaseItem", "check_agreement"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--multibackend` and `--multibackend-record`."""
    add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Chooses the backend before a conftest.py imports Keras."""
    choose(early_config, str(early_config.known_args_namespace.multibackend))


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Keeps the cases on one worker of pytest-xdist, before it decides otherwise."""
    spread.keep_together(config)
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Fixes the backends, and registers the marks of Keras that nobody else did.

    Raises:
        pytest.UsageError: `--multibackend` names no backend, or the folder of
            `--multibackend-record` is taken.
    """
    if not config.getoption("--multibackend"):
        with contextlib.suppress(MultibackendError):  # the header and the items say it
            _ = backends_of(config)
    else:
        choose(config, str(config.getoption("--multibackend")))
    if not spread.is_worker(config):
        _ = record_folder(config)
        spread.refuse_scattered(config)
    register(config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a worker of pytest-xdist how tests are spread."""
    spread.tell(node)


def pytest_report_header(config: pytest.Config) -> str:
    """Says which backends the cases are judged on."""
    try:
        return f"multibackend: {', '.join(backends_of(config))}"
    except MultibackendError as error:
        return f"multibackend: {error}"


def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: Any) -> Any:
    """Makes an item of a `Case` that the test file itself declares."""
    case, marks = made_of(obj)
    if case is None or Path(case.file) != collector.path:
        return None
    named = spread.node_id(collector, name, marks)
    given = {} if named is None else {"nodeid": named}
    return CaseItem.from_parent(collector, name=name, case=case, marks=marks, **given)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Honours the marks of Keras on ordinary tests; cases ask for themselves."""
    honour(config, [item for item in items if not isinstance(item, CaseItem)])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Hands the verdicts on with the report, also from a worker of pytest-xdist."""
    report = yield
    attach(item, report)
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Shows what was judged: what differs, what is excused, and counts."""
    summarize(terminalreporter)


def pytest_unconfigure() -> None:
    """Ends the children that are warm, before anything else waits for this process."""
    check = sys.modules.get("multibackend.parity.agree.check")
    if check is not None:
        check.warm().close()
