"""`PeepholeLSTMCell` in `keras.layers.RNN`: its kin, its peepholes, its states."""

import keras
import numpy as np
import pytest

from multibackend.inputs import normal
from multibackend.layers import PeepholeLSTMCell
from multibackend.weights import seed_weights


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def seeded(layer, width=4, batch=None):
    layer.build((batch, None, width))
    seed_weights(layer)
    return layer


def test_without_peepholes_it_is_the_lstm_of_keras(close):
    inputs = normal(2, 6, 4, seed=1)
    ours = seeded(keras.layers.RNN(PeepholeLSTMCell(3), return_sequences=True))
    theirs = keras.layers.LSTM(3, return_sequences=True, use_cudnn=False)
    theirs.build(inputs.shape)
    kernel, recurrent, _, bias = ours.get_weights()
    ours.set_weights([kernel, recurrent, np.zeros((3, 3)), bias])
    theirs.set_weights([kernel, recurrent, bias])
    close(ours(inputs), numpy(theirs(inputs)))


def test_a_gate_sees_the_cell_through_its_peephole(close):
    cell = PeepholeLSTMCell(1, use_bias=False)
    cell.build((None, 1))
    inputs = np.zeros((1, 1), "float32")
    states = [np.zeros((1, 1), "float32"), np.full((1, 1), 2.0, "float32")]
    # The forget gate is open, then shut; the gate of the output sees the new cell.
    for forget, kept in ((1e4, 2.0), (-1e4, 0.0)):
        peephole = np.array([[0.0], [forget], [1.0]])
        cell.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), peephole])
        output, (_, after) = cell(inputs, states)
        close(after, [[kept]])
        close(output, [[np.tanh(kept) / (1 + np.exp(-kept))]])


def test_a_new_cell_has_peepholes_of_zero_and_an_open_forget_gate():
    cell = PeepholeLSTMCell(2)
    cell.build((None, 3))
    assert not cell.peephole.numpy().any()
    *_, bias = cell.get_weights()
    assert bias.tolist() == [0, 0, 1, 1, 0, 0, 0, 0]
    plain = PeepholeLSTMCell(2, unit_forget_bias=False)
    plain.build((None, 3))
    *_, bias = plain.get_weights()
    assert not bias.any()


def test_a_masked_step_might_as_well_not_be_there(close):
    inputs = normal(1, 5, 4, seed=1)
    layer = seeded(keras.layers.RNN(PeepholeLSTMCell(3)))
    mask = np.array([[True, False, True, True, False]])
    close(layer(inputs, mask=mask), numpy(layer(inputs[:, [0, 2, 3]])))


def test_a_stateful_layer_goes_on_where_it_stopped(close):
    inputs = normal(2, 6, 4, seed=1)
    layer = keras.layers.RNN(PeepholeLSTMCell(3), return_sequences=True, stateful=True)
    seeded(layer, batch=2)
    whole = numpy(layer(inputs))
    layer.reset_state()
    parts = [numpy(layer(inputs[:, :2])), numpy(layer(inputs[:, 2:]))]
    close(whole, np.concatenate(parts, axis=1))


def test_a_saved_model_gives_the_same_outputs(tmp_path, close):
    inputs = normal(2, 5, 4, seed=1)
    rnn = keras.layers.RNN(PeepholeLSTMCell(3), return_sequences=True)
    model = keras.Sequential([keras.Input((None, 4)), keras.layers.Bidirectional(rnn)])
    seed_weights(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert len(loaded.weights) == 8
    close(loaded(inputs), numpy(model(inputs)), roundings=0)


@pytest.mark.parametrize(
    ("policy", "size"),
    [("float32", 1e4), ("mixed_float16", 1e3), ("mixed_bfloat16", 1e4)],
)
def test_extreme_inputs_give_finite_outputs(policy, size):
    layer = keras.layers.RNN(PeepholeLSTMCell(3, dtype=policy), dtype=policy)
    seeded(layer)
    outputs = layer(size * np.sign(normal(2, 5, 4, seed=1)))
    assert np.isfinite(numpy(keras.ops.cast(outputs, "float32"))).all()


def test_the_configuration_keeps_every_argument():
    cell = PeepholeLSTMCell(
        3, "relu", "hard_sigmoid", use_bias=False, unit_forget_bias=False, name="mine"
    )
    copy = keras.layers.deserialize(keras.layers.serialize(cell))
    assert type(copy) is PeepholeLSTMCell
    assert copy.get_config() == cell.get_config()


def test_what_does_not_fit_is_refused():
    with pytest.raises(
        ValueError, match="`units` to be a positive integer, received 0"
    ):
        _ = PeepholeLSTMCell(0)
    with pytest.raises(ValueError, match="`use_bias` to be True or False, received 1"):
        _ = PeepholeLSTMCell(3, use_bias=1)  # pyright: ignore[reportArgumentType]
