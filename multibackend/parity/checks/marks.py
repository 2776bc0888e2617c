"""Masks for the inputs of a case, seeded or its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from multibackend.inputs import seed_of
from multibackend.parity.cases.case import Arguments
from multibackend.parity.checks.answer import NotApplicableError
from multibackend.parity.checks.given import mapped, tensors
from multibackend.parity.checks.gradient import is_float
from multibackend.parity.checks.neighbours import handed
from multibackend.parity.checks.numbers import as_tensor
from multibackend.parity.checks.subject import Subject

__all__ = ["Marks", "place"]

# How much of a sequence a seeded mask keeps.
_KEPT = 0.6


@dataclass(frozen=True)
class Marks:
    """Inputs with the masks of their sequences.

    Attributes:
        given: The inputs.
        masks: A mask `(batch, steps)` for each input tensor, or `None`.
        hidden: The places of the tensors whose mask the target takes: nothing that is
            masked there may show.
        handed: Whether a layer before hands the masks on; otherwise they are among
            the inputs, by keyword or as the values that mean "masked".
        keywords: The masks that Keras does not fill in by itself.
    """

    given: Arguments
    masks: Sequence[Any]
    hidden: frozenset[int]
    handed: bool
    keywords: Mapping[str, Any]

    @property
    def first(self) -> Any:
        """The first mask, or `None`."""
        return next((mask for mask in self.masks if mask is not None), None)

    def attached(self) -> Arguments:
        """The inputs as a layer that masks would hand them on."""
        if not self.handed:
            return self.given
        places = iter(self.masks)

        def attach(leaf: Any) -> Any:
            mask = next(places)
            return leaf if mask is None else handed(leaf, mask)

        ready = mapped(self.given, attach)
        return Arguments(ready.args, {**ready.kwargs, **self.keywords})

    def replaced(self, other: Callable[[int, Any, Any], Any]) -> Marks:
        """Other values for the tensors of `hidden`: `other(place, tensor, mask)`."""
        places = iter(range(len(self.masks)))

        def leaf(tensor: Any) -> Any:
            at = next(places)
            return other(at, tensor, self.masks[at]) if at in self.hidden else tensor

        return replace(self, given=mapped(self.given, leaf))


def place(subject: Subject) -> Marks:
    """Masks what can be masked among the inputs.

    Args:
        subject: A layer or model.

    Raises:
        NotApplicableError: Nothing can, or its `mask` is no mask of steps.
    """
    target, given = subject.target, subject.inputs()
    if isinstance(target, keras.layers.Softmax):
        _refuse("its `mask` marks values, not steps")
    images = isinstance(target, keras.layers.BatchNormalization) and any(
        len(leaf.shape) > 3 for leaf in tensors(given)
    )
    if images:
        _refuse("its `mask` marks places of an image, not steps")
    if getattr(target, "data_format", None) == "channels_first":
        _refuse("its second axis holds channels, not steps")
    taken = _taken(target, given)
    leaves = tensors(given)
    own = {at: mask for at, (_, mask) in taken.items() if mask is not None}
    if own:
        found = [
            own[at] if at in own and _fits(own[at], leaf) else None
            for at, leaf in enumerate(leaves)
        ]
        hidden = frozenset(at for at, mask in enumerate(found) if mask is not None)
        return Marks(given, found, hidden, handed=False, keywords={})
    meaning = _meaning(target)
    if meaning is not None:
        return _by_value(subject, given, meaning)
    if not target.supports_masking and not taken:
        _refuse("it takes no mask and hands none on")
    # The keys of an attention layer, its third input, have no mask of their own.
    last = 2 if isinstance(target, keras.layers.Attention) else len(leaves)
    masks = [
        _drawn(subject, at, leaf) if _sequence(leaf) and at < last else None
        for at, leaf in enumerate(leaves)
    ]
    if all(mask is None for mask in masks):
        _refuse("it takes no sequence of two steps or more")
    hidden = frozenset(at for at in taken if masks[at] is not None)
    keywords = _keywords(given, taken, masks)
    return Marks(given, masks, hidden, handed=True, keywords=keywords)


def _refuse(reason: str) -> None:
    raise NotApplicableError(reason)


def _sequence(leaf: Any) -> bool:
    return is_float(leaf) and len(leaf.shape) >= 3 and leaf.shape[1] >= 2


def _fits(mask: Any, leaf: Any) -> bool:
    steps = tuple(leaf.shape)[:2]
    return keras.ops.is_tensor(mask) and tuple(mask.shape) == steps and is_float(leaf)


def _drawn(subject: Subject, at: int, leaf: Any) -> Any:
    """A seeded mask that keeps the first step of every row, and not all of the first."""
    rng = np.random.default_rng(seed_of(f"mask {subject.name} {at}"))
    mask: npt.NDArray[Any] = rng.random(tuple(leaf.shape)[:2]) < _KEPT
    mask[0, -1] = False
    mask[:, 0] = True
    return as_tensor(mask)


def _taken(target: Any, given: Arguments) -> dict[int, tuple[str, Any]]:
    """The places of the tensors whose mask `call` takes: its keyword and value.

    Keras names the mask of an argument `query` `query_mask`, and the first one's `mask`.
    """
    signature = inspect.signature(target.call)
    names = list(signature.parameters)
    bound = signature.bind_partial(*given.args, **given.kwargs).arguments
    places = {id(leaf): at for at, leaf in enumerate(tensors(given))}
    found: dict[int, tuple[str, Any]] = {}
    for name, value in bound.items():
        keyword = "mask" if name == names[0] and "mask" in names else f"{name}_mask"
        if keyword not in names:
            continue
        leaves = keras.tree.flatten(value)
        masks = keras.tree.flatten(bound.get(keyword))
        if len(masks) != len(leaves):
            masks = masks[:1] * len(leaves)
        for leaf, mask in zip(leaves, masks, strict=True):
            if id(leaf) in places:
                found[places[id(leaf)]] = (keyword, mask)
    return found


def _keywords(
    given: Arguments, taken: Mapping[int, tuple[str, Any]], masks: Sequence[Any]
) -> dict[str, Any]:
    """The keyword `mask` where other tensors stand beside the sequence.

    Keras then looks for a mask by the name of each argument, and not for `mask`.
    """
    first = [at for at, (keyword, _) in taken.items() if keyword == "mask"]
    if not first or len(first) == len(masks):
        return {}
    nested = given.args[0] if given.args else next(iter(given.kwargs.values()))
    found = [masks[at] for at in first]
    return {"mask": keras.tree.pack_sequence_as(nested, found)}


def _meaning(target: Any) -> Any:
    """The value that means "masked" to the target or to a layer of a model."""
    for layer in (target, *getattr(target, "layers", ())):
        if isinstance(layer, keras.layers.Masking):
            return float(layer.mask_value)
        if getattr(layer, "mask_zero", False):
            return 0
    return None


def _by_value(subject: Subject, given: Arguments, meaning: float) -> Marks:
    """The inputs with the value that means "masked" at seeded steps."""
    tokens = isinstance(meaning, int)

    def masked(leaf: Any) -> Any:
        rank = len(leaf.shape)
        if not (rank == 2 and not is_float(leaf) if tokens else _sequence(leaf)):
            return leaf
        mask = _drawn(subject, 0, leaf)
        wide = keras.ops.reshape(mask, tuple(mask.shape) + (1,) * (rank - 2))
        return keras.ops.where(wide, leaf, keras.ops.cast(meaning, leaf.dtype))

    ready = mapped(given, masked)
    return Marks(ready, [None] * len(tensors(given)), frozenset(), False, {})  # noqa: FBT003
