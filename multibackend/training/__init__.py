"""Compiled training: a model whose step is written once, and the bare loop."""

# First: chooses a backend where nobody did, before Keras starts.
from multibackend import _default as _default
from multibackend.training.applying import apply
from multibackend.training.checkpoint import Checkpoint, resume
from multibackend.training.loop import fit_loop
from multibackend.training.model import Model
from multibackend.training.wrap import wrap

__all__ = ["Checkpoint", "Model", "apply", "fit_loop", "resume", "wrap"]
