"""PyTorch: modules, eager, by `torch.compile`, and the whole step compiled at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from natives.running import Makers, Run, repeated
from natives.tasks import HEADS, LAYERS, Task

__all__ = ["contenders"]


def contenders(task: Task, x: Any, y: Any) -> Makers:
    """The native steps, each with weights of the Keras model."""
    found: Makers = {
        "native eager": lambda: _eager(task, x, y),
        "native compiled": lambda: _eager(task, x, y, compiled=True),
        "native whole step": lambda: _whole(task, x, y),
        "native gradient": lambda: _gradient(task, x, y),
    }
    return found


class Attention(nn.Module):
    """Causal attention, with the three projections in one."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inward = nn.Linear(width, 3 * width)
        self.outward = nn.Linear(width, width)

    def forward(self, x: Any) -> Any:
        parts = self.inward(x).unflatten(-1, (3, HEADS, -1))
        q, k, v = parts.permute(2, 0, 3, 1, 4)  # (batch, heads, steps, features)
        x = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.outward(x.transpose(1, 2).flatten(2))


class Transformer(nn.Module):
    """Pre-norm blocks over tokens."""

    def __init__(self, words: int, length: int, width: int) -> None:
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.places = nn.Parameter(torch.zeros(length, width))
        self.blocks = nn.ModuleList(
            nn.ModuleList(
                [
                    nn.Sequential(nn.LayerNorm(width, eps=1e-3), Attention(width)),
                    nn.Sequential(
                        nn.LayerNorm(width, eps=1e-3),
                        nn.Linear(width, 4 * width),
                        nn.ReLU(),
                        nn.Linear(4 * width, width),
                    ),
                ]
            )
            for _ in range(LAYERS)
        )
        self.norm = nn.LayerNorm(width, eps=1e-3)
        self.head = nn.Linear(width, words)

    def forward(self, x: Any) -> Any:
        x = self.words(x) + self.places
        for block in self.blocks:
            for part in block:
                x = x + part(x)
        return self.head(self.norm(x))


class Last(nn.Module):
    """The last output of a recurrent layer."""

    def __init__(self, features: int, units: int) -> None:
        super().__init__()
        self.layer = nn.LSTM(features, units, batch_first=True)
        self.layer.bias_hh_l0.requires_grad_(requires_grad=False)

    def forward(self, x: Any) -> Any:
        return self.layer(x)[0][:, -1]


class Images(nn.Module):
    """Channels first."""

    def forward(self, x: Any) -> Any:
        return x.permute(0, 3, 1, 2)


def _module(task: Task) -> nn.Module:
    given = [torch.tensor(v.numpy()) for v in task.model().trainable_variables]
    name = task.name
    if name == "linear":
        module: nn.Module = nn.Linear(2, 1)
    elif name == "mlp":
        norm = nn.BatchNorm1d(128, eps=1e-3, momentum=0.01)
        module = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), norm, nn.Linear(128, 1))
    elif name == "cnn":
        parts = [
            [nn.Conv2d(*sizes, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            for sizes in ((1, 16), (16, 32))
        ]
        pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)]
        module = nn.Sequential(Images(), *parts[0], *parts[1], *pooled)
    elif name == "transformer":
        module = Transformer(*given[0].shape[:1], *given[1].shape)
    else:
        units = given[1].shape[0]
        module = nn.Sequential(Last(given[0].shape[0], units), nn.Linear(units, 1))
    weights = _turned(name, given)
    with torch.no_grad():
        for parameter in module.parameters():
            fresh = next(weights) if parameter.requires_grad else 0.0
            parameter.copy_(torch.as_tensor(fresh))
    return module


def _turned(name: str, given: list[Any]) -> Iterator[Any]:
    """Keras' weights in the order and layout of the module's parameters."""
    rest = iter(given)
    if name == "transformer":
        words, places = next(rest), next(rest)
        yield from (places, words)  # a module's own parameters come first
        for _ in range(LAYERS):
            yield from (next(rest), next(rest))
            kernels, biases = zip(
                *[(next(rest), next(rest)) for _ in "qkv"], strict=True
            )
            yield torch.cat([kernel.flatten(1).T for kernel in kernels])
            yield torch.cat([bias.flatten() for bias in biases])
            yield from (next(rest).flatten(0, 1).T, next(rest))
            yield from (next(rest), next(rest))
            for _ in range(2):
                yield from (next(rest).T, next(rest))
    for each in rest:
        yield (
            each.permute(3, 2, 0, 1)
            if each.ndim == 4
            else each.T
            if each.ndim == 2
            else each
        )


