"""What `check_agreement` packed, taken out again inside the child process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from multibackend.parity.agree.contents import Contents, read_contents
from multibackend.parity.agree.objects import Written
from multibackend.parity.cases.case import Arguments
from multibackend.parity.run.captured import unpack_inputs

__all__ = ["Box"]


class Box:
    """The values and objects beside a written case file."""

    def __init__(self, file: str) -> None:
        """Reads what lies beside this file."""
        self._contents: Contents
        self._contents, self._arrays = read_contents(Path(file).with_suffix(".json"))

    def value(self, name: str) -> Any:
        """A value that a function looks up; arrays are copies."""
        return unpack_inputs(self._contents.values[name], self._arrays)

    def inputs(self) -> tuple[Any, ...]:
        """The inputs, for the tail of what a case returns."""
        args, kwargs = unpack_inputs(self._contents.inputs, self._arrays)
        return (Arguments(tuple(args), kwargs),) if kwargs else tuple(args)

    def weights(self) -> list[Any]:
        """The float weights that the object had."""
        return [self._arrays[name] for name in self._contents.weights]

    def make(self, name: str, known: Mapping[str, Any]) -> Any:
        """Makes a Keras object anew, in the dtype that is the default just now.

        Args:
            name: The object's name in the case file.
            known: The classes and functions of the user that it is made of.
        """
        import keras

        about = self._contents.objects[name]
        registered = {keras.saving.get_registered_name(v): v for v in known.values()}
        made = keras.saving.deserialize_keras_object(
            _as_now(about.config, about, keras), custom_objects={**known, **registered}
        )
        if about.set_weights and about.weights:
            floats = [w for w in made.weights if "float" in str(w.dtype)]
            for weight, stored in zip(floats, about.weights, strict=True):
                weight.assign(np.asarray(self._arrays[stored]))
        return made


def _as_now(config: Any, about: Written, keras: Any) -> Any:
    """The default dtype of then as the default of now: the referee's is float64."""
    if isinstance(config, list):
        return [_as_now(part, about, keras) for part in config]
    if not isinstance(config, dict):
        return config
    policy = config.get("class_name") == "DTypePolicy"
    if policy and config["config"].get("name") == about.policy:
        return {**config, "config": {"name": keras.config.dtype_policy().name}}
    return {
        key: keras.config.floatx()
        if key == "dtype" and part == about.policy
        else _as_now(part, about, keras)
        for key, part in config.items()
    }
