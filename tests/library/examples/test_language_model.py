"""The language model example: it is causal, and sampling is what training saw."""

import keras
import numpy as np
import pytest

from multibackend.examples import language_model
from multibackend.examples._poem import poem
from multibackend.examples._transformer import LanguageModel
from multibackend.weights import seed_weights


@pytest.fixture(scope="module")
def text():
    return poem()[1]


@pytest.fixture(scope="module")
def model(text):
    built = LanguageModel(45, width=16, blocks=1)
    _ = built(text[None, :2])
    seed_weights(built)
    return built


def test_the_poem_is_that_of_import_this(text, capsys):
    characters, _ = poem()
    said = "".join(characters[number] for number in text)
    assert said.startswith("The Zen of Python, by Tim Peters\n\nBeautiful is")
    assert len(said) == 856
    assert len(characters) == 45
    assert capsys.readouterr().out == ""


def test_a_later_character_changes_no_earlier_score(model, text):
    row = text[None, :12].copy()
    before = keras.ops.convert_to_numpy(model(row))
    row[0, 8] = (row[0, 8] + 1) % 45
    after = keras.ops.convert_to_numpy(model(row))
    np.testing.assert_array_equal(after[:, :8], before[:, :8])
    assert np.any(after[:, 8:] != before[:, 8:])


def test_characters_drawn_one_by_one_are_those_of_the_whole_text(model, text):
    """A cache that forgets, or a position off by one, takes other characters."""
    start, length = text[:6], 10
    (said,) = language_model.sample(model, start, length, np.zeros((1, 1)))
    whole = np.concatenate([start, said])[None]
    logits = keras.ops.convert_to_numpy(model(whole))  # (1, 16, characters)
    np.testing.assert_array_equal(logits[0, 5:-1].argmax(axis=1), said)


def test_scores_with_caches_are_those_of_the_whole_text(text):
    model = LanguageModel(45, width=16, blocks=2)
    row = text[None, :7]
    whole = keras.ops.convert_to_numpy(model(row))  # (1, 7, characters)
    caches = [layer.empty_cache(1, 7) for layer in model.attention]
    for place in range(7):
        at = np.asarray(place, "int32")
        one, caches = model(row[:, place, None], caches=caches, position=at)
        gap = np.abs(keras.ops.convert_to_numpy(one)[:, 0] - whole[:, place])
        assert gap.max() <= 64 * np.finfo(np.float32).eps * np.abs(whole).max()


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_what_is_sampled_follows_the_softmax_at_its_temperature(text, temperature):
    model = LanguageModel(45, width=16, blocks=1)
    _ = model(text[None, :2])
    seed_weights(model)
    model.scores.kernel.assign(4 * model.scores.kernel)  # clear preferences
    rows = 20_000
    said = language_model.sample(model, text[:1], 1, np.full((rows, 1), temperature))
    logits = keras.ops.convert_to_numpy(model(text[None, :1]))[0, 0].astype("float64")
    shares = np.exp((logits - logits.max()) / temperature)
    shares /= shares.sum()
    counts = np.bincount(said[:, 0], minlength=45)
    # Five standard deviations of a binomial count.
    spread = np.sqrt(rows * shares * (1 - shares))
    assert np.all(np.abs(counts - rows * shares) <= 5 * spread + 1)


def test_main_trains_on_what_follows_and_counts_what_is_recited(text, monkeypatch):
    trained = []

    def stepper(model):
        def step(numbers, following):
            trained.append((numbers, following))
            return 2.0

        return step

    def sample(model, start, length, temperatures):
        """The poem at temperature 0, half of it at 1, nothing of it at 3."""
        np.testing.assert_array_equal(start, text[: len(start)])
        poem = text[len(start) : len(start) + length]
        half = np.where(np.arange(length) % 2, poem, -1)
        said = {0.0: poem, 1.0: half, 3.0: poem - 45}
        return np.stack([said[float(t)] for (t,) in temperatures])

    monkeypatch.setattr(language_model, "stepper", stepper)
    monkeypatch.setattr(language_model, "sample", sample)
    numbers = language_model.main(epochs=2, steps=3, length=10)
    assert len(trained) == 6
    for seen, following in trained:
        assert seen.shape == (language_model.BATCH, language_model.WINDOW)
        np.testing.assert_array_equal(seen[:, 1:], following[:, :-1])
        found = np.lib.stride_tricks.sliding_window_view(text, seen.shape[1] + 1)
        whole = np.hstack([seen, following[:, -1:]])
        for row in whole:
            assert np.any(np.all(found == row, axis=1))
    np.testing.assert_array_equal(numbers["loss"], [2, 2])
    assert numbers["recited"] == 1
    assert numbers["recited_hot"] == 0


def test_the_draws_follow_the_softmax_at_a_temperature(model, text):
    draw = language_model.sampler(model)
    rows, temperature = 2000, 2.0
    noise = temperature * np.random.default_rng(0).gumbel(size=(rows, 45))
    numbers = np.repeat(text[:1], rows)
    caches = [layer.empty_cache(rows, 1) for layer in model.attention]
    zero = np.asarray(0, "int32")
    drawn, _ = draw(numbers, caches, zero, noise.astype(keras.config.floatx()))
    assert draw.notes == []
    logits = keras.ops.convert_to_numpy(model(text[None, :1]))[0, 0].astype("float64")
    shares = np.exp(logits / temperature) / np.exp(logits / temperature).sum()
    counts = np.bincount(keras.ops.convert_to_numpy(drawn), minlength=45)
    # Five standard deviations of a binomial count.
    spread = np.sqrt(rows * shares * (1 - shares))
    assert np.all(np.abs(counts - rows * shares) <= 5 * spread + 1)


def test_compiled_steps_lower_the_loss_of_a_window(model, text):
    step = language_model.stepper(model)
    losses = [float(step(text[None, :16], text[None, 1:17])) for _ in range(8)]
    assert step.notes == []
    assert np.all(np.diff(losses) < 0)


def test_a_short_run_returns_what_it_says():
    numbers = language_model.main(epochs=2, steps=4, length=5)
    assert numbers["loss"].shape == (2,)
    assert numbers["loss"][1] < numbers["loss"][0]
    assert numbers["text"].shape == (3, 5)
    assert numbers["logits"].shape == (1, language_model.WINDOW, 45)
