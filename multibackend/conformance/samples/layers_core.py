"""Dense and embedding layers, bases, and layers that exist on one backend only."""

import json
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from multibackend.conformance.draws import i, n, v
from multibackend.conformance.references.plain import plain
from multibackend.conformance.sample import Make
from multibackend.conformance.table import Table, bad

T = Table("layers.core", "keras.layers", jit=False)

_FEW = ("forward", "grad_inputs", "grad_weights")
_VALUES = ("forward",)


def _affine(x: Any, weights: Any) -> Any:
    return x @ weights["kernel"] + weights.get("bias", 0)


def _rows(ids: Any, weights: Any) -> Any:
    return weights["embeddings"][ids]


T.make(
    "Dense",
    "rows",
    {"units": 5},
    n(3, 4),
    ref=_affine,
    refuses={"no units": bad(units=0), "a fraction": bad(units=2.5), "rank": bad(n())},
)
T.make(
    "Dense",
    "steps, no bias",
    {"units": 5, "use_bias": False},
    n(2, 3, 4),
    ref=_affine,
    checks=[*_FEW, "spec"],
)
T.make("Dense", "low rank", {"units": 5, "lora_rank": 2}, n(3, 4), checks=_FEW)
T.make(
    "Dense",
    "penalized",
    {
        "units": 5,
        "kernel_regularizer": Make("keras.regularizers.L1L2", {"l1": 0.1, "l2": 0.2}),
        "activity_regularizer": "l2",
        "kernel_constraint": "non_neg",
    },
    n(3, 4),
    checks=[*_FEW, "config"],
)
T.make("Dense", "no rows", {"units": 5}, n(0, 4), checks=["forward", "spec"])
T.make("Dense", "no features", {"units": 5}, n(2, 0), checks=["forward", "spec"])
T.make(
    "Dense",
    "other features",
    {"units": 5},
    n(3, 4),
    checks=["errors"],
    refuses={"features": bad(n(3, 5)), "text": bad(v([["a"]], "str"))},
)
for _label, _equation, _made, _axes in (
    ("heads", "abc,cde->abde", (None, 2, 5), "de"),
    ("over two axes", "abc,bcd->ad", 5, "d"),
    ("ellipsis", "...x,xy->...y", 5, "y"),
    ("transposed", "abc,cd->adb", (5, None), None),
):
    T.make(
        "EinsumDense",
        _label,
        {"equation": _equation, "output_shape": _made, "bias_axes": _axes},
        n(2, 3, 4),
        ref=lambda x, weights, equation=_equation: (
            np.einsum(equation, x, weights["kernel"]) + weights.get("bias", 0)
        ),
        checks=() if _label == "heads" else [*_FEW, "spec"],
    )
T.make(
    "Embedding",
    "tokens",
    {"input_dim": 6, "output_dim": 4},
    i(2, 5, high=6),
    ref=_rows,
    refuses={"no tokens": bad(input_dim=-1, output_dim=4)},
)
T.make(
    "Embedding",
    "zero is masked",
    {"input_dim": 6, "output_dim": 4, "mask_zero": True},
    i(2, 5, high=6),
    ref=_rows,
    checks=["forward", "mask", "spec"],
)
T.make(
    "Embedding",
    "repeated",
    {"input_dim": 3, "output_dim": 2},
    v([[1, 1, 1, 2]] * 2, "int32"),
    ref=_rows,
    checks=["forward", "grad_weights"],
)
T.make(
    "Embedding",
    "floats for tokens",
    {"input_dim": 6, "output_dim": 4},
    v([[0.0, 2.75, 5.0]]),
    checks=["forward", "spec"],
)
T.make(
    "Embedding",
    "uint8",
    {"input_dim": 6, "output_dim": 4},
    i(2, 5, high=6, dtype="uint8"),
    ref=_rows,
    checks=_VALUES,
)
T.make(
    "Embedding",
    "negative tokens",
    {"input_dim": 6, "output_dim": 4},
    v([[-1, 0]], "int32"),
    checks=_VALUES,
)
T.make(
    "Embedding",
    "out of range",
    {"input_dim": 6, "output_dim": 4},
    i(2, 5, high=6),
    checks=["errors"],
    refuses={"beyond": bad(v([[6, 7]], "int32"))},
)
T.make(
    "Embedding",
    "low rank",
    {"input_dim": 6, "output_dim": 4, "lora_rank": 2},
    i(2, 5, high=6),
    checks=["forward", "grad_weights"],
)
T.make(
    "ReversibleEmbedding",
    "tokens",
    {"input_dim": 6, "output_dim": 4},
    i(2, 5, high=6),
    ref=_rows,
)
T.make(
    "ReversibleEmbedding",
    "back, tied",
    {"input_dim": 6, "output_dim": 4},
    n(2, 5, 4),
    reverse=True,
    checks=[*_FEW, "spec", "jit"],
)
T.make(
    "ReversibleEmbedding",
    "back, untied, capped",
    {"input_dim": 6, "output_dim": 4, "tie_weights": False, "logit_soft_cap": 2.0},
    n(2, 5, 4),
    reverse=True,
    checks=[*_FEW, "spec"],
)

