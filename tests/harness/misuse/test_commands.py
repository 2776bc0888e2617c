"""Commands that cannot be meant: one sentence, exit code 2, no traceback."""

from __future__ import annotations

import pytest

NAMES = "torch, jax, tensorflow, numpy, openvino"


# Each row: the command, its exit code, and what the sentence must hold: what was
# expected, what came, and what to do.
ROWS = {
    "a misspelt backend": (
        ("check", "good.py", "--backends", "torch,tensorflwo"),
        2,
        (f"among {NAMES}", "'tensorflwo'", "Did you mean 'tensorflow'?"),
    ),
    "a backend like no other": (
        ("run", "good.py", "--backend", "mxnet"),
        2,
        (f"among {NAMES}", "'mxnet'", "Choose one"),
    ),
    "no backend at all": (("check", "good.py", "--backends", ","), 2, ("','",)),
    "two backends where one is wanted": (
        ("run", "good.py", "--backend", "torch,jax"),
        2,
        (f"among {NAMES}", "'torch,jax'"),
    ),
    "a required backend that is misspelt": (
        ("compare", "kept", "--require", "torch,jaxx"),
        2,
        ("'jaxx'", "Did you mean 'jax'?"),
    ),
    "a file that is not there": (
        ("check", "not_there.py"),
        2,
        ("'not_there.py'", "to exist, found none at", "Check the path"),
    ),
    "a package that is not there": (
        ("check", "no_such_package.cases"),
        2,
        ("'no_such_package.cases'", "no module 'no_such_package'", "Install it"),
    ),
    "a target of no known form": (
        ("check", "a b"),
        2,
        ("path/file.py::name", "received 'a b'"),
    ),
    "a misspelt check": (
        ("check", "good.py", "--checks", "forwrd"),
        2,
        ("forward, training", "'forwrd'", "Did you mean 'forward'?"),
    ),
    "a device of no known name": (
        ("check", "good.py", "--device", "tpu"),
        2,
        ("auto, cpu, gpu", "'tpu'", "Choose one"),
    ),
    "a folder with a record already": (
        ("run", "good.py", "--backend", "numpy", "--out", "kept"),
        2,
        ("Expected a new folder", "kept/numpy", "--overwrite"),
    ),
    "a file where the folder should be": (
        ("run", "good.py", "--backend", "numpy", "--out", "a_file"),
        2,
        ("Expected to make the folder a_file", "File exists", "--out"),
    ),
    "a folder below a file": (
        ("run", "good.py", "--backend", "numpy", "--out", "a_file/below"),
        2,
        ("a_file/below", "Not a directory", "--out"),
    ),
    "a folder of records that is not there": (
        ("compare", "not_there"),
        2,
        ("folder with records at not_there", "found none", "multibackend run --out"),
    ),
    "a folder without a record": (
        ("compare", "kept", "nothing_in_it"),
        2,
        ("below nothing_in_it", "no record.json", "multibackend run --out"),
    ),
    "a report that is not there": (
        ("report", "nothing_in_it"),
        2,
        ("nothing_in_it/verdicts.json", "No such file", "multibackend compare --json"),
    ),
    "a place that cannot hold the verdicts": (
        ("compare", "kept", "--json", "a_file/verdicts.json"),
        2,
        ("a_file/verdicts.json", "File exists"),
    ),
    "a module that is not in its package": (
        ("list", "multibackend.no_such_room"),
        2,
        ("multibackend.no_such_room", "ModuleNotFoundError", "by hand"),
    ),
    "a file that raises": (
        ("list", "raises.py"),
        2,
        ("'raises.py'", "RuntimeError: no luck", "raises.py:1", "by hand"),
    ),
    "a file that leaves": (
        ("list", "leaves.py"),
        2,
        ("'leaves.py'", "SystemExit: 7", "leaves.py:3"),
    ),
    "a file that is no Python": (
        ("list", "unfinished.py"),
        2,
        ("'unfinished.py'", "SyntaxError", "line 1"),
    ),
    "a file that imports what is not there": (
        ("list", "imports.py"),
        2,
        ("'imports.py'", "No module named 'a_module_that_is_not_there'"),
    ),
    "a file without a case": (
        ("list", "empty.py"),
        2,
        ("'empty.py'", "an optimizer, found none", "@multibackend.case"),
    ),
    "a case that is not in the file": (
        ("list", "light.py::won"),
        2,
        ("'won'", "found one", "@multibackend.case"),
    ),
    "two cases of one name": (
        ("list", "twice.py"),
        2,
        ("'twice:one' twice", "twice.py:4", "twice.py:9", "pass name="),
    ),
    "a case with arguments": (
        ("list", "takes.py"),
        2,
        ("'one'", "no arguments", "(x)", "normal(4, 16)"),
    ),
    "a backend of no name": (
        ("run", "good.py", "--backend", ""),
        2,
        (f"among {NAMES}", "received ''"),
    ),
    "a target of two modules": (
        ("check", "good.py:good:good", "--backends", "numpy"),
        2,
        ("good.py:good:good",),
    ),
    "a folder as a target": (
        ("check", "nothing_in_it", "--backends", "numpy"),
        2,
        ("'nothing_in_it'",),
    ),
    "an empty target": (("list", ""), 2, ("path/file.py::name", "received ''")),
    "a misspelt case": (
        ("list", "light.py::on"),
        2,
        ("'on'", "found one"),
    ),
    "two checks of which one is misspelt": (
        ("run", "good.py", "--backend", "numpy", "--checks", "forward,grad_weight"),
        2,
        ("'grad_weight'", "Did you mean 'grad_weights'?"),
    ),
    "two folders to go on in or to replace": (
        (
            "run",
            "good.py",
            "--backend",
            "numpy",
            "--out",
            "kept",
            "--resume",
            "--overwrite",
        ),
        2,
        ("--resume or --overwrite", "received both"),
    ),
    "to go on with a record that does not say what was asked": (
        ("run", "good.py", "--backend", "numpy", "--out", "kept", "--resume"),
        2,
        ("kept/numpy", "says what was asked", "--overwrite"),
    ),
    "a folder of records that is a file": (
        ("compare", "a_file"),
        2,
        ("folder with records at a_file", "multibackend run --out"),
    ),
    "records to exchange with that are not there": (
        ("run", "good.py", "--backend", "numpy", "--out", "x", "--exchange", "nowhere"),
        2,
        ("nowhere", "found none"),
    ),
    "a report that is damaged": (
        ("report", "damaged.json"),
        2,
        ("damaged.json", "damaged JSON", "multibackend compare --json"),
    ),
    "a report nested too deep": (
        ("report", "deep.json"),
        2,
        ("deep.json", "multibackend compare --json"),
    ),
    "a report of a newer schema": (
        ("report", "newer.json"),
        2,
        ("schema 99", "multibackend compare --json"),
    ),
    "a report that is another JSON": (("report", "other.json"), 2, ("other.json",)),
    "a catalogue that is not there": (
        ("compare", "kept", "--catalogue", "nowhere.toml"),
        2,
        ("nowhere.toml", "--update-catalogue makes the file"),
    ),
    "a catalogue that is no TOML": (
        ("compare", "kept", "--catalogue", "no.toml"),
        2,
        ("no.toml", "Correct it"),
    ),
    "a catalogue with a misspelt field": (
        ("compare", "kept", "--catalogue", "field.toml"),
        2,
        ("field.toml", "reasn", "catalogue.schema.json"),
    ),
    "a catalogue with another table": (
        ("compare", "kept", "--catalogue", "table.toml"),
        2,
        ("table.toml", "entries"),
    ),
    "a place that cannot hold the page": (
        ("compare", "kept", "--html", "a_file/report.html"),
        2,
        ("a_file/report.html", "Name a file"),
    ),
    "a place that cannot hold the summary": (
        ("compare", "kept", "--markdown", "nothing_in_it"),
        2,
        ("nothing_in_it", "Is a directory"),
    ),
    "a backend that the doctor does not know": (
        ("doctor", "--backends", "pytorch"),
        2,
        ("'pytorch'", "Did you mean 'torch'?"),
    ),
    "no backend for the trial": (("selftest", "--backends", " , "), 2, ("torch,jax",)),
}


