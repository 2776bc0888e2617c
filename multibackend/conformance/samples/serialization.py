"""`get`, `serialize` and `deserialize`: every name, every round trip, what is refused."""

import json
from typing import Any

import numpy as np

from multibackend.conformance.draws import n
from multibackend.conformance.sample import Make
from multibackend.conformance.table import Table, bad

T = Table("serialization", "keras", jit=False)

_VALUE = ["forward"]


def _plain(text: str, **settings: Any) -> dict[str, dict[str, Any]]:
    """The classes of these names, all with the same settings."""
    return {name: dict(settings) for name in text.split()}


#: By name space: the classes with the settings that they must have.
_CLASSES: dict[str, dict[str, dict[str, Any]]] = {
    "losses": {
        **_plain(
            "BinaryFocalCrossentropy CategoricalCrossentropy Circle "
            "CategoricalFocalCrossentropy CategoricalHinge CosineSimilarity CTC Dice "
            "Hinge KLDivergence LogCosh MeanAbsoluteError MeanSquaredError Poisson "
            "MeanAbsolutePercentageError MeanSquaredLogarithmicError SquaredHinge"
        ),
        "BinaryCrossentropy": {"from_logits": True, "label_smoothing": 0.1},
        "Huber": {"delta": 0.5, "reduction": "sum"},
        "SparseCategoricalCrossentropy": {"ignore_class": 1},
        "Tversky": {"alpha": 0.2, "axis": [1]},
    },
    "metrics": {
        **_plain(
            "Accuracy BinaryAccuracy BinaryCrossentropy CategoricalAccuracy "
            "CategoricalCrossentropy CategoricalHinge ConcordanceCorrelation F1Score "
            "CosineSimilarity FalseNegatives FalsePositives Hinge KLDivergence "
            "LogCoshError Mean MeanAbsoluteError MeanAbsolutePercentageError "
            "MeanSquaredError MeanSquaredLogarithmicError PearsonCorrelation Poisson "
            "Recall RootMeanSquaredError SparseCategoricalAccuracy SquaredHinge Sum "
            "SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy "
            "TrueNegatives TruePositives"
        ),
        "AUC": {"num_thresholds": 5, "curve": "PR"},
        "BinaryIoU": {"threshold": 0.3},
        "FBetaScore": {"beta": 2.0, "average": "micro"},
        "IoU": {"num_classes": 3, "target_class_ids": [0]},
        "MeanIoU": {"num_classes": 3},
        "OneHotIoU": {"num_classes": 3, "target_class_ids": [0]},
        "OneHotMeanIoU": {"num_classes": 3},
        "Precision": {"thresholds": [0.2, 0.8]},
        "PrecisionAtRecall": {"recall": 0.5},
        "R2Score": {"num_regressors": 1},
        "RecallAtPrecision": {"precision": 0.5},
        "SensitivityAtSpecificity": {"specificity": 0.5},
        "SpecificityAtSensitivity": {"sensitivity": 0.5},
        "TopKCategoricalAccuracy": {"k": 2},
    },
    "optimizers": {
        **_plain(
            "Adadelta Adafactor Adagrad AdamW Adamax Ftrl Lion Muon Nadam "
            "RMSprop ScheduleFreeAdamW"
        ),
        "Adam": {"learning_rate": 0.3, "amsgrad": True, "clipnorm": 1.0},
        "SGD": {
            "learning_rate": Make(
                "keras.optimizers.schedules.CosineDecay",
                {"initial_learning_rate": 0.5, "decay_steps": 4},
            )
        },
        "LossScaleOptimizer": {"inner_optimizer": Make("keras.optimizers.SGD", {})},
    },
    "optimizers.schedules": {
        "CosineDecay": {"initial_learning_rate": 0.5, "decay_steps": 4},
        "CosineDecayRestarts": {"initial_learning_rate": 0.5, "first_decay_steps": 4},
        "ExponentialDecay": {
            "initial_learning_rate": 0.5,
            "decay_steps": 4,
            "decay_rate": 0.5,
        },
        "InverseTimeDecay": {
            "initial_learning_rate": 0.5,
            "decay_steps": 4,
            "decay_rate": 0.5,
        },
        "PiecewiseConstantDecay": {"boundaries": [2], "values": [0.5, 0.1]},
        "PolynomialDecay": {"initial_learning_rate": 0.5, "decay_steps": 4},
    },
    "initializers": {
        **_plain("Identity Ones Zeros STFT"),
        "Constant": {"value": 2.0},
        "VarianceScaling": {"scale": 2.0, "mode": "fan_out", "seed": 3},
        **_plain(
            "GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform "
            "Orthogonal RandomNormal RandomUniform TruncatedNormal",
            seed=3,
        ),
    },
    "regularizers": {
        "L1": {"l1": 0.5},
        "L2": {"l2": 0.5},
        "L1L2": {"l1": 0.5, "l2": 0.25},
        "OrthogonalRegularizer": {"factor": 0.5, "mode": "columns"},
    },
    "constraints": {
        "MaxNorm": {"max_value": 3.0, "axis": 1},
        "MinMaxNorm": {"min_value": 0.5, "rate": 0.5},
        "NonNeg": {},
        "UnitNorm": {"axis": [0, 1]},
    },
    "quantizers": {"AbsMaxQuantizer": {"value_range": [-8, 7], "axis": [0]}},
}


