"""Every source hands out the same rows."""

import importlib.util

import keras
import numpy as np
import pytest

from multibackend import training
from multibackend.training.batches import batches_of
from multibackend.training.weighing import split, weighed

_ROWS = np.arange(10, dtype="float32")[:, None]


class _Dataset(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, place):
        return (_ROWS[place * 4 : place * 4 + 4],)


def _tf_data():
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices((_ROWS,)).batch(4)


def _loader():
    import torch

    rows = torch.utils.data.TensorDataset(torch.as_tensor(_ROWS))
    return torch.utils.data.DataLoader(rows, batch_size=4)


def _grain():
    import grain.python as grain

    return grain.MapDataset.source(_ROWS).map(lambda row: (row,)).batch(4)


_SOURCES = {
    "array": (lambda: _ROWS, None),
    "PyDataset": (_Dataset, None),
    "list of batches": (lambda: [(_ROWS[:4],), (_ROWS[4:8],), (_ROWS[8:],)], None),
    "tf.data": (_tf_data, "tensorflow"),
    "DataLoader": (_loader, "torch"),
    "grain": (_grain, "grain"),
}


@pytest.mark.parametrize("name", _SOURCES)
def test_every_source_gives_every_row_each_epoch(name):
    make, framework = _SOURCES[name]
    if framework and importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed beside this backend")
    batches = batches_of(make(), batch_size=4)
    for epoch in range(2):
        found = [keras.ops.convert_to_numpy(x) for (x,) in batches.epoch(epoch)]
        assert [len(x) for x in found] == [4, 4, 2]
        assert np.array_equal(np.concatenate(found), _ROWS)


def test_a_generator_goes_on_where_it_ended():
    batches = batches_of((_ROWS[i : i + 2],) for i in range(0, 10, 2))

    assert np.array_equal(batches.first()[0], _ROWS[:2])
    seen = [next(batches.epoch(0))[0], next(batches.epoch(1))[0]]
    assert np.array_equal(np.concatenate(seen), _ROWS[:4])


def test_a_shuffled_epoch_has_every_row_in_another_order():
    batches = batches_of(_ROWS, batch_size=4, shuffle=3)
    first, second = (
        np.concatenate([x for (x,) in batches.epoch(epoch)]) for epoch in range(2)
    )

    assert np.array_equal(np.sort(first, axis=0), _ROWS)
    assert not np.array_equal(first, _ROWS)
    assert not np.array_equal(first, second)


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"as many rows .* \[4, 10\]"):
        _ = batches_of(_ROWS, _ROWS[:4])


def test_targets_beside_a_data_set_are_refused():
    with pytest.raises(ValueError, match="inside the batches"):
        _ = batches_of(_Dataset(), _ROWS)


def test_no_data_at_all_is_refused():
    with pytest.raises(ValueError, match="received int"):
        _ = batches_of(3)


def test_validation_takes_the_last_rows():
    (kept, none), (held, _) = split((_ROWS, None), 0.2)

    assert none is None
    assert (kept[-1, 0], held[0, 0], len(held)) == (7.0, 8.0, 2)


def test_class_weights_multiply_the_weights_of_rows():
    hot = np.eye(3, dtype="float32")[[2, 0, 1]]
    found = weighed(hot, np.array([1.0, 2.0, 3.0]), {0: 5.0, 2: 0.5})

    assert found.tolist() == [0.5, 10.0, 3.0]


def test_a_loop_without_batches_says_so():
    step = keras.ops.mean
    once = ((each,) for each in [_ROWS])
    with pytest.raises(ValueError, match="at least one batch in epoch 1"):
        training.fit_loop(step, once, epochs=2)


def test_the_bare_loop_averages_over_rows_and_calls_back():
    epochs = []
    told = keras.callbacks.LambdaCallback(on_epoch_end=lambda e, logs: epochs.append(e))
    history = training.fit_loop(
        lambda x: {"mean": keras.ops.mean(x)},
        _ROWS,
        batch_size=4,
        epochs=3,
        initial_epoch=1,
        callbacks=[told],
    )

    assert epochs == [1, 2]
    assert history.history == {"mean": [4.5, 4.5]}


@pytest.mark.parametrize("way", ["batch_end", "train_batch_end", "a method"])
def test_a_callback_for_batches_is_called_at_each(way):
    batches = []
    if way == "a method":

        class Told(keras.callbacks.Callback):
            def on_batch_end(self, batch, logs=None):
                batches.append(batch)

        told = Told()
    else:
        told = keras.callbacks.LambdaCallback()
        setattr(told, f"on_{way}", lambda batch, logs=None: batches.append(batch))
    training.fit_loop(keras.ops.mean, _ROWS, batch_size=4, callbacks=[told])

    assert batches == list(range(len(batches)))
    assert len(batches) == -(-len(_ROWS) // 4)