@pytest.mark.parametrize(("command", "code", "holds"), ROWS.values(), ids=ROWS.keys())
def test_one_sentence_says_what_is_wrong_and_what_to_do(
    folder, multibackend, command, code, holds
):
    done = multibackend(*command, cwd=folder)

    assert done.code == code, done.err
    assert not done.out
    assert done.is_one_sentence, done.err
    for part in holds:
        assert part in done.err


# What the parser of the command line refuses: it names the option and shows the usage.
PARSED = {
    "an unknown command": (("verify",), "No such command 'verify'"),
    "an unknown option": (("check", "--backend-s", "x"), "No such option: --backend-s"),
    "an option without its value": (("run", "--out"), "--out"),
    "no folder to compare": (("compare",), "Missing argument 'DIR...'"),
    "a folder too many": (("report", "a", "b"), "unexpected extra argument"),
    "no time": (("check", "--time-limit=0"), "Invalid value for '--time-limit'"),
    "negative time": (("check", "--time-limit=-3"), "Invalid value for '--time-limit'"),
    "time in words": (
        ("check", "--time-limit=soon"),
        "Invalid value for '--time-limit'",
    ),
    "no twins": (("check", "--twins", "0"), "Invalid value for '--twins'"),
    "half a twin": (("run", "--twins", "1.5"), "Invalid value for '--twins'"),
    "a seed in words": (("run", "--shuffle", "well"), "Invalid value for '--shuffle'"),
    "no time for the doctor": (("doctor", "--time-limit", "0"), "'--time-limit'"),
}


