"""Layers written once in `keras.ops`, the same on every backend."""

# First: chooses a backend where nobody did, before Keras starts.
from multibackend import _default as _default
from multibackend.layers.alibi import ALiBi
from multibackend.layers.attention import RotaryAttention
from multibackend.layers.attention_pooling import AttentionPooling
from multibackend.layers.blur import BlurPool
from multibackend.layers.crf import LinearChainCRF
from multibackend.layers.dense import SimpleDense
from multibackend.layers.droppath import DropPath
from multibackend.layers.experts import MixtureOfExperts
from multibackend.layers.fourier import FourierFeatures
from multibackend.layers.gated import GatedLinearUnit
from multibackend.layers.graph import GraphConvolution
from multibackend.layers.gumbel import GumbelSoftmax
from multibackend.layers.kan import KANLinear
from multibackend.layers.linear_recurrence import LinearRecurrence
from multibackend.layers.lora import LoRADense
from multibackend.layers.message_passing import MessagePassing
from multibackend.layers.mingru import MinGRU
from multibackend.layers.modulation import FeatureModulation
from multibackend.layers.patches import PatchEmbedding
from multibackend.layers.peephole import PeepholeLSTMCell
from multibackend.layers.pixels import PixelShuffle, PixelUnshuffle
from multibackend.layers.pooling import (
    GeneralizedMeanPooling,
    MaskedMaxPooling,
    MaskedMeanPooling,
)
from multibackend.layers.quantizer import VectorQuantizer
from multibackend.layers.response import GlobalResponseNormalization
from multibackend.layers.reversal import GradientReversal
from multibackend.layers.rotary import RotaryEmbedding
from multibackend.layers.sampling import GaussianSampling
from multibackend.layers.scale import LayerScale
from multibackend.layers.selective_scan import SelectiveScan
from multibackend.layers.sinusoidal import SinusoidalEncoding
from multibackend.layers.spectral import SpectralConv1D, SpectralConv2D
from multibackend.layers.squeeze import SqueezeExcitation

__all__ = [
    "ALiBi",
    "AttentionPooling",
    "BlurPool",
    "DropPath",
    "FeatureModulation",
    "FourierFeatures",
    "GatedLinearUnit",
    "GaussianSampling",
    "GeneralizedMeanPooling",
    "GlobalResponseNormalization",
    "GradientReversal",
    "GraphConvolution",
    "GumbelSoftmax",
    "KANLinear",
    "LayerScale",
    "LinearChainCRF",
    "LinearRecurrence",
    "LoRADense",
    "MaskedMaxPooling",
    "MaskedMeanPooling",
    "MessagePassing",
    "MinGRU",
    "MixtureOfExperts",
    "PatchEmbedding",
    "PeepholeLSTMCell",
    "PixelShuffle",
    "PixelUnshuffle",
    "RotaryAttention",
    "RotaryEmbedding",
    "SelectiveScan",
    "SimpleDense",
    "SinusoidalEncoding",
    "SpectralConv1D",
    "SpectralConv2D",
    "SqueezeExcitation",
    "VectorQuantizer",
]
