"""A program is valid Python, and what users name cannot become code."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

import numpy as np
import pytest

from multibackend.parity.compare.verdict import Judgement, Verdict
from multibackend.parity.report.programs import forget_programs, write_programs
from multibackend.parity.reproduce.program import program
from multibackend.parity.reproduce.recipes import REFUSED

HOSTILE = [
    '"""\nimport os; os.system("touch hacked")\n"""',
    "\\N{BULLET}\\x00 \\",
    'm:a"""+exit()+"""',
    "a\x00b\x1b[31m\r\n\u2028c",
    "{CASE} %s {0}",
]


def statements(text: str) -> list[str]:
    return [type(node).__name__ for node in ast.parse(text).body]


def test_a_program_needs_keras_and_numpy_alone(draft, told) -> None:
    imported = re.findall(r"^(?:import|from) (\w+)", program(draft, told), re.MULTILINE)

    assert "multibackend" not in imported
    assert {"keras", "numpy"} <= set(imported)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(draft, told, name) -> None:
    plain = program(draft, told)
    hostile = replace(told, lines=[name], case=name, versions={name: name})
    text = program(draft.but(title=name, labelled=(name,), remarks=(name,)), hostile)

    assert statements(text) == statements(plain)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_case_name_stays_text_where_draws_depend_on_it(
    draft, told, name
) -> None:
    own = draft.but(made=["case", "gate"], sources=("def gate():\n    return 1, 2",))
    plain = program(own, told)

    assert statements(program(own, replace(told, case=name))) == statements(plain)


@pytest.mark.parametrize(
    "made",
    [
        ["name", "keras.ops.tanh; import os"],
        ["case", "gate(); exit"],
        ["call", ["keras.layers.Dense(1) or f", {}]],
        ["call", ["keras.layers.Dense", {"units=1), exit(": ["value", 1]}]],
        ["code", "exit()"],
    ],
)
def test_a_node_that_is_no_name_is_refused(draft, told, made) -> None:
    with pytest.raises(TypeError):
        _ = program(draft.but(made=made), told)


@pytest.mark.parametrize("check", sorted(REFUSED))
def test_a_check_without_a_program_says_why(draft, told, check) -> None:
    with pytest.raises(LookupError) as error:
        _ = program(draft.but(check=check), told)
    assert str(error.value.args[0]) == REFUSED[check]


def test_a_file_stays_in_its_folder_whatever_the_case_is_called(tmp_path) -> None:
    names = ["m:../../out", "m:/etc/passwd", "m:a/b\\c", "m:" + "x" * 500, "m:CON."]
    verdicts = [
        Verdict(name, "forward", "differ", reproducer="print()") for name in names
    ]
    folder = tmp_path / "inner" / "reproducers"
    files = write_programs(Judgement(tuple(verdicts), {}), folder)

    assert len(set(files)) == len(names)
    assert {file.parent for file in files} == {folder}
    assert {p for p in tmp_path.rglob("*") if p.is_file()} == set(files)


def test_earlier_programs_are_removed_and_nothing_else(tmp_path) -> None:
    for name in ("old.py", "notes.txt"):
        _ = (tmp_path / name).write_text("x")
    forget_programs(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", ["gap", "make", "plain", "x", "outcome"])
def test_code_that_takes_a_name_of_the_program_is_refused(draft, told, name) -> None:
    own = draft.but(sources=(f"def {name}():\n    return 1",))

    with pytest.raises(LookupError, match=f"defines '{name}'"):
        _ = program(own, told)


@pytest.mark.parametrize(
    ("check", "output"),
    [
        ("spec", "unknown batch and second axis/output 0/shape"),
        ("mask", "propagated/0"),
        ("mask", "altered in training/state/mean"),
        ("batch", "0"),
        ("config", "config"),
        ("determinism", "training"),
    ],
)
def test_a_program_asks_about_the_output_that_differs(
    draft, told, check, output
) -> None:
    text = program(draft.but(check=check, output=output), told)
    asked = text.rpartition("def yielded")[2]

    assert ast.parse(text)
    words = {
        "propagated/0": "Behind()(leaf)",
        "altered in training/state/mean": "mask=mask, training=True)",
        "training": "training=True), layer.non_trainable_weights]",
        "config": "again.get_config()",
        "0": "leaf[::2]",
    }
    assert words.get(output, "(None, None, *shape[2:])") in asked


def test_a_layer_is_built_on_its_good_input_before_the_bad_one(draft, told) -> None:
    bad = [["list", [["array", "bad"]]], ["dict", {}]]
    arrays = {**draft.arrays, "bad": np.ones((4, 3), "float32")}
    errors = replace(draft.but(check="errors", bad=bad), arrays=arrays)
    text = program(errors, told)

    assert "layer(x)  # builds its weights" in text
    assert text.rpartition("def yielded")[2].count("return layer(x1)") == 1


def test_a_bad_input_of_several_parts_is_one_batch_of_a_metric(draft, told) -> None:
    batch = ["tuple", [["array", "0"], ["array", "0"]]]
    inputs = [["list", [["list", [batch]]]], ["dict", {}]]
    metric = draft.but(check="errors", kind="metric", inputs=inputs, weights="")

    assert "metric.update_state(x, x)" in program(metric, told)