T.make("Identity", "rows", {}, n(2, 3), ref=plain(lambda x: x))
T.make(
    "Masking",
    "zeros",
    {},
    v([[[1.0, 2.0], [0.0, 0.0]], [[0.0, 1.0], [3.0, 0.0]]]),
    ref=plain(lambda x: x),
)
T.make(
    "Masking",
    "NaN beside the mask",
    {"mask_value": 5.0},
    v([[[5.0, 5.0], [float("nan"), 5.0], [5.0, 5.5]]]),
    checks=["forward", "mask"],
)


def _doubled(x: Any) -> Any:
    return 2 * x + 1


T.make(
    "Lambda",
    "plain arithmetic",
    {"function": _doubled},
    n(2, 3),
    ref=plain(lambda x: 2 * x + 1),
)
T.make(
    "Lambda",
    "given output shape",
    {"function": _doubled, "output_shape": (3,)},
    n(2, 3),
    checks=["forward", "spec", "grad_inputs"],
)


def _bytes(text: str) -> Any:
    return np.frombuffer(text.encode(), np.uint8).astype(np.int32)


def _shape(shape: Any) -> Any:
    return np.array([-1 if size is None else size for size in shape], np.int32)


def _input(keras: Any, x: Any) -> Any:
    """Two ways to begin a model, and what they say of themselves."""
    start = keras.layers.Input((3,), batch_size=None, dtype="float32")
    model = keras.Model(start, start * 2.0 + keras.ops.sum(start, 1, keepdims=True))
    return model(x)


def _layered(keras: Any, x: Any) -> Any:
    return keras.Sequential([keras.layers.InputLayer((3,)), keras.layers.ReLU()])(x)


def _told(keras: Any) -> Any:
    start = keras.layers.Input((None, 3), dtype="int32")
    layer = keras.layers.InputLayer(batch_shape=(2, 3), dtype="bool")
    return {
        "Input": _shape(start.shape),
        "Input dtype": _bytes(start.dtype),
        "InputLayer": _shape(layer.output.shape),
        "InputLayer dtype": _bytes(layer.output.dtype),
    }


T(
    "Input",
    "model",
    n(2, 3),
    run=_input,
    ref=lambda x: x * 2 + x.sum(axis=1, keepdims=True),
    checks=["forward", "grad_inputs", "spec"],
    refuses={},
)
T("Input", "attributes", run=_told)
T(
    "InputLayer",
    "model",
    n(2, 3),
    run=_layered,
    ref=lambda x: np.maximum(x, 0),
    checks=["forward", "grad_inputs", "spec"],
)


def _specified(keras: Any) -> Any:
    """Which shapes and dtypes a specification lets through."""
    spec = keras.layers.InputSpec
    cases = {
        "shape": (spec(shape=(None, 3)), (2, 3), (2, 4)),
        "rank": (spec(ndim=3), (2, 3, 1), (2, 3)),
        "least rank": (spec(min_ndim=2), (2, 3), (2,)),
        "largest rank": (spec(max_ndim=2), (2, 3), (2, 3, 1)),
        "axes": (spec(axes={-1: 4}), (2, 4), (2, 3)),
    }
    found: dict[str, Any] = {}
    for name, (one, good, wrong) in cases.items():
        for what, shape in (("fits", good), ("fits not", wrong)):
            layer = keras.layers.Identity()
            layer.input_spec = one
            try:
                layer(np.zeros(shape, "float32"))
                raised = ""
            except Exception as error:  # noqa: BLE001 - its class is the answer
                raised = type(error).__name__
            found[f"{name} {what}"] = _bytes(f"{raised or 'nothing'}")
    return found