def _loss(task: Task, outputs: Any, y: Any) -> Any:
    if task.classes:
        return functional.cross_entropy(outputs.flatten(0, -2), y.flatten())
    return functional.mse_loss(outputs, y)


def _tensors(task: Task, x: Any, y: Any) -> tuple[Any, Any]:
    x, y = torch.tensor(x), torch.tensor(y)
    return x, y.long() if task.classes else y


def _compile(fn: Callable[..., Any], **given: Any) -> Callable[..., Any]:
    """As in a fresh process: nothing is known of shapes seen before."""
    torch.compiler.reset()
    return torch.compile(fn, dynamic=False, **given)


def _eager(task: Task, x: Any, y: Any, *, compiled: bool = False) -> Run:
    """The loop of every tutorial; compiled are the loss, its gradient and the update."""
    module = _module(task)
    x, y = _tensors(task, x, y)
    trained = [p for p in module.parameters() if p.requires_grad]
    kind = torch.optim.Adam if task.adam else torch.optim.SGD
    optimizer = kind(trained, lr=task.rate, fused=True)

    def loss_of(x: Any, y: Any) -> Any:
        return _loss(task, module(x), y)

    if compiled:
        loss_of = _compile(loss_of)

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return repeated(step)


def _gradient(task: Task, x: Any, y: Any) -> Run:
    module = _module(task)
    x, y = _tensors(task, x, y)
    trained = [p for p in module.parameters() if p.requires_grad]
    loss_of = _compile(lambda x, y: _loss(task, module(x), y))

    def step() -> Any:
        loss = loss_of(x, y)
        _ = torch.autograd.grad(loss, trained)
        return loss.detach()

    return repeated(step)


def _whole(task: Task, x: Any, y: Any) -> Run:
    """Forward, backward and update in one graph, by `torch.func` and hand-written Adam."""
    module = _module(task)
    x, y = _tensors(task, x, y)
    names = [name for name, p in module.named_parameters() if p.requires_grad]
    still = {
        name: p.detach() for name, p in module.named_parameters() if name not in names
    }
    state = dict(module.named_parameters())
    weights = [state[name].detach() for name in names]
    buffers = dict(module.named_buffers())
    first, second = ([torch.zeros_like(w) for w in weights] for _ in range(2))
    count = torch.zeros(())

    def loss_of(weights: list[Any], buffers: dict[str, Any], x: Any, y: Any) -> Any:
        # Statistics are written in place: into copies, which go back as results.
        buffers = {name: b.clone() for name, b in buffers.items()}
        whole = {**dict(zip(names, weights, strict=True)), **still, **buffers}
        return _loss(task, torch.func.functional_call(module, whole, (x,)), y), buffers

    both = torch.func.grad_and_value(loss_of, has_aux=True)

    def whole(x: Any, y: Any) -> Any:
        grads, (loss, fresh) = both(weights, buffers, x, y)
        if task.adam:
            _adam(task.rate, weights, grads, first, second, count)
        else:
            torch._foreach_add_(weights, grads, alpha=-task.rate)
        for name, value in fresh.items():
            _ = buffers[name].copy_(value)
        return loss

    compiled = _compile(whole, fullgraph=True)

    def step() -> Any:
        with torch.no_grad():
            return compiled(x, y)

    return repeated(step)


def _adam(
    rate: float, weights: Any, grads: Any, first: Any, second: Any, count: Any
) -> None:
    """Keras' formula, in place."""
    count += 1
    torch._foreach_lerp_(first, grads, 0.1)
    squares = torch._foreach_mul(grads, grads)
    torch._foreach_lerp_(second, squares, 0.001)
    alpha = rate * torch.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    below = torch._foreach_sqrt(second)
    torch._foreach_add_(below, 1e-7)
    steps = torch._foreach_mul(torch._foreach_div(first, below), alpha)
    torch._foreach_sub_(weights, steps)
