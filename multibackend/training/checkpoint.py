"""Everything that a training run needs to go on: weights, slots, seeds, and the epoch."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import keras
import ml_dtypes
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

__all__ = ["Checkpoint", "resume"]

_SCHEMA = 1


class Checkpoint(keras.callbacks.Callback):
    """Saves the state of a training run at the end of every epoch.

    Saved are the variables of the model, seeds and metrics among them, and of its
    optimizer, so that `resume` goes on as if nothing had happened. The file is replaced
    as a whole: a run that is killed leaves the last one.

    Args:
        file: Where to save; usually ends in `.safetensors`.

    Example:
    >>> import keras, numpy as np, tempfile
    >>> from multibackend import training
    >>> inputs = keras.Input((2,))
    >>> model = training.Model(inputs, keras.layers.Dense(1)(inputs))
    >>> model.compile(optimizer="adam", loss="mse")
    >>> x = np.ones((4, 2), "float32")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = f"{folder}/run.safetensors"
    ...     saving = training.Checkpoint(file)
    ...     _ = model.fit(x, x[:, :1], epochs=3, verbose=0, callbacks=[saving])
    ...     training.resume(model, file)
    3
    """

    def __init__(self, file: str | os.PathLike[str]) -> None:
        super().__init__()
        self.file = Path(file)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 - as Keras calls it
        """Saves."""
        arrays = {
            str(place): _stored(keras.ops.convert_to_numpy(variable.value))
            for place, variable in enumerate(_variables(self.model))
        }
        about = {
            "schema": _SCHEMA,
            "epoch": epoch + 1,
            "paths": [variable.path for variable in _variables(self.model)],
        }
        self.file.parent.mkdir(parents=True, exist_ok=True)
        part = self.file.with_name(self.file.name + ".part")
        save_file(arrays, part, metadata={"multibackend": json.dumps(about)})
        _ = part.replace(self.file)


def resume(model: Any, file: str | os.PathLike[str]) -> int:
    """Puts a model and its optimizer back to where a run was saved.

    Args:
        model: A compiled model, built as the saved one was.
        file: What `Checkpoint` wrote.

    Returns:
        The epoch to go on with: `fit(..., initial_epoch=resume(model, file))`. Give
        `fit` an integer for `shuffle`, and each epoch has the order it would have had.

    Raises:
        ValueError: The file is no checkpoint, or is one of another model.
        FileNotFoundError: There is no such file.
    """
    path = Path(file)
    if not path.exists():
        message = f"Expected a checkpoint at {path}, found nothing. Check the path."
        raise FileNotFoundError(message)
    if model.optimizer is not None and not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    variables = _variables(model)
    about, arrays = _read(path)
    found = [array.shape for array in arrays]
    expected = [tuple(variable.shape) for variable in variables]
    if found != expected:
        message = (
            f"Expected {len(expected)} variables of the shapes of this model in {path}, "
            f"received {len(found)}, or others. Build and compile it as the saved one: "
            "fit it on data of the same shape first, or call `build`."
        )
        raise ValueError(message)
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(_loaded(array, variable.dtype))
    return int(about["epoch"])


def _variables(model: Any) -> list[Any]:
    optimizer = getattr(model, "optimizer", None)
    return [*model.variables, *(optimizer.variables if optimizer else ())]


def _read(path: Path) -> tuple[dict[str, Any], list[Any]]:
    try:
        with safe_open(path, framework="numpy") as stored:
            about = json.loads((stored.metadata() or {})["multibackend"])
            places = sorted(stored.keys(), key=int)
            arrays = [stored.get_tensor(place) for place in places]
    except (SafetensorError, KeyError, ValueError) as error:
        message = (
            f"Expected a checkpoint of multibackend at {path}, received something else "
            f"({error}). Save one with `training.Checkpoint`."
        )
        raise ValueError(message) from error
    if about.get("schema") != _SCHEMA:
        message = (
            f"Expected a checkpoint of schema {_SCHEMA}, received "
            f"{about.get('schema')!r}. Load it with the version that saved it."
        )
        raise ValueError(message)
    return about, arrays


def _stored(array: Any) -> Any:
    """The array in a dtype that NumPy itself has: bfloat16 by its bits."""
    array = np.ascontiguousarray(array).reshape(array.shape)
    return array.view("uint16") if array.dtype == ml_dtypes.bfloat16 else array


def _loaded(array: Any, dtype: str) -> Any:
    return array.view(ml_dtypes.bfloat16) if dtype == "bfloat16" else array
