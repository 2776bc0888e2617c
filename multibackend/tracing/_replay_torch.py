"""A graph of PyTorch, replayed at once, and by fused code as soon as that is there."""
# pyright: reportMissingImports=false

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import torch

__all__ = ["Replay"]

_ATEN = torch.ops.aten
# Inductor keeps global settings: one compilation at a time.
_LOCK = threading.Lock()


class Replay:
    """Runs a graph.

    Args:
        graph: A `torch.fx.GraphModule` with flat inputs that returns a list.
        examples: Inputs of the shapes and dtypes to come.
        optimize: `"background"` replays until fused code is there, `"first"` compiles
            here and now, `"never"` replays.

    Attributes:
        note: Why there is no fused code although it was asked for, or `None`.
    """

    def __init__(self, graph: Any, examples: Sequence[Any], *, optimize: str) -> None:
        simplify(graph)
        self.note: str | None = None
        self._run: Callable[..., Any] = graph
        self._thread: threading.Thread | None = None
        if optimize == "never":
            return
        self._thread = threading.Thread(
            target=self._compile, args=(graph, list(examples)), daemon=True
        )
        self._thread.start()
        if optimize == "first":
            self.wait()

    def __call__(self, inputs: Sequence[Any]) -> Any:
        return self._run(*inputs)

    def wait(self) -> None:
        """Returns when it is settled which code runs from now on."""
        if self._thread is not None:
            self._thread.join()

    def _compile(self, graph: Any, examples: list[Any]) -> None:
        import torch._inductor

        try:
            with _LOCK, torch.no_grad():
                self._run = torch._inductor.compile(
                    graph,
                    examples,
                    # Draws come from PyTorch's own generators, as they do eagerly.
                    options={"fallback_random": True},
                )
        except Exception as error:  # noqa: BLE001 - whatever it is, the replay goes on
            first = str(error).strip().partition("\n")[0]
            self.note = f"{type(error).__name__}: {first}"


def simplify(graph: Any) -> None:
    """Takes out what only costs time where no gradient is recorded: `detach`."""
    for node in list(graph.graph.nodes):
        if node.target is _ATEN.detach.default:
            node.replace_all_uses_with(node.args[0])
            graph.graph.erase_node(node)
    graph.recompile()
