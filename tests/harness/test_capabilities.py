"""What each backend can do, and names that only a plugin brings."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from multibackend import backends
from multibackend.errors import UnknownBackendError
from multibackend.parity.checks.table import CHECKS


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package on the path that would bring the backend `paddle`."""
    (tmp_path / "keras_paddle").mkdir()
    _ = (tmp_path / "keras_paddle" / "__init__.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    return "paddle"


def test_every_need_is_of_a_check_that_there_is() -> None:
    assert set(backends.NEEDS) <= set(CHECKS)


@pytest.mark.parametrize("name", backends.TRAINABLE)
def test_a_backend_with_everything_lacks_nothing(name: str) -> None:
    row = backends.find(name)

    assert [c for c in CHECKS if row.lacks(c, "model")] == []


@pytest.mark.parametrize("name", ["numpy", "openvino"])
def test_a_forward_backend_lacks_what_needs_more_with_a_sentence(name: str) -> None:
    row = backends.find(name)
    told = {c: row.lacks(c, "model") for c in CHECKS}

    lacking = {c for c, reason in told.items() if reason}
    assert lacking == {"grad_inputs", "grad_weights", "hvp", "jit", "fit"}
    assert all(reason.startswith(name) for reason in told.values() if reason)


def test_the_updates_of_a_bare_optimizer_need_no_training() -> None:
    assert backends.find("numpy").lacks("fit", "optimizer") is None


def test_a_name_that_an_installed_package_offers_is_tried(plugin: str) -> None:
    """And is not imported to find that out."""
    row = backends.find(plugin)

    assert (row.listed, row.driven, row.framework) == (False, False, "keras_paddle")
    assert "keras_paddle" not in sys.modules


def test_what_nobody_knows_of_a_plugin_is_not_said_to_be_lacking_there(
    plugin: str,
) -> None:
    reason = backends.find(plugin).lacks("grad_inputs", "layer")

    assert reason == "multibackend does not know how paddle differentiates"


def test_a_name_that_no_package_offers_is_refused_and_the_package_named() -> None:
    with pytest.raises(UnknownBackendError, match="install the plugin keras_paddle"):
        _ = backends.find("paddle")


def test_elsewhere_any_name_may_be_installed_but_a_misspelt_one() -> None:
    assert backends.named("paddle").framework == "keras_paddle"
    for wrong in ("pytroch", "jaxx", "", "../torch", "keras.mlx"):
        with pytest.raises(UnknownBackendError):
            _ = backends.named(wrong)
