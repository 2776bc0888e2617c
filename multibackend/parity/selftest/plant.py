"""`Plant`: what a fault's function is given, and how it makes a Keras class faulty."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from multibackend.inputs import current

__all__ = ["SIZES", "Plant", "altered", "only", "scaled"]

#: How large a fault is, with the relative size of a scaled value. One of 1e-5 is in
#: the float32 run only; one of 1e-11 is below what float32 can hold.
SIZES = {"gross": 0.5, "1e-3": 1e-3, "1e-5": 1e-5, "1e-11": 1e-11}


def only(victim: str, faulty: Any, clean: Any) -> Any:
    """Returns `faulty` where the backend is the victim, `clean` elsewhere."""
    import keras

    return faulty if keras.config.backend() == victim else clean


@dataclass(frozen=True)
class Plant:
    """One fault of one size on one backend.

    Attributes:
        name: The name of its case; faulty classes are registered under it.
        victim: The backend that is to be faulty.
        size: One of `SIZES`.
    """

    name: str
    victim: str
    size: str

    @property
    def here(self) -> bool:
        """Whether this process runs the victim."""
        return bool(only(self.victim, faulty=True, clean=False))

    @property
    def excess(self) -> float:
        """The relative fault of this run: 0 where the run is to be clean."""
        if not self.here or (self.size == "1e-5" and current().dtype == "float64"):
            return 0.0
        return SIZES[self.size]

    @property
    def factor(self) -> float:
        """What a faulty value is multiplied by: 1 where the run is to be clean."""
        return 1.0 + self.excess

    def pick(self, faulty: Any, clean: Any) -> Any:
        """Returns `faulty` on the victim, `clean` elsewhere."""
        return faulty if self.here else clean

    def off(self, nested: Any) -> Any:
        """The same tensors, scaled by the fault on the victim."""
        import keras

        if not self.excess:
            return nested
        return keras.tree.map_structure(lambda tensor: tensor * self.factor, nested)

    def slope_off(self, tensor: Any) -> Any:
        """The same value to the bit, with a gradient that is off on the victim."""
        import keras

        if not self.excess:
            return tensor
        still = keras.ops.stop_gradient(tensor)
        return tensor + self.excess * (tensor - still)

    def curvature_off(self, tensor: Any) -> Any:
        """The same value and gradient to the bit; the second derivative is off."""
        import keras

        if not self.excess:
            return tensor
        still = keras.ops.stop_gradient(tensor)
        return tensor + 0.5 * self.excess * (tensor - still) ** 2


def altered(base: type, plant: Plant, **methods: Callable[..., Any]) -> Any:
    """A subclass of a Keras class that has other methods on the victim.

    It has the name of its base, so that paths are the same on every backend, and it is
    registered, so that it can be loaded on a backend where it is clean.

    Args:
        base: A Keras class.
        plant: Which fault it is of.
        **methods: The faulty methods by name.

    Returns:
        The class.
    """
    import keras

    body: dict[str, Any] = dict(methods) if plant.here else {}
    made = type(base.__name__, (base,), body)
    register = keras.saving.register_keras_serializable(
        "selftest", f"{plant.name} {base.__name__}"
    )
    return register(made)


def scaled(
    base: Any,
    plant: Plant,
    method: str = "call",
    how: Callable[[Any], Any] | None = None,
) -> Any:
    """A subclass whose method returns values that are off on the victim.

    Args:
        base: A Keras class.
        plant: Which fault it is of.
        method: The method whose result is off.
        how: What puts it off; `plant.off` by default.
    """
    clean = getattr(base, method)

    @functools.wraps(clean)
    def faulty(*args: Any, **kwargs: Any) -> Any:
        return (how or plant.off)(clean(*args, **kwargs))

    return altered(base, plant, **{method: faulty})
