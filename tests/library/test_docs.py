"""The pages in `docs` run as they stand, on this backend."""

import re
from pathlib import Path

import keras
import numpy as np
import pytest

DOCS = Path(__file__).parents[2] / "docs"


def training(names):
    assert round(float(names["acceleration"]), 3) == 9.8
    assert [float(each) for each in names["along"]] == [6.0, 0.0]
    assert names["losses"][-1] < names["losses"][0]
    assert names["step"].notes == names["smooth"].notes == names["fast"].notes == []
    assert len(names["history"].history["loss"]) == 3


def tutorial(names):
    assert keras.ops.convert_to_numpy(names["v"]).tolist() == [[2.0]] * 3
    assert float(names["slope"]) == 6.0
    assert round(float(names["acceleration"]), 3) == 9.8
    assert tuple(names["output"].shape) == (2, 32)
    assert names["losses"][-1] < names["losses"][0] / 4
    assert names["accuracy"] > 0.95
    assert names["training_step"].notes == []
    losses = names["history"].history["val_loss"]
    assert losses[-1] < losses[0]
    assert names["held_out"] > 0.9
    assert names["few"].shape == (3, 1)
    # The last block's, which is right, under the name of the one that was not.
    layer, inputs = names["standardize"]()
    got = keras.ops.convert_to_numpy(layer(inputs))
    assert np.allclose(got, names["in_numpy"](inputs, {}), 1e-5)


def my_layer_differs(names):
    assert keras.ops.convert_to_numpy(names["mean"]).tolist() == [1.0, 4.0]
    assert keras.ops.convert_to_numpy(names["first"]).tolist() == [[0, 0, 0], [3, 4, 5]]
    assert tuple(names["narrow"].shape) == (names["batch"],) == (2,)
    assert keras.backend.standardize_dtype(names["half"].dtype) == "float32"
    assert np.isfinite(keras.ops.convert_to_numpy(names["log"])).all()
    function, inputs = names["only_std"]()
    assert tuple(function(inputs).shape) == (4,)


PAGES = {
    "training": training,
    "tutorial": tutorial,
    "my-layer-differs": my_layer_differs,
}


def blocks(page):
    text = (DOCS / f"{page}.md").read_text("utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_run_one_after_the_other(page):
    keras.utils.set_random_seed(0)
    names = {"__name__": f"docs.{page}"}
    for place, block in enumerate(blocks(page), 1):
        exec(compile(block, f"{page}.md, block {place}", "exec"), names)  # noqa: S102 - our own page

    PAGES[page](names)


def test_no_page_with_a_block_is_left_out():
    """tests/harness runs formats.md, and tests/parity runs pytest.md."""
    shown = {path.stem for path in DOCS.glob("*.md") if blocks(path.stem)}

    assert shown - {"formats", "pytest"} == PAGES.keys()
