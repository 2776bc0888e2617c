"""Losses written once in `keras.ops`, the same on every backend."""

# First: chooses a backend where nobody did, before Keras starts.
from multibackend import _default as _default
from multibackend.losses.barlow_twins import BarlowTwins
from multibackend.losses.crf import CRFNegativeLogLikelihood
from multibackend.losses.distillation import Distillation
from multibackend.losses.evidential import Evidential
from multibackend.losses.gaussian_nll import GaussianNLL
from multibackend.losses.info_nce import InfoNCE
from multibackend.losses.lambdarank import LambdaRank
from multibackend.losses.listnet import ListNet
from multibackend.losses.lovasz_hinge import LovaszHinge
from multibackend.losses.lovasz_softmax import LovaszSoftmax
from multibackend.losses.maximum_mean_discrepancy import MaximumMeanDiscrepancy
from multibackend.losses.pinball import Pinball
from multibackend.losses.semi_hard_triplet import SemiHardTriplet
from multibackend.losses.sinkhorn_divergence import SinkhornDivergence
from multibackend.losses.square import SquareLoss
from multibackend.losses.supervised_contrastive import SupervisedContrastive
from multibackend.losses.vicreg import VICReg

__all__ = [
    "BarlowTwins",
    "CRFNegativeLogLikelihood",
    "Distillation",
    "Evidential",
    "GaussianNLL",
    "InfoNCE",
    "LambdaRank",
    "ListNet",
    "LovaszHinge",
    "LovaszSoftmax",
    "MaximumMeanDiscrepancy",
    "Pinball",
    "SemiHardTriplet",
    "SinkhornDivergence",
    "SquareLoss",
    "SupervisedContrastive",
    "VICReg",
]
