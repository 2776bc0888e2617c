"""Layers on edge lists: what holds of every graph, and values by hand."""

import keras
import numpy as np
import pytest

from multibackend.autodiff import grad
from multibackend.inputs import array, normal
from multibackend.layers import GraphConvolution, MessagePassing
from multibackend.layers._segments import segment_max
from multibackend.weights import seed_weights

EDGES = np.array([(3, 1), (0, 1), (2, 0), (1, 3), (4, 3), (2, 1), (1, 0)], "int32")
NONE = np.zeros((0, 2), "int32")

LAYERS = {
    "convolution": lambda **kwargs: GraphConvolution(3, **kwargs),
    "convolution without loops": lambda **kwargs: GraphConvolution(
        3, self_loops=False, **kwargs
    ),
    "sum": lambda **kwargs: MessagePassing(3, message_activation="tanh", **kwargs),
    "mean": lambda **kwargs: MessagePassing(3, aggregation="mean", **kwargs),
    "max": lambda **kwargs: MessagePassing(3, aggregation="max", **kwargs),
}


@pytest.fixture(params=LAYERS)
def make(request):
    """Makes a layer over nodes of width 4, with the same weights each time."""

    def made(**kwargs):
        layer = LAYERS[request.param](**kwargs)
        pairs = kwargs.get("edge_format", "pairs") == "pairs"
        layer.build([(6, 4), (7, 2) if pairs else (2, 7)])
        seed_weights(layer)
        return layer

    return made


