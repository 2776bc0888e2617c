"""What parent and child say: a line each, read back as it was, or refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from multibackend.parity.run.messages import (
    Alone,
    Asked,
    Begun,
    Capture,
    Done,
    Fault,
    FromChild,
    Load,
    Order,
    Planned,
    Ready,
    ToChild,
    read,
    write,
)

HOSTILE = 'm:"a"\n\r\u2028\x00 ü 模型'


@pytest.mark.parametrize(
    ("message", "kinds"),
    [
        (Order((HOSTILE,), ("fit",), "/a b", 2, 1, 1, "cpu"), Order),
        (Asked(HOSTILE), ToChild),
        (Load(HOSTILE, {"torch": HOSTILE}), ToChild),
        (Capture(HOSTILE, "save from torch", "/a b/c.json"), ToChild),
        (Alone(HOSTILE, "fit", "/a b/c.json", HOSTILE), ToChild),
        (Ready({"a": {"b": [1, None]}}, (Planned(HOSTILE, "f", 3),), 0.5), FromChild),
        (Begun(HOSTILE, "fit"), FromChild),
        (Done(HOSTILE, 1e-9, silent={"spec": HOSTILE}), FromChild),
        (Fault("CaseError", HOSTILE, 2), FromChild),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_message_is_one_line_and_comes_back_as_it_was(
    message: msgspec.Struct, kinds: Any
) -> None:
    line = write(message)

    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert read(line, kinds) == message


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"hello\n",
        b"{}\n",
        b"[]\n",
        b'{"type": "gossip"}\n',
        b'{"type": "asked", "case": "m:a"}\n',
        b'{"type": "done", "case": "m:a"}\n',
        b'{"type": "done", "case": 3, "seconds": 1}\n',
        b'{"type": "begun", "case": "m:a", "check": "fit"\n',
        b"\xff\xfe\n",
    ],
)
def test_what_is_no_message_of_a_child_is_refused(line: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        _ = read(line, FromChild)
