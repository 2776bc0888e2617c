"""Metrics written once in `keras.ops`, the same on every backend."""

# First: chooses a backend where nobody did, before Keras starts.
from multibackend import _default as _default
from multibackend.metrics.calibration import ExpectedCalibrationError
from multibackend.metrics.gain import NormalizedDiscountedCumulativeGain
from multibackend.metrics.matthews import MatthewsCorrelation
from multibackend.metrics.pearson import PearsonCorrelation
from multibackend.metrics.perplexity import Perplexity
from multibackend.metrics.recall import RetrievalRecall

__all__ = [
    "ExpectedCalibrationError",
    "MatthewsCorrelation",
    "NormalizedDiscountedCumulativeGain",
    "PearsonCorrelation",
    "Perplexity",
    "RetrievalRecall",
]
