"""`keras.ops` of connectionist temporal classification: the loss and the decoding."""

from itertools import groupby
from typing import Any

import numpy as np
from scipy import special

from multibackend.conformance.draws import i, n, v
from multibackend.conformance.table import Table, bad


def _ctc_loss(
    target: Any,
    output: Any,
    target_length: Any,
    output_length: Any,
    mask_index: int = 0,
) -> Any:
    """The forward algorithm of Graves et al. (2006)."""
    losses = []
    for labels, scores, many, steps in zip(
        target, output, target_length, output_length, strict=True
    ):
        logs = special.log_softmax(scores[: int(steps)], -1)
        path = [mask_index]
        for label in labels[: int(many)]:
            path += [int(label), mask_index]
        alpha = np.full(len(path), -np.inf)
        alpha[:2] = logs[0, path[:2]]
        for log in logs[1:]:
            before = alpha.copy()
            for place, label in enumerate(path):
                into = list(before[max(place - 1, 0) : place + 1])
                if place > 1 and label not in (mask_index, path[place - 2]):
                    into.append(before[place - 2])
                alpha[place] = special.logsumexp(into) + log[label]
        losses.append(-special.logsumexp(alpha[-2:]))
    return np.stack(losses)


def _greedy(
    inputs: Any,
    sequence_lengths: Any,
    *,
    merge_repeated: bool = True,
    mask_index: int = 0,
) -> Any:
    paths, scores = [], []
    for example, steps in zip(inputs, sequence_lengths, strict=True):
        best = [int(step.argmax()) for step in example[: int(steps)]]
        scores.append([-example[: int(steps)].max(-1).sum()])
        merged = [key for key, _ in groupby(best)] if merge_repeated else best
        kept = [label for label in merged if label != mask_index]
        paths.append(kept + [-1] * (inputs.shape[1] - len(kept)))
    return np.asarray(paths, np.int32)[None], np.asarray(scores)


T = Table("ops.ctc", "keras.ops", reference={"ctc_loss": _ctc_loss})

# The compilers of PyTorch and TensorFlow refuse them.
T.alone("ctc_loss", "ctc_decode")

_FEW = ["forward", "grad_inputs"]
_TWO, _FIVE = v([2, 2], "int32"), v([5, 5], "int32")
_LABELS = v([[1, 2], [3, 1]], "int32")

T(
    "ctc_loss",
    "plain",
    _LABELS,
    n(2, 5, 4),
    _TWO,
    _FIVE,
    refuses={
        "lengths of another batch": bad(_LABELS, n(2, 5, 4), v([2], "int32"), _FIVE),
        "labels of three axes": bad(i(2, 2, 2), n(2, 5, 4), _TWO, _FIVE),
        "outputs of two axes": bad(_LABELS, n(2, 5), _TWO, _FIVE),
        "labels of floats": bad(v([[1.5, 2.0]]), n(1, 5, 4), _TWO, _FIVE),
    },
)
T(
    "ctc_loss",
    "lengths",
    v([[1, 2, 0], [3, 0, 0], [2, 2, 1]], "int32"),
    n(3, 6, 4),
    v([2, 1, 3], "int32"),
    v([4, 6, 5], "int32"),
    checks=["forward", "spec", "grad_inputs"],
)
T("ctc_loss", "repeated", v([[2, 2], [1, 1]], "int32"), n(2, 5, 4), _TWO, _FIVE)
T(
    "ctc_loss",
    "the blank is the last",
    v([[1, 2], [0, 1]], "int32"),
    n(2, 5, 4),
    _TWO,
    _FIVE,
    mask_index=3,
    checks=_FEW,
)
T(
    "ctc_loss",
    "the blank is -1",
    v([[1, 2], [0, 1]], "int32"),
    n(2, 5, 4),
    _TWO,
    _FIVE,
    mask_index=-1,
    ref=False,
    checks=["forward"],
)
T(
    "ctc_loss",
    "no label",
    _LABELS,
    n(2, 5, 4),
    v([0, 2], "int32"),
    _FIVE,
    ref=False,
    checks=_FEW,
)
T(
    "ctc_loss",
    "too few steps",
    v([[1, 2, 3], [2, 2, 2]], "int32"),
    n(2, 4, 4),
    v([3, 3], "int32"),
    v([2, 4], "int32"),
    ref=False,
    checks=["forward"],
)
T(
    "ctc_loss",
    "huge",
    _LABELS,
    n(2, 5, 4, std=20.0),
    _TWO,
    _FIVE,
    checks=_FEW,
)
T(
    "ctc_loss",
    "the blank among the labels",
    v([[1, 0, 2], [3, 1, 0]], "int32"),
    n(2, 6, 4),
    v([3, 3], "int32"),
    v([6, 6], "int32"),
    ref=False,
    checks=["forward"],
)

