"""Is float32 computed in float32: TF32, the precision of products, fast math?"""

from __future__ import annotations

from collections.abc import Iterator

from multibackend.doctor.facts import Seen
from multibackend.doctor.findings.finding import (
    ITSELF_UNSETS,
    Finding,
    note,
    ok,
    problem,
    taken_out,
)

__all__ = ["precision"]

_TOPIC = "precision"

#: How a user's own code turns TF32 off.
_OFF = {
    "torch": (
        "torch.backends.cudnn.allow_tf32 = False and "
        "torch.set_float32_matmul_precision('highest')"
    ),
    "jax": "JAX_DEFAULT_MATMUL_PRECISION=highest",
    "tensorflow": "tf.config.experimental.enable_tensor_float_32_execution(False)",
}

_ITSELF = "`multibackend check` turns it off in its own processes"

#: The variable that makes a product less precise.
_SETTING = {
    "torch": "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    "jax": "JAX_DEFAULT_MATMUL_PRECISION",
}

#: XLA's switches that give up what IEEE 754 says of float32.
_FAST = (
    "xla_cpu_enable_fast_math",
    "xla_cpu_enable_fast_min_max",
    "xla_gpu_enable_fast_min_max",
)


def precision(seen: Seen) -> Iterator[Finding]:
    """Findings on what a float32 means to one backend."""
    found = [*_override(seen), *_fast_math(seen), *_narrow(seen), *_wide(seen)]
    yield from found
    if not found and seen.works:
        yield ok(_TOPIC, seen.backend, "A float32 is computed as a float32.")


def _override(seen: Seen) -> Iterator[Finding]:
    """NVIDIA's libraries read this variable themselves."""
    value = seen.surroundings.variables.get("NVIDIA_TF32_OVERRIDE")
    if value is None or value == "0":
        return
    found = (
        f"NVIDIA_TF32_OVERRIDE={value} asks NVIDIA's libraries for TF32, which keeps 10 of "
        "the 23 bits of a float32."
    )
    if whose := seen.whose("NVIDIA_TF32_OVERRIDE"):
        do = taken_out(whose)
        yield problem(_TOPIC, whose, found, do)
    else:
        do = (
            f"For your own code: unset NVIDIA_TF32_OVERRIDE, or set it to 0; {_ITSELF}."
        )
        yield note(_TOPIC, None, found, do)


def _fast_math(seen: Seen) -> Iterator[Finding]:
    if seen.backend not in {"jax", "tensorflow"}:
        return
    flags = seen.surroundings.xla_flags
    whose = seen.whose("XLA_FLAGS")
    for flag in _FAST:
        if flags.get(flag, "").lower() in {"true", "1"}:
            found = (
                f"XLA_FLAGS has --{flag}: what XLA compiles for JAX and TensorFlow may drop "
                "NaN and infinity, and order sums anew."
            )
            where = f" of [tool.multibackend.backends.{whose}]" if whose else ""
            do = f"Take it out of XLA_FLAGS{where}, or set it: --{flag}=false"
            yield problem(_TOPIC, whose, found, do)


def _narrow(seen: Seen) -> Iterator[Finding]:
    """What the framework itself says that it may do to a product of float32."""
    told = seen.computation
    if told is None or not told.tf32_allowed:
        return
    variables = seen.surroundings.variables
    override = variables.get("NVIDIA_TF32_OVERRIDE")
    # Before Ampere no GPU had TF32.
    able = told.device == "gpu" and (told.capability is None or told.capability >= 8)
    if able and override != "0":
        found = (
            f"{seen.backend} may compute {' and '.join(told.tf32_allowed)} in TF32 on this GPU, "
            "which keeps 10 of the 23 bits of a float32."
        )
    elif "matmul" in told.tf32_allowed and told.precision not in {None, "default"}:
        found = (
            f"{seen.backend} multiplies float32 in the precision {told.precision!r}."
        )
    else:
        return
    setting = _SETTING.get(seen.backend, "")
    off = f"unset {setting}" if setting in variables else _OFF[seen.backend]
    do = f"For your own code: {off}; {_ITSELF}."
    yield note(_TOPIC, seen.backend, found, do)


def _wide(seen: Seen) -> Iterator[Finding]:
    """With x64, `keras.ops.argmax` gives int64 where it gives int32 else (JAX 0.10)."""
    if seen.computation is None or not seen.computation.x64:
        return
    found = (
        "JAX keeps 64 bits (x64): integers get wider than Keras says, which `multibackend "
        "check` takes for a difference."
    )
    name = "JAX_ENABLE_X64"
    if whose := seen.whose(name):
        do = taken_out(whose, name)
    elif name in seen.surroundings.variables:
        found = "JAX keeps 64 bits (x64): integers get wider than Keras says."
        do = f"For your own code: unset {name}; {ITSELF_UNSETS}."
        yield note(_TOPIC, seen.backend, found, do)
        return
    else:
        do = "Look what switches it on, such as a sitecustomize.py."
    yield problem(_TOPIC, seen.backend, found, do)
