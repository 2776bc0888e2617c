"""A run that is taken up again is the run that was not interrupted."""

import keras
import numpy as np
import pytest

from multibackend import training
from multibackend.weights import seed_weights


def _noisy():
    """Seeds, statistics and slots: all that a run carries along."""
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(6, activation="tanh")(inputs)
    hidden = keras.layers.BatchNormalization()(hidden)
    hidden = keras.layers.Dropout(0.5, seed=5)(hidden)
    model = training.Model(inputs, keras.layers.Dense(1)(hidden))
    seed_weights(model)
    model.compile(optimizer=keras.optimizers.Adam(0.05), loss="mse")
    return model


@pytest.fixture
def run():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(24, 4)).astype("float32")

    def fit(model, **given):
        return model.fit(
            x, x[:, :1], batch_size=8, shuffle=3, verbose=0, **given
        ).history["loss"]

    return fit


def test_the_trajectory_goes_on(run, tmp_path):
    """Without the seeds another mask, without the slots another step, without the
    order another batch."""
    file = tmp_path / "deep" / "run.safetensors"
    whole = run(_noisy(), epochs=4)
    first = run(_noisy(), epochs=2, callbacks=[training.Checkpoint(file)])
    again = _noisy()
    again.build_on((np.ones((8, 4), "float32"), np.ones((8, 1), "float32")))
    second = run(again, epochs=4, initial_epoch=training.resume(again, file))

    assert first + second == whole


def test_a_file_of_another_model_is_refused(run, tmp_path):
    file = tmp_path / "run.safetensors"
    run(_noisy(), epochs=1, callbacks=[training.Checkpoint(file)])
    inputs = keras.Input((4,))
    other = training.Model(inputs, keras.layers.Dense(2)(inputs))
    other.compile(optimizer="sgd", loss="mse")

    with pytest.raises(ValueError, match="shapes of this model"):
        _ = training.resume(other, file)


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    file = tmp_path / "text.safetensors"
    file.write_text("nothing of the kind")
    with pytest.raises(ValueError, match="a checkpoint of multibackend"):
        _ = training.resume(_noisy(), file)


def test_no_file_at_all_says_where(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        _ = training.resume(_noisy(), tmp_path / "nowhere")


def test_bfloat16_comes_back_to_the_bit(tmp_path):
    keras.config.set_dtype_policy("bfloat16")
    try:
        inputs = keras.Input((2,))
        model = training.Model(inputs, keras.layers.Dense(3)(inputs))
    finally:
        keras.config.set_dtype_policy("float32")
    model.compile(optimizer="sgd", loss="mse")
    saving = training.Checkpoint(tmp_path / "half.safetensors")
    saving.set_model(model)
    saving.on_epoch_end(0)
    before = keras.ops.convert_to_numpy(
        keras.ops.cast(model.layers[1].kernel, "float32")
    )
    model.layers[1].kernel.assign(keras.ops.zeros((2, 3), "bfloat16"))

    assert training.resume(model, tmp_path / "half.safetensors") == 1
    after = keras.ops.convert_to_numpy(
        keras.ops.cast(model.layers[1].kernel, "float32")
    )
    assert np.array_equal(before, after)