# A sequence with repeated labels, blanks and a clear best path.
_CLEAR = v(
    [
        [[0.1, 0.7, 0.2], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1]],
        [[0.1, 0.2, 0.7], [0.8, 0.1, 0.1], [0.2, 0.1, 0.7], [0.3, 0.3, 0.4]],
    ]
)
_ALL, _SOME = v([4, 4], "int32"), v([3, 2], "int32")

T(
    "ctc_decode",
    "greedy",
    _CLEAR,
    _ALL,
    ref=_greedy,
    refuses={
        "an unknown strategy": bad(_CLEAR, _ALL, strategy="best"),
        "two axes": bad(n(4, 3), _ALL),
    },
)
T(
    "ctc_decode",
    "greedy, lengths",
    _CLEAR,
    _SOME,
    ref=_greedy,
    checks=["forward", "spec"],
)
T(
    "ctc_decode",
    "greedy, unmerged",
    _CLEAR,
    _ALL,
    merge_repeated=False,
    ref=_greedy,
    checks=["forward"],
)
T(
    "ctc_decode",
    "greedy, the blank is the last",
    _CLEAR,
    _ALL,
    mask_index=2,
    ref=_greedy,
    checks=["forward"],
)
T(
    "ctc_decode",
    "greedy, the blank is -1",
    _CLEAR,
    _ALL,
    mask_index=-1,
    ref=False,
    checks=["forward"],
)
T(
    "ctc_decode",
    "greedy, ties",
    v([[[0.4, 0.4, 0.2], [0.2, 0.4, 0.4], [0.3, 0.3, 0.3]]]),
    v([3], "int32"),
    ref=_greedy,
    checks=["forward"],
)
T(
    "ctc_decode",
    "greedy, no steps",
    _CLEAR,
    v([4, 0], "int32"),
    ref=False,
    checks=["forward"],
)
T(
    "ctc_decode",
    "greedy, random",
    n(3, 8, 5),
    v([8, 5, 1], "int32"),
    ref=_greedy,
    checks=["forward"],
)
_BEAM: dict[str, Any] = {"strategy": "beam_search"}
T(
    "ctc_decode",
    "beam search",
    _CLEAR,
    _ALL,
    beam_width=4,
    **_BEAM,
    checks=["forward", "spec"],
)
T(
    "ctc_decode",
    "beam search, three paths",
    n(2, 5, 4),
    v([5, 5], "int32"),
    beam_width=20,
    top_paths=3,
    **_BEAM,
    checks=["forward"],
)
T(
    "ctc_decode",
    "beam search, lengths",
    _CLEAR,
    _SOME,
    beam_width=10,
    **_BEAM,
    checks=["forward"],
)
T(
    "ctc_decode",
    "beam search, the blank is the last",
    _CLEAR,
    _ALL,
    beam_width=10,
    mask_index=2,
    **_BEAM,
    checks=["forward"],
)
T(
    "ctc_decode",
    "beam search, unmerged",
    _CLEAR,
    _ALL,
    beam_width=10,
    merge_repeated=False,
    **_BEAM,
    checks=["forward"],
)
