"""JAX' contexts: programs share one, and come out as they would without."""

import keras
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(
    keras.config.backend() != "jax", reason="only JAX writes its programs in MLIR"
)


@pytest.fixture
def contexts(monkeypatch):
    """The module, on a process that shares nothing yet, and what JAX made since."""
    from jax._src.interpreters import mlir

    from multibackend.parity.run import _contexts_jax

    made = []
    # A child that ran before in this process may share already.
    clean = getattr(mlir.make_ir_context, "make", mlir.make_ir_context)

    def counted():
        made.append(clean())
        return made[-1]

    monkeypatch.setattr(mlir, "make_ir_context", counted)
    return _contexts_jax, made


def lowered(size):
    import jax

    return jax.jit(lambda x: jax.numpy.tanh(x @ x.T).sum()).lower(np.ones((size, 3)))


def test_programs_share_a_context(contexts):
    module, made = contexts
    alone = [lowered(size).as_text() for size in (2, 3)]
    assert len(made) == 2

    assert module.share_contexts()
    shared = [lowered(size) for size in (2, 3)]
    assert len(made) == 3
    assert [program.as_text() for program in shared] == alone
    for size, program in zip((2, 3), shared, strict=True):
        found = float(program.compile()(np.ones((size, 3))))
        assert found == pytest.approx(size**2 * np.tanh(3.0), rel=1e-6)


def test_a_context_is_given_up_after_so_many_programs(contexts, monkeypatch):
    module, made = contexts
    monkeypatch.setattr(module, "_PROGRAMS", 2)
    module.share_contexts()
    for size in range(2, 7):
        lowered(size)
    assert len(made) == 3


def test_asked_twice_they_are_shared_once(contexts):
    module, made = contexts
    assert module.share_contexts()
    assert module.share_contexts()
    lowered(2)
    lowered(3)
    assert len(made) == 1


def test_where_jax_has_no_such_name_nothing_is_done(contexts, monkeypatch):
    module, made = contexts
    monkeypatch.setattr(module, "mlir", None)
    assert not module.share_contexts()
    lowered(2)
    assert len(made) == 1
