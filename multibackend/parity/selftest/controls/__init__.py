"""Clean controls: correct cases over all of Keras, which the judge must leave alone."""

from __future__ import annotations

#: Every module that declares controls; each is a target of `multibackend check`.
MODULES = tuple(
    f"{__name__}.{module}"
    for module in (
        "layers_core",
        "layers_activations",
        "layers_convolution",
        "layers_pooling",
        "layers_normalization",
        "layers_recurrent",
        "layers_attention",
        "layers_shapes",
        "layers_regularization",
        "losses_regression",
        "losses_classes",
        "metrics_numbers",
        "metrics_classes",
        "optimizers",
        "models_small",
        "models_deep",
        "ops_arrays",
        "ops_algebra",
        "ill_conditioned",
        "outputs",
    )
)