def numbers(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_the_order_of_the_edges_does_not_matter(make, close):
    nodes, layer = normal(6, 4, seed=1), make()
    close(layer([nodes, EDGES[::-1].copy()]), numbers(layer([nodes, EDGES])))


def test_nodes_by_other_names_have_the_same_outputs(make, close):
    nodes, layer = normal(6, 4, seed=1), make()
    names = np.array([4, 2, 0, 5, 1, 3], "int32")
    moved = np.empty_like(nodes)
    moved[names] = nodes
    expected = numbers(layer([nodes, EDGES]))
    close(keras.ops.take(layer([moved, names[EDGES]]), names, axis=0), expected)


def test_a_masked_edge_is_no_edge_whatever_its_ids(make, close):
    nodes, layer = normal(6, 4, seed=1), make()
    padded = np.concatenate([EDGES, [(-1, 77), (5, 5)]]).astype("int32")
    mask = np.array([True] * 7 + [False] * 2)
    close(layer([nodes, padded], edge_mask=mask), numbers(layer([nodes, EDGES])))


def test_edges_in_rows_are_edges_in_pairs(make, close):
    nodes = normal(6, 4, seed=1)
    rows = make(edge_format="rows")([nodes, EDGES.T.copy()])
    close(rows, numbers(make()([nodes, EDGES])))


def test_a_graph_without_edges_has_outputs_and_gradients(make):
    nodes, layer = normal(6, 4, seed=1), make()
    assert np.all(np.isfinite(numbers(layer([nodes, NONE]))))
    slopes = grad(lambda x: keras.ops.sum(layer([x, NONE]) ** 2))(nodes)
    assert np.all(np.isfinite(numbers(slopes)))


def test_a_model_takes_graphs_of_all_sizes(make, close):
    layer = make()
    inputs = [keras.Input((4,)), keras.Input((2,), dtype="int32")]
    model = keras.Model(inputs, layer(inputs))
    assert model.output_shape == (None, 3)
    for nodes, edges in [(normal(6, 4), EDGES), (normal(3, 4), EDGES[:1] % 3)]:
        close(model([nodes, edges]), numbers(layer([nodes, edges])))


@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_half_precision_stays_finite_for_large_inputs(make, half):
    layer = make(dtype=f"mixed_{half}")
    outputs = layer([np.full((6, 4), 1e3, "float32"), EDGES])
    assert keras.backend.standardize_dtype(outputs.dtype) == half
    assert np.all(np.isfinite(numbers(keras.ops.cast(outputs, "float32"))))


def test_a_mean_of_many_does_not_overflow_in_half_precision():
    layer = MessagePassing(1, aggregation="mean", dtype="mixed_float16")
    edges = np.stack([np.zeros(2000), np.ones(2000)], axis=-1).astype("int32")
    layer.build([(2, 1), (2000, 2)])
    for weight in layer.weights:
        weight.assign(np.ones(weight.shape))
    # A message is relu(50 + 50 + 1) = 101; 2000 of these are beyond float16's 65504.
    outputs = layer([np.full((2, 1), 50.0, "float32"), edges])
    assert numbers(outputs).ravel().tolist() == [51.0, 152.0]


def test_a_convolution_by_hand(close):
    # 0 -> 2 and 1 -> 2 with loops: degrees 1, 1, 3.
    layer = GraphConvolution(1, use_bias=False)
    edges = np.array([(0, 2), (1, 2)], "int32")
    nodes = array([[1.0], [2.0], [6.0]])
    layer.build([nodes.shape, edges.shape])
    layer.kernel.assign([[1.0]])
    expected = [[1.0], [2.0], [6 / 3 + (1 + 2) / 3**0.5]]
    close(layer([nodes, edges]), expected)


def test_an_isolated_node_gets_zeros_without_loops():
    layer = GraphConvolution(3, self_loops=False, use_bias=False)
    outputs = numbers(layer([normal(6, 4, seed=1), EDGES]))
    assert not np.any(outputs[5])
    assert np.all(np.any(outputs[[0, 1, 3]], axis=-1))


def test_an_isolated_node_gets_no_messages():
    layer = MessagePassing(3, use_bias=False)
    layer.build([(6, 4), (7, 2)])
    layer.node_kernel.assign(np.zeros((4, 3)))
    outputs = numbers(layer([np.ones((6, 4), "float32"), EDGES]))
    assert not np.any(outputs[[2, 4, 5]])


def test_an_edge_listed_twice_weighs_two(close):
    nodes, layer = normal(6, 4, seed=1), GraphConvolution(3)
    twice = np.concatenate([EDGES, EDGES[:1]])
    weights = array([2.0] + [1.0] * 6)
    close(layer([nodes, twice]), numbers(layer([nodes, EDGES], edge_weights=weights)))


def test_an_edge_of_weight_zero_is_no_edge_and_its_weight_has_a_gradient(close):
    nodes, layer = normal(6, 4, seed=1), GraphConvolution(3, self_loops=False)
    weights = array([1.0] * 6 + [0.0])
    fewer = numbers(layer([nodes, EDGES[:6]]))
    close(layer([nodes, EDGES], edge_weights=weights), fewer)
    slopes = grad(lambda w: keras.ops.sum(layer([nodes, EDGES], edge_weights=w) ** 2))(
        weights
    )
    assert np.all(np.isfinite(numbers(slopes)))


def test_a_masked_weight_may_be_no_number():
    nodes, layer = normal(6, 4, seed=1), GraphConvolution(3)
    weights, mask = np.ones(7, "float32"), np.arange(7) < 6
    weights[6] = np.nan
    outputs = layer([nodes, EDGES], edge_weights=weights, edge_mask=mask)
    assert np.all(np.isfinite(numbers(outputs)))


def test_the_largest_messages_share_the_gradient(close):
    ids = np.array([1, 0, 1, 1], "int32")
    values = array([[3.0], [-2.0], [3.0], [1.0]])

    def scaled(x):
        weights = keras.ops.convert_to_tensor(array([[10.0], [20.0], [40.0]]))
        return keras.ops.sum(segment_max(x, ids, 3) * weights)

    close(segment_max(keras.ops.convert_to_tensor(values), ids, 3), [[-2], [3], [0]])
    close(grad(scaled)(values), [[10.0], [10.0], [10.0], [0.0]])


def test_float64_messages_are_compared_in_float64(float64, close):
    # Equal in float32; and the largest is neither the first nor the last.
    values = 1 + np.array([[0.0], [3.0], [2.0], [1.0]]) * 1e-12
    ids = np.zeros(4, "int32")
    tensor = keras.ops.convert_to_tensor(values)
    close(segment_max(tensor, ids, 2), [[1 + 3e-12], [0]], dtype="float64", roundings=0)
    slopes = grad(lambda x: keras.ops.sum(segment_max(x, ids, 2)))(values)
    close(slopes, [[0.0], [1.0], [0.0], [0.0]], dtype="float64")


def test_an_edge_network_multiplies_by_a_matrix_of_the_edge(close):
    layer = MessagePassing(2, 2, "edge_network", message_activation=None)
    nodes = array([[1.0, 2.0], [3.0, 4.0]])
    edges, features = np.array([(0, 1)], "int32"), array([[1.0]])
    layer.build([nodes.shape, edges.shape, features.shape])
    layer.edge_kernel.assign([[1.0, 10.0, 100.0, 1000.0]])
    layer.node_kernel.assign([[0.0, 0.0], [0.0, 0.0]])
    layer.aggregate_kernel.assign([[1.0, 0.0], [0.0, 1.0]])
    close(layer([nodes, edges, features]), [[0, 0], [1 + 20, 100 + 2000]])


def test_a_model_of_graphs_trains():
    nodes, targets = normal(6, 4, seed=1), normal(6, 2, seed=2)
    inputs = [keras.Input((4,)), keras.Input((2,), dtype="int32")]
    hidden = GraphConvolution(8, "tanh")(inputs)
    hidden = MessagePassing(8, aggregation="max")([hidden, inputs[1]])
    model = keras.Model(inputs, keras.layers.Dense(2)(hidden))
    model.compile(keras.optimizers.Adam(0.05), "mse")
    losses = [model.train_on_batch([nodes, EDGES], targets) for _ in range(30)]
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize(
    "layer",
    [
        GraphConvolution(
            3, "tanh", use_bias=False, self_loops=False, edge_format="rows"
        ),
        MessagePassing(
            3,
            5,
            "edge_network",
            "max",
            "tanh",
            "relu",
            use_bias=False,
            edge_format="rows",
        ),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_the_configuration_round_trip_keeps_every_argument(layer):
    copy = keras.layers.deserialize(keras.layers.serialize(layer))
    assert type(copy) is type(layer)
    assert copy.get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ([normal(6, 4), EDGES + 3], "from 0 to 5, received 7"),
        ([normal(6, 4), EDGES - 2], "from 0 to 5, received -2"),
        ([normal(6, 4), EDGES.astype("float32")], "integer dtype, received float32"),
        ([normal(6, 4), EDGES.T.copy()], r"\(edges, 2\), received \(2, 7\)"),
        ([normal(4), EDGES], r"\(nodes, dim\), received \(4,\)"),
        ([normal(6, 4)], "received 1"),
        (normal(6, 4), "received one tensor"),
    ],
    ids=str,
)
def test_inputs_that_do_not_fit_are_refused(make, inputs, told):
    with pytest.raises(ValueError, match=told):
        make()(inputs)


def test_other_widths_are_refused(make):
    with pytest.raises(ValueError, match="width"):
        make()([normal(6, 5), EDGES])
