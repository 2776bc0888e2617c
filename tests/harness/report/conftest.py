"""Judgements to render: a realistic one, a hostile one, an empty one, a large one."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest

from multibackend.parity.compare.shown import BINS, Curve, Element, Evidence
from multibackend.parity.compare.verdict import (
    Difference,
    Judgement,
    Kind,
    Verdict,
    Word,
)

WORDS: tuple[Word, ...] = get_args(Word)
KINDS: tuple[Kind, ...] = get_args(Kind)

BACKENDS = ("torch", "jax", "tensorflow")
CHECKS = ("forward", "training", "grad_inputs", "grad_weights")
MODULES = {
    "multibackend.parity.cases.declared.layers": (
        "simple_dense gated_dense masked_dense residual_block attention_pool "
        "squeeze_excite layer_scale stochastic_depth rms_norm group_norm depthwise_conv "
        "causal_conv rotary_embedding token_merge"
    ),
    "multibackend.parity.cases.declared.losses": (
        "huber focal dice contrastive triplet poisson log_cosh pairwise_hinge listnet"
    ),
    "multibackend.parity.cases.declared.metrics": "recall_at_k ndcg mean_iou r2_score",
    "multibackend.examples": (
        "linear_classifier digits_classifier falling_body first_gradient "
        "sequential_model functional_model subclass_model optimizer_sgd optimizer_adam "
        "optimizer_rmsprop optimizer_adagrad history"
    ),
}

ENVIRONMENTS = {
    backend: {
        "backend": backend,
        "keras": "3.15.1",
        "framework": version,
        "device": "cpu",
        "python": "3.11.7",
        "numpy": "2.4.6",
        "dtype": "float32",
        "threads": 2,
        "float64": True,
        "switches": {"tf32": False, "fast_math": backend == "jax"},
    }
    for backend, version in zip(BACKENDS, ("2.13.0", "0.10.2", "2.21.0"), strict=True)
}


def value(
    backend: str = "jax",
    output: str = "kernel",
    index: tuple[int, ...] = (0, 3),
    error: float = 3.1e-5,
    precision: str = "float32",
) -> Difference:
    return Difference(
        kind="value",
        backend=backend,
        output=output,
        precision=precision,
        received=f"{0.40213117 + error:.8g}",
        expected="0.40213117",
        index=index,
        error=error,
        budget=4.0e-7,
    )


def differ(
    *differences: Difference, site: str | None = None, detail: str = ""
) -> dict[str, Any]:
    worst = differences[0]
    return {
        "verdict": "differ",
        "differences": differences,
        "blame": tuple(dict.fromkeys(d.backend for d in differences)),
        "error": worst.error,
        "budget": worst.budget,
        "ratio": worst.ratio,
        "output": worst.output,
        "site": site,
        "detail": detail,
    }


def proof(backend: str = "jax", output: str = "kernel", seed: int = 0) -> Evidence:
    """As much evidence as a verdict can have: a full map, all bins, curves."""
    rng = np.random.default_rng(seed)
    ratios = 10.0 ** rng.normal(-1.0, 1.5, (32, 32))
    steps = tuple(range(1, 61))
    right = 0.9 ** np.arange(60.0)
    elements = [
        Element(
            index=(int(i), int(j)),
            expected=f"{rng.normal():.17g}",
            received={name: f"{rng.normal():.8g}" for name in BACKENDS},
            ulps={name: float(rng.integers(0, 1000)) for name in BACKENDS},
        )
        for i, j in rng.integers(0, 300, (8, 2))
    ]
    lines = {
        name: tuple(float(f"{x:.7g}") for x in right + (name == backend) * 0.1)
        for name in BACKENDS
    }
    return Evidence(
        output=output,
        backend=backend,
        precision="float32",
        shape=(300, 300),
        elements=tuple(elements),
        map=tuple(tuple(float(f"{x:.3g}") for x in row) for row in ratios),
        histogram={
            name: tuple(rng.integers(0, 9000, len(BINS) + 1).tolist())
            for name in BACKENDS
        },
        curves=tuple(
            Curve(name, steps, lines) for name in ("error in budgets", "loss")
        ),
    )


REPRODUCER = '''"""Shows it: run me under two backends."""

import keras

print(keras.ops.max("<b>" if 1 < 2 else "&amp;"))
'''

SHAPE = Difference(
    kind="shape",
    backend="tensorflow",
    output="output",
    precision="float32",
    received="(4, 7, 8)",
    expected="(4, 8, 8)",
)
NAN = Difference(
    kind="nonfinite",
    backend="torch",
    output="gradient of inputs",
    precision="float64",
    received="nan",
    expected="0.0",
    index=(2, 0),
    detail="3 of 64 elements are NaN where the referee has numbers",
)
RAISED = Difference(
    kind="error",
    backend="torch",
    output="",
    precision="float32",
    received="RuntimeError: expected scalar type Float but found Half",
    expected="a result, as from jax and tensorflow",
)

SPECIAL: dict[tuple[str, str], dict[str, Any]] = {
    ("gated_dense", "grad_weights"): differ(
        value(),
        value(output="bias", index=(2,), error=8.2e-6),
        value(output="gate/kernel", index=(15, 7), error=1.9e-6, precision="float64"),
        site="gated_dense/gate",
    )
    | {"evidence": proof(), "reproducer": REPRODUCER},
    ("causal_conv", "forward"): differ(SHAPE),
    ("causal_conv", "training"): differ(SHAPE),
    ("rms_norm", "grad_inputs"): differ(NAN),
    ("stochastic_depth", "training"): differ(
        value("torch", "output", (3, 1, 0), 0.5),
        value("tensorflow", "output", (3, 1, 4), 0.25),
        detail="the draws are not the same on any two backends",
    ),
    ("ndcg", "forward"): differ(value("tensorflow", "ndcg", (), 6.6e-7)),
    ("token_merge", "forward"): {
        "verdict": "failed",
        "blame": ("torch",),
        "differences": (RAISED,),
    },
    ("digits_classifier", "training"): {
        "verdict": "failed",
        "blame": ("tensorflow",),
        "detail": "killed by SIGSEGV after 3.4 s; the child was started again",
    },
    ("history", "forward"): {
        "verdict": "missing",
        "blame": ("jax",),
        "detail": "the record of jax ends before this case: it was interrupted",
    },
    ("log_cosh", "grad_inputs"): {
        "verdict": "known",
        "blame": ("torch",),
        "differences": (value("torch", "gradient of inputs", (1,)),),
        "detail": "softplus switches to the identity above 20, keras issue 21043",
    },
    ("recall_at_k", "forward"): {
        "verdict": "abstain",
        "detail": "the top 3 are tied at element [2]: any order is right",
        "output": "recall",
    },
}


def realistic() -> Judgement:
    """39 cases, 4 checks: most agree, as in a run of our own."""
    rng = np.random.default_rng(5)
    verdicts: list[Verdict] = []
    for module, names in MODULES.items():
        for line, name in enumerate(names.split(), 1):
            for check in CHECKS:
                ratio = float(rng.uniform(0.0, 0.7))
                usual: dict[str, Any] = {
                    "verdict": "agree",
                    "ratio": ratio,
                    "error": ratio * 4.0e-7,
                    "budget": 4.0e-7,
                    "output": "output",
                }
                if module.endswith("metrics") and check.startswith("grad"):
                    usual = {
                        "verdict": "unsupported",
                        "detail": "a metric has no gradient",
                    }
                seconds = rng.uniform(0.01, 0.4, 3).tolist()
                verdicts.append(
                    Verdict(
                        case=f"{module}:{name}",
                        check=check,
                        file=f"{module.replace('.', '/')}.py",
                        line=12 * line,
                        seconds=dict(zip(BACKENDS, seconds, strict=True)),
                        **SPECIAL.get((name, check), usual),
                    )
                )
    return Judgement(
        verdicts=tuple(verdicts),
        environments=ENVIRONMENTS,
        stages={
            "start torch": 3.1,
            "start jax": 2.2,
            "start tensorflow": 5.8,
            "run torch": 14.2,
            "run jax": 19.6,
            "run tensorflow": 21.3,
            "compare": 1.4,
        },
        notes=("the record of jax was interrupted; 1 of 39 cases is missing in it",),
    )


def large(cases: int = 1000, *, all_differ: bool = False) -> Judgement:
    """5,000 verdicts; one in ten differs in three places, or each in one.

    The first sixty that differ have all the evidence that there can be, as in a run.
    """
    agrees: dict[str, Any] = {"verdict": "agree", "ratio": 0.123}
    differs = differ(*[value()] * (1 if all_differ else 3))
    verdicts = [
        Verdict(
            case=f"some_package.of_usual.depth_{c % 20}:a_case_of_usual_length_{c}",
            check=check,
            file=f"some_package/of_usual/depth_{c % 20}.py",
            line=c,
            **(differs if all_differ or (c + i) % 10 == 0 else agrees),
        )
        for c in range(cases)
        for i, check in enumerate((*CHECKS, "fit"))
    ]
    shown = [i for i, v in enumerate(verdicts) if v.verdict == "differ"][:60]
    for i in shown:
        verdicts[i] = replace(
            verdicts[i], evidence=proof(seed=i), reproducer=REPRODUCER * 12
        )
    return Judgement(tuple(verdicts), ENVIRONMENTS)


NASTY = (
    "m<script>alert(1)</script>:x",
    "m:[red]not red[/red] [link=http://example.org]",
    "m:a|b`c``d\\|e",
    "m:two\nlines\r\x1b[31mred\x00",
    "m:\"quoted\" 'twice' &amp; {{ 7 * 7 }} {% raw %}",
    "m:</td></table><img src=x onerror=alert(1)>",
    "m:right\u202eto left \ud800 unpaired",
    "m:_emphasis_ *bold* ![image](http://example.org/x.png) ]]>",
    "한글:경우",
    ":",
)


def nasty_proof(name: str) -> Evidence:
    inf, nan = float("inf"), float("nan")
    return Evidence(
        output=name,
        backend=name,
        precision=name,
        shape=(2, 2),
        elements=(Element((1, 1), name, {name: name}, {name: inf}),),
        map=((inf, nan), (0.0, 1e300)),
        histogram={name: (1, *[0] * (len(BINS) - 1), 3)},
        curves=(Curve(name, (1, 2, 3), {name: (inf, nan, -1.0)}),),
    )


def hostile() -> Judgement:
    """Every text field of every word says something that a form might obey."""
    verdicts = tuple(
        Verdict(
            case=name,
            check=name,
            verdict=WORDS[i % 7],
            blame=(name,),
            differences=(
                Difference(
                    kind=KINDS[i % 7],
                    backend=name,
                    output=name,
                    precision=name,
                    received=name,
                    expected=name,
                    index=(i,),
                    error=(float("nan"), float("inf"), 1.0)[i % 3],
                    budget=(0.0, 1e-9)[i % 2],
                    detail=name,
                ),
            ),
            ratio=float("inf"),
            error=float("inf"),
            budget=0.0,
            output=name,
            detail=name,
            site=name,
            file=name,
            line=i,
            seconds={name: 0.1},
            evidence=nasty_proof(name),
            reproducer=name,
        )
        for i, name in enumerate(NASTY)
    )
    facts = {"keras": NASTY[0], "framework": NASTY[1], "device": NASTY[2]}
    return Judgement(
        verdicts,
        {name: {**facts, name: {name: float("nan")}} for name in NASTY},
        stages=dict.fromkeys(NASTY, 1.0),
        notes=NASTY,
    )


@pytest.fixture
def sample() -> Judgement:
    return realistic()


@pytest.fixture
def hostile_judgement() -> Judgement:
    return hostile()


@pytest.fixture
def empty() -> Judgement:
    return Judgement(verdicts=(), environments={})


@pytest.fixture
def seven() -> Judgement:
    """One verdict of each word, with nothing but the word."""
    verdicts = (Verdict(f"m:{word}", "forward", word) for word in WORDS)
    return Judgement(tuple(verdicts), ENVIRONMENTS)


@pytest.fixture
def make() -> SimpleNamespace:
    """The makers above, for a test that needs another size."""
    return SimpleNamespace(value=value, differ=differ, large=large)
