"""Functions that stand in the programs of some checks, as text."""

from __future__ import annotations

__all__ = [
    "AS_FLOAT32",
    "COMPILED",
    "DERIVED",
    "DRAWN",
    "MAKERS",
    "NEIGHBOURS",
    "PLAIN",
    "TENSOR",
    "TWICE",
    "UPDATES",
    "WIDE",
]

WIDE = """
keras.config.set_floatx("float64")
keras.config.set_dtype_policy("float64")
"""

PLAIN = '''
def plain(leaf):
    """A tensor as NumPy has it; all else as it is."""
    if keras.ops.is_tensor(leaf) or isinstance(leaf, keras.Variable):
        return np.array(keras.ops.convert_to_numpy(leaf))
    return leaf
'''

TENSOR = '''
def tensor(array):
    """A tensor, a float one in the dtype that is computed in."""
    floating = array.dtype.kind == "f"
    return keras.ops.convert_to_tensor(
        array.astype(keras.config.floatx()) if floating else array
    )
'''

# The numbers of `multibackend.inputs`, drawn as there.
MAKERS = """
CASE = {CASE}
DRAWS = itertools.count()


def drawn(seed):
    text = f"{CASE} {next(DRAWS)}" if seed is None else f"seed {seed}"
    return np.random.default_rng(zlib.crc32(text.encode()))


def floats(values):
    return np.asarray(values).astype("float32").astype(keras.config.floatx())


def normal(*shape, mean=0.0, std=1.0, seed=None):
    return floats(drawn(seed).normal(mean, std, shape))


def uniform(*shape, low=0.0, high=1.0, seed=None):
    return floats(drawn(seed).uniform(low, high, shape))


def integers(*shape, low=0, high, seed=None):
    return drawn(seed).integers(low, high, size=shape, dtype=np.int32)


def tokens(batch, steps, *, vocabulary, seed=None):
    return integers(batch, steps, high=vocabulary, seed=seed)


def mask(batch, steps, *, seed=None):
    lengths = drawn(seed).integers(1, steps + 1, size=batch)
    lengths[0] = steps
    return np.arange(steps)[None, :] < lengths[:, None]


def array(values, *, seed=None):
    _ = drawn(seed)
    given = np.asarray(values)
    return floats(given) if given.dtype.kind == "f" else given


def arguments(*args, **kwargs):
    return args, kwargs
"""

DRAWN = """
def draw_weights(layer, low, high):
    rng = np.random.default_rng(0)
    for weight in layer.weights:
        if keras.backend.is_float_dtype(weight.dtype):
            weight.assign(rng.uniform(low, high, weight.shape).astype("float32"))
"""

AS_FLOAT32 = """
def as_float32(outputs):
    return [keras.ops.cast(leaf, "float32") for leaf in keras.tree.flatten(outputs)]
"""

NEIGHBOURS = '''
class Before(keras.layers.Layer):
    """Hands its input on with a mask, as `Masking` does."""

    def __init__(self, mask):
        super().__init__()
        self.supports_masking = True
        self.mask = mask

    def call(self, inputs):
        return inputs

    def compute_mask(self, inputs, previous_mask):
        return self.mask


class Behind(keras.layers.Layer):
    """Gives the mask that arrives with its input, or one `False` for none."""

    def call(self, inputs, mask=None):
        return keras.ops.convert_to_tensor(False if mask is None else mask, "bool")
'''

_WEIGHED = '''
def weighed(outputs):
    """The sum of all float outputs, each element with a weight of its own."""
    rng = np.random.default_rng(0)
    floats = [
        leaf
        for leaf in keras.tree.flatten(outputs)
        if keras.backend.is_float_dtype(keras.backend.standardize_dtype(leaf.dtype))
    ]
    return sum(
        keras.ops.sum(leaf * keras.ops.cast(rng.normal(size=leaf.shape), leaf.dtype))
        for leaf in floats
    )
'''

