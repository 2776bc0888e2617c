"""The command that asks a verdict again is one that can be pasted."""

from multibackend.parity.compare.rerun import rerun
from multibackend.parity.compare.verdict import NO_CASE, Verdict


def test_the_command_survives_a_shell():
    verdict = Verdict("m:a b'c; rm -rf /", "forward", "differ")

    assert rerun(verdict) == (
        "multibackend check 'm:a b'\"'\"'c; rm -rf /' --checks forward"
    )


def test_what_is_about_no_check_asks_for_all_of_them():
    verdict = Verdict("m:dense", "build", "failed")

    assert rerun(verdict) == "multibackend check m:dense"


def test_a_missing_record_is_asked_for_by_its_backend():
    verdict = Verdict(NO_CASE, "record", "missing", blame=("jax",))

    assert rerun(verdict) == "multibackend run --backend jax"


def test_a_case_named_after_its_file_is_asked_for_by_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "cases.py"
    file.touch()
    verdict = Verdict("cases:dense", "fit", "differ", file=str(file))

    assert rerun(verdict) == "multibackend check cases.py::dense --checks fit"