def _room(keras: Any, name: str) -> Any:
    found = keras
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _told(value: Any) -> Any:
    text = json.dumps(value, sort_keys=True, default=str)
    return np.asarray(text, f"U{len(text)}")


def _saved(keras: Any, name: str, made: dict[str, Any]) -> Any:
    """What each object is written as; metrics are of floatx, which the referee sets."""
    room = _room(keras, name)
    found: dict[str, Any] = {}
    for key, each in made.items():
        config = room.serialize(each)
        if name == "metrics":
            del config["config"]["dtype"]
            # Some are counted over the whole process.
            config["config"]["name"] = config["config"]["name"].rstrip("_0123456789")
        found[key] = _told(config)
    return found


def _loaded(keras: Any, name: str, made: dict[str, Any]) -> Any:
    """Whether each object is the same again, from text."""
    room = _room(keras, name)
    found: dict[str, Any] = {}
    for key, each in made.items():
        config = json.loads(json.dumps(room.serialize(each)))
        again = room.deserialize(config)
        found[key] = {
            "class": type(again) is type(each),
            "config": str(_told(room.serialize(again)))
            == str(_told(room.serialize(each))),
        }
    return found


def _gotten(keras: Any, name: str, made: dict[str, Any]) -> Any:
    """Whether `get` takes the object, its configuration, its class and nothing."""
    room = _room(keras, name)
    found: dict[str, Any] = {}
    for key, each in made.items():
        config = json.loads(json.dumps(room.serialize(each)))
        found[key] = {
            "itself": room.get(each) is each,
            "config": type(room.get(config)) is type(each),
        }
    found["nothing"] = room.get(None) is None
    return found


def _named(keras: Any, name: str, names: list[str]) -> Any:
    """The class or function by every name."""
    found: dict[str, Any] = {}
    for each in names:
        got = _room(keras, name).get(each)
        kind = got.__name__ if hasattr(got, "__name__") else type(got).__name__
        found[each] = np.asarray(kind, "U60")
    return found


_NAMES: dict[str, str] = {
    "losses": (
        "bce BCE kld KLD mae MAE mse MSE mape MAPE msle MSLE binary_crossentropy "
        "binary_focal_crossentropy categorical_crossentropy categorical_hinge circle "
        "categorical_focal_crossentropy cosine_similarity ctc dice hinge huber "
        "kl_divergence log_cosh mean_absolute_error mean_absolute_percentage_error "
        "mean_squared_error mean_squared_logarithmic_error poisson squared_hinge tversky "
        "sparse_categorical_crossentropy "
        "BinaryCrossentropy MeanSquaredError Huber CTC Dice Tversky Circle"
    ),
    "metrics": (
        "bce BCE mse MSE mae MAE mape MAPE msle MSLE accuracy Accuracy auc AUC mean Mean "
        "sum Sum binary_accuracy categorical_accuracy sparse_categorical_accuracy "
        "top_k_categorical_accuracy sparse_top_k_categorical_accuracy precision recall "
        "f1_score f_beta_score binary_crossentropy categorical_crossentropy poisson "
        "kl_divergence hinge squared_hinge categorical_hinge cosine_similarity r2_score "
        "root_mean_squared_error log_cosh_error binary_io_u BinaryIoU true_positives "
        "false_positives true_negatives false_negatives concordance_correlation "
        "pearson_correlation"
    ),
    "optimizers": (
        "adadelta Adadelta adafactor adagrad adam Adam ADAM adamw adamax ftrl lion "
        "muon nadam rmsprop RMSprop sgd SGD schedulefreeadamw"
    ),
    "regularizers": "l1 L1 l2 L2 l1l2 L1L2 orthogonal_regularizer OrthogonalRegularizer",
    "constraints": (
        "max_norm MaxNorm min_max_norm MinMaxNorm non_neg NonNeg unit_norm UnitNorm"
    ),
    "quantizers": "abs_max_quantizer AbsMaxQuantizer",
}
# Names of functions and classes that `get` does not know: all backends refuse them.
_UNKNOWN = {
    "losses": "categorical_generalized_cross_entropy",
    "metrics": "fbeta_score",
    "optimizers": "lamb",
    "regularizers": "l1_l2",
}
_REFUSED = {
    "a name": bad("no_such_thing"),
    "a class": bad({"class_name": "NoSuchThing", "config": {}}),
    "a number": bad(3),
    "a list": bad(["mse"]),
    "an argument": bad({"class_name": "Ones", "config": {"speed": 1}}),
}


