"""Parts of the samples: by name, and in shards."""

from __future__ import annotations

import pytest

from multibackend.conformance.choose import only, shard
from multibackend.conformance.draws import n
from multibackend.conformance.table import Table
from multibackend.errors import TargetError


@pytest.fixture
def samples():
    one, two = Table("ops.one", "keras.ops"), Table("layers", "keras.layers")
    for name in ("add", "add_all", "sub"):
        one(name, "first", n(2))
        one(name, "edge", n(2))
    two.make("Dense", "first", {"units": 2}, n(2, 3))
    return [*one.every(), *two.every()]


def names(found):
    return [sample.name for sample in found]


def test_nothing_chosen_is_everything(samples):
    assert only(samples, "") == samples
    assert shard(samples, "") == samples


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ("ops.one", 7),
        ("ops", 7),
        ("layers", 1),
        ("keras.ops.add", 3),
        ("ops.add", 3),
        ("ops.add*", 5),
        ("keras.ops.add[edge]", 1),
        ("layers.Dense,ops.sub", 4),
    ],
)
def test_a_name_chooses_tables_symbols_and_samples(samples, wanted, count):
    """A sample that compiles several functions belongs to each of them."""
    assert len(only(samples, wanted)) == count


def test_a_misspelt_name_is_refused_with_the_nearest_one(samples):
    with pytest.raises(TargetError, match=r"received 'ops.ad'. Did you mean"):
        _ = only(samples, "ops.ad")


def test_shards_hold_every_sample_once(samples):
    parts = [shard(samples, f"{k}/3") for k in (1, 2, 3)]

    assert sorted(name for part in parts for name in names(part)) == sorted(
        names(samples)
    )
    assert all(len(part) < len(samples) for part in parts)


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/0", "-1/2"])
def test_a_wrong_shard_is_refused(samples, text):
    with pytest.raises(TargetError, match="Expected --shard such as 2/4"):
        _ = shard(samples, text)
