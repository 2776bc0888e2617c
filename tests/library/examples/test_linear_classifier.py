"""The linear classifier: its clouds, its 40 losses, its line and its picture."""

import numpy as np
import pytest

from multibackend.examples import linear_classifier as example


@pytest.fixture(scope="module")
def numbers():
    return example.main()


def descent():
    """The same training in NumPy and float64, with gradients by hand."""
    inputs, targets, kernel, bias = (
        a.astype("float64") for a in (*example.clouds(), *example.start())
    )
    losses = []
    for _ in range(40):
        errors = inputs @ kernel + bias - targets
        losses.append(np.mean(errors**2))
        kernel = kernel - 0.1 * 2 * inputs.T @ errors / len(errors)
        bias = bias - 0.1 * 2 * errors.mean(axis=0)
    return np.array(losses), kernel, bias


def test_the_clouds_are_those_of_the_notes():
    inputs, targets = example.clouds()
    assert inputs.shape == (2000, 2)
    assert targets.shape == (2000, 1)
    for cloud, mean in ((inputs[:1000], [0, 3]), (inputs[1000:], [3, 0])):
        # five standard errors of a mean and of a covariance of 1000 points
        assert np.abs(cloud.mean(axis=0) - mean).max() < 5 / np.sqrt(1000)
        covariance = np.cov(cloud.T)
        assert np.abs(covariance - [[1, 0.5], [0.5, 1]]).max() < 5 * np.sqrt(2 / 1000)
    assert targets[:1000].max() == 0
    assert targets[1000:].min() == 1


def test_the_40_losses_and_the_weights_are_those_of_numpy(numbers, close):
    losses, kernel, bias = descent()
    close(numbers["losses"], losses)
    close(numbers["kernel"], kernel)
    close(numbers["bias"], bias)
    assert losses.shape == (40,)
    assert np.all(np.diff(losses) < 0)


def test_in_float64_they_agree_to_the_last_digits(float64, close):
    losses, kernel, _ = descent()
    numbers = example.main()
    close(numbers["losses"], losses, dtype="float64")
    close(numbers["kernel"], kernel, dtype="float64")


def test_predictions_and_accuracy_belong_to_the_last_weights(numbers, close):
    inputs, targets = (a.astype("float64") for a in example.clouds())
    predictions = inputs @ numbers["kernel"] + numbers["bias"]
    close(numbers["predictions"], predictions)
    assert numbers["accuracy"] == np.mean((predictions > 0.5) == targets)
    assert numbers["accuracy"] > 0.99


def test_training_leaves_the_given_arrays_as_they_were():
    given = (*example.clouds(10), *example.start())
    before = [a.copy() for a in given]
    _ = example.train(*given)
    assert all(np.array_equal(a, b) for a, b in zip(given, before, strict=True))


def test_the_picture_shows_both_colours_and_the_line(tmp_path):
    image = pytest.importorskip(
        "matplotlib.image",
        reason="matplotlib is not installed, which draws the picture",
    )
    file = tmp_path / "line.png"
    _ = example.main(plot_file=str(file))
    pixels = image.imread(file)[..., :3].reshape(-1, 3)
    colours = {"gold": (1, 0.843, 0), "indigo": (0.294, 0, 0.51), "red": (1, 0, 0)}
    for name, colour in colours.items():
        near = np.abs(pixels - np.array(colour)).max(axis=1) < 0.02
        assert near.sum() > 100, name


def test_the_line_lies_where_the_prediction_is_one_half(numbers, monkeypatch):
    axes = pytest.importorskip(
        "matplotlib.axes", reason="matplotlib is not installed, which draws the picture"
    ).Axes
    drawn = {}
    monkeypatch.setattr(axes, "plot", lambda self, x, y, *style: drawn.update(x=x, y=y))
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda self, file: None)
    kernel, bias = numbers["kernel"], numbers["bias"]
    example.plot("unused", example.clouds(2)[0], np.zeros((4, 1)), kernel, bias)
    points = np.stack([drawn["x"], drawn["y"]], axis=1)
    assert np.abs(points @ kernel + bias - 0.5).max() < 1e-6