for _name, _classes in _CLASSES.items():
    _made = {key: Make(f"keras.{_name}.{key}", one) for key, one in _classes.items()}
    if _name != "optimizers":
        T(f"{_name}.serialize", "every class", _name, _made, run=_saved, checks=_VALUE)
    T(f"{_name}.deserialize", "every class", _name, _made, run=_loaded, checks=_VALUE)
    if _name == "optimizers.schedules":
        continue
    T(f"{_name}.get", "every class", _name, _made, run=_gotten, checks=_VALUE)
    if _name in _NAMES:
        T(
            f"{_name}.get",
            "names",
            _name,
            _NAMES[_name].split(),
            run=_named,
            checks=_VALUE,
        )
    T(
        f"{_name}.get",
        "unknown",
        n(1),
        run=lambda keras, x, name=_name: _room(keras, name).get(x),
        checks=["errors"],
        refuses=_REFUSED | {"an alias": bad(_UNKNOWN.get(_name, "none"))},
    )
    T(
        f"{_name}.deserialize",
        "unknown",
        n(1),
        run=lambda keras, x, name=_name: (
            x if keras.ops.is_tensor(x) else _room(keras, name).deserialize(x)
        ),
        checks=["errors"],
        # Of a class that is nowhere it gives the name back, on every backend.
        refuses={"no class": bad({"config": {}})},
    )


def _rates(keras: Any, made: dict[str, Any]) -> Any:
    """What each optimizer is written as; its rate is rounded to float32 on the way."""
    found: dict[str, Any] = {}
    for key, each in made.items():
        config = keras.optimizers.serialize(each)
        rate = config["config"].pop("learning_rate", None)
        del config["config"]["name"]  # counted over the whole process
        found[key] = _told(config)
        if isinstance(rate, float):
            found[f"{key} rate"] = np.float32(rate)
    return found


T(
    "optimizers.serialize",
    "every class",
    {
        key: Make(f"keras.optimizers.{key}", one)
        for key, one in _CLASSES["optimizers"].items()
        if key != "LossScaleOptimizer"
    },
    run=_rates,
    checks=_VALUE,
)


def _functions(keras: Any, room: str, names: list[str]) -> Any:
    """Functions are written as their names."""
    here = _room(keras, room)
    return {
        name: {
            "text": _told(here.serialize(getattr(here, name))),
            "again": here.deserialize(here.serialize(getattr(here, name)))
            is getattr(here, name),
        }
        for name in names
    }


T(
    "losses.serialize",
    "functions",
    "losses",
    ["hinge", "mean_squared_error", "huber"],
    run=_functions,
    checks=_VALUE,
)


def _custom(keras: Any) -> Any:
    """Classes of one's own, by a scope and by a registered name."""

    @keras.saving.register_keras_serializable("mine", "Halves")
    class Halves(keras.initializers.Initializer):
        def __call__(self, shape: Any, dtype: Any = None) -> Any:
            return keras.ops.ones(shape, dtype) * 0.5

    class Thirds(keras.losses.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return keras.ops.mean(y_pred - y_true, axis=-1) / 3.0

    text = keras.initializers.serialize(Halves())
    written = keras.losses.serialize(Thirds(name="thirds"))
    again = keras.losses.deserialize(written, custom_objects={"Thirds": Thirds})
    return {
        "registered": _told(text["registered_name"]),
        "values": keras.initializers.deserialize(text)((2,)),
        "by custom objects": isinstance(again, Thirds),
        "name": _told(again.name),
    }


T("initializers.deserialize", "own", run=_custom, checks=_VALUE)


def _objects(keras: Any, x: Any) -> Any:
    """A layer written with an initializer, a regularizer and a constraint."""
    layer = keras.layers.Dense(
        2,
        kernel_initializer=keras.initializers.Constant(0.5),
        kernel_regularizer="l1l2",
        bias_constraint=keras.constraints.MaxNorm(0.25),
    )
    again = keras.layers.Dense.from_config(json.loads(json.dumps(layer.get_config())))
    return again(x), again.losses


T("constraints.deserialize", "in a layer", n(2, 3), run=_objects, checks=_VALUE)