DERIVED = f'''{_WEIGHED}

def derived(call, variables, floats):
    """The gradients of the weighed outputs by variables and by tensors."""
    values = [variable.value for variable in variables]
    if keras.backend.backend() == "torch":
        import torch

        floats = [leaf.detach().clone().requires_grad_() for leaf in floats]
        wanted = [*values, *floats]
        total = weighed(call(*floats))
        if not total.requires_grad:
            return [torch.zeros_like(value) for value in wanted]
        return [
            gradient + torch.zeros_like(value)
            for gradient, value in zip(
                torch.autograd.grad(
                    total, wanted, allow_unused=True, materialize_grads=True
                ),
                wanted,
            )
        ]
    if keras.backend.backend() == "jax":
        import jax

        def total(values, floats):
            with keras.StatelessScope(state_mapping=list(zip(variables, values))):
                return weighed(call(*floats))

        of_values, of_floats = jax.grad(total, argnums=(0, 1))(values, floats)
        return [*of_values, *of_floats]
    import tensorflow as tf

    wanted = [*values, *floats]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(wanted)
        total = weighed(call(*floats))
    found = tape.gradient(
        total, wanted, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return [tf.convert_to_tensor(gradient) for gradient in found]
'''

TWICE = f'''{_WEIGHED}

def twice_derived(call, variables, floats):
    """How the gradients change along a fixed direction."""
    rng = np.random.default_rng(1)
    values = [variable.value for variable in variables]
    directions = [
        keras.ops.cast(rng.normal(size=tuple(leaf.shape)), leaf.dtype)
        for leaf in [*values, *floats]
    ]
    if keras.backend.backend() == "torch":
        import torch

        floats = [leaf.detach().clone().requires_grad_() for leaf in floats]
        wanted = [*values, *floats]
        zeros = [torch.zeros_like(value) for value in wanted]

        def gradient(total, create_graph):
            if not total.requires_grad:
                return zeros
            return torch.autograd.grad(
                total,
                wanted,
                create_graph=create_graph,
                allow_unused=True,
                materialize_grads=True,
            )

        first = gradient(weighed(call(*floats)), True)
        along = sum((one * other).sum() for one, other in zip(first, directions))
        second = gradient(along, False)
        return [one + zero for one, zero in zip(second, zeros)]
    if keras.backend.backend() == "jax":
        import jax

        def total(values, floats):
            with keras.StatelessScope(state_mapping=list(zip(variables, values))):
                return weighed(call(*floats))

        count = len(values)
        _, found = jax.jvp(
            jax.grad(total, argnums=(0, 1)),
            (values, floats),
            (directions[:count], directions[count:]),
        )
        return [*found[0], *found[1]]
    import tensorflow as tf

    wanted = [*values, *floats]
    zero = tf.UnconnectedGradients.ZERO
    with tf.GradientTape(watch_accessed_variables=False) as outer:
        outer.watch(wanted)
        with tf.GradientTape(watch_accessed_variables=False) as inner:
            inner.watch(wanted)
            total = weighed(call(*floats))
        first = inner.gradient(total, wanted, unconnected_gradients=zero)
        along = tf.add_n([tf.reduce_sum(a * b) for a, b in zip(first, directions)])
    found = outer.gradient(along, wanted, unconnected_gradients=zero)
    return [tf.convert_to_tensor(gradient) for gradient in found]
'''

COMPILED = '''
def compiled(call, tensors, fused):
    """What the framework's own compiler gives."""
    if keras.backend.backend() == "torch":
        import torch

        with torch.no_grad():
            return torch.compile(call, fullgraph=True, dynamic=False)(*tensors)
    if keras.backend.backend() == "jax":
        import jax

        def run(*tensors):
            with keras.StatelessScope():
                return call(*tensors)

        return jax.jit(run)(*tensors)
    import tensorflow as tf

    return tf.function(call, jit_compile=fused)(*tensors)
'''

UPDATES = '''
def updates(optimizer):
    """Variables after each of four updates by seeded gradients."""
    rng = np.random.default_rng(0)
    shapes = [(3, 4), (4,), ()]

    def drawn(shape):
        return np.asarray(rng.normal(size=shape), keras.config.floatx())

    variables = [keras.Variable(drawn(shape)) for shape in shapes]
    optimizer.build(variables)
    steps = []
    for _ in range(4):
        gradients = [keras.ops.convert_to_tensor(drawn(shape)) for shape in shapes]
        optimizer.apply(gradients, variables)
        steps.append([plain(variable) for variable in variables])
    return steps
'''