@pytest.mark.parametrize(("command", "holds"), PARSED.values(), ids=PARSED.keys())
def test_what_cannot_be_parsed_is_refused_with_its_name(
    folder, multibackend, command, holds
):
    done = multibackend(*command, cwd=folder)

    assert done.code == 2
    assert holds in done.err
    assert "Error: " in done.err.splitlines()[-1]
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["run", "list"])
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_keras_backend_is_refused_before_anything_starts(
    folder, multibackend, command, value
):
    done = multibackend(command, "good.py", cwd=folder, KERAS_BACKEND=value)

    assert done.code == 2
    assert "Expected KERAS_BACKEND to name a backend, received an empty" in done.err
    assert f"Unset it or set it to one of {NAMES}" in done.err
    assert done.is_one_sentence


def test_an_unknown_keras_backend_is_refused(folder, multibackend):
    done = multibackend("run", "good.py", cwd=folder, KERAS_BACKEND="pytorch")

    assert done.code == 2
    assert "received 'pytorch'. Did you mean 'torch'?" in done.err
    assert done.is_one_sentence


def test_a_misspelt_backend_in_keras_json_is_refused(
    folder, multibackend, tmp_path, monkeypatch
):
    _ = (tmp_path / "keras.json").write_text('{"backend": "pytorch"}', "utf-8")
    monkeypatch.delenv("KERAS_BACKEND")

    done = multibackend("run", "good.py", cwd=folder, KERAS_HOME=str(tmp_path))

    assert done.code == 2
    assert "received 'pytorch'. Did you mean 'torch'?" in done.err
    assert done.is_one_sentence


def test_the_help_names_every_command_and_exit_code(multibackend, tmp_path):
    done = multibackend("--help", cwd=tmp_path)

    assert done.code == 0
    for name in ("check", "run", "compare", "report", "list", "doctor", "selftest"):
        assert f"\n  {name} " in done.out
    assert "130 interrupted" in " ".join(done.out.split())