T("InputSpec", "what it lets through", run=_specified)


def _written(keras: Any) -> Any:
    layer = keras.layers.Dense(3, "relu", name="d", dtype="float32")
    written = keras.layers.serialize(layer)
    return _bytes(json.dumps(written, sort_keys=True))


def _read(keras: Any, x: Any) -> Any:
    written = keras.layers.serialize(keras.layers.Dense(3, kernel_initializer="ones"))
    return keras.layers.deserialize(json.loads(json.dumps(written)))(x)


T("serialize", "dense", run=_written)
T(
    "deserialize",
    "dense",
    n(2, 4),
    run=_read,
    ref=lambda x: np.repeat(x.sum(axis=1, keepdims=True), 3, axis=1),
    checks=_VALUES,
)


def _own(keras: Any, x: Any) -> Any:
    """A layer of the user's own: a weight, a state, a loss and a part."""

    class Own(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.scale = self.add_weight((shape[-1],), initializer="ones")
            self.count = self.add_weight((), initializer="zeros", trainable=False)
            self.part = keras.layers.Dense(2, kernel_initializer="ones")
            self.part.build(shape)

        def call(self, x: Any, training: bool = False) -> Any:
            self.count.assign_add(1.0)
            self.add_loss(keras.ops.mean(x * self.scale))
            return self.part(x * self.scale) * (3.0 if training else 1.0)

    layer = Own()
    outputs = [layer(x), layer(x, training=True)]
    return {
        "outputs": outputs,
        "losses": list(layer.losses),
        "count": keras.ops.convert_to_tensor(layer.count),
        "weights": np.int32(len(layer.weights)),
        "parameters": np.int32(layer.count_params()),
    }


def _wrapped(keras: Any, x: Any) -> Any:
    class Twice(keras.layers.Wrapper):
        def call(self, x: Any) -> Any:
            return self.layer(self.layer(x))

    return Twice(keras.layers.Rescaling(3.0, offset=1.0))(x)


T("Layer", "of the user's own", n(2, 3), run=_own, checks=_VALUES)
T(
    "Wrapper",
    "of the user's own",
    n(2, 3),
    run=_wrapped,
    ref=lambda x: 9 * x + 4,
    checks=["forward", "grad_inputs", "spec"],
)


def _of_torch(keras: Any, x: Any) -> Any:
    torch = import_module("torch")
    # Without its own draws: those of the seed would be seen as chance.
    module = torch.nn.utils.skip_init(torch.nn.Linear, 3, 2)
    with torch.no_grad():
        module.weight.fill_(0.5)
        module.bias.fill_(0.25)
    return keras.layers.TorchModuleWrapper(module)(x)


def _of_jax(keras: Any, x: Any) -> Any:
    def call(params: Any, inputs: Any) -> Any:
        return inputs @ params["w"] + 0.25

    def start(rng: Any, inputs: Any) -> Any:
        del rng
        return {"w": np.full((inputs.shape[-1], 2), 0.5, inputs.dtype)}

    return keras.layers.JaxLayer(call, start)(x)


def _of_tensorflow(keras: Any, x: Any) -> Any:
    """What was exported, loaded as a layer, where it can be."""
    if keras.config.backend() != "tensorflow":
        return keras.layers.TFSMLayer("nowhere")(x)
    dense = keras.layers.Dense(2, kernel_initializer="ones")
    model = keras.Sequential([keras.Input((3,)), dense])
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "exported")
        model.export(path, verbose=False)
        return keras.layers.TFSMLayer(path, call_endpoint="serve")(x)


def _linear(x: Any) -> Any:
    return np.repeat(0.5 * x.sum(axis=1, keepdims=True) + 0.25, 2, axis=1)


T("TorchModuleWrapper", "linear", n(2, 3), run=_of_torch, ref=_linear, checks=_VALUES)
T("JaxLayer", "linear", n(2, 3), run=_of_jax, ref=_linear, checks=_VALUES)
T(
    "TFSMLayer",
    "exported",
    n(2, 3),
    run=_of_tensorflow,
    checks=_VALUES,
    ref=lambda x: np.repeat(x.sum(axis=1, keepdims=True), 2, axis=1),
)
