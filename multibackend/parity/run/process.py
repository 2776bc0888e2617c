"""One child process: started, spoken to, listened to with a limit, and ended."""

from __future__ import annotations

import contextlib
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any

import msgspec

from multibackend.parity.run.config import Interpreter
from multibackend.parity.run.messages import FromChild, read, write
from multibackend.parity.run.settings import Settings, variables

__all__ = ["Child", "Ended", "Overdue"]


# A child that closed its pipes is on its way out, or will never be.
_PATIENCE = 2.0


class Ended(Exception):  # noqa: N818 - an outcome of the child, not an error of ours
    """The child is gone; the text says how."""


class Overdue(Exception):  # noqa: N818 - an outcome of the child, not an error of ours
    """The child did not answer within its limit."""


class Child:
    """A running child of one backend.

    It has an empty `KERAS_HOME`, and a process group of its own: Ctrl-C reaches the
    parent alone, which then ends the child in order.
    """

    def __init__(
        self, backend: str, settings: Settings, interpreter: Interpreter
    ) -> None:
        """Starts the process and returns at once."""
        self._home = tempfile.TemporaryDirectory(
            prefix="multibackend-", ignore_cleanup_errors=True
        )
        self._log = Path(self._home.name) / "stderr.log"
        home = Path(self._home.name) / "keras"
        home.mkdir()
        environment = variables(backend, settings, str(home)) | interpreter.env
        with self._log.open("wb") as log:
            try:
                self._process = self._spawn(interpreter, environment, log)
            except OSError:
                self._home.cleanup()
                raise
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    @staticmethod
    def _spawn(
        interpreter: Interpreter, environment: dict[str, str], log: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                interpreter.python or sys.executable,
                "-m",
                "multibackend.parity.run.child",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            start_new_session=True,
        )

    def say(self, message: msgspec.Struct) -> None:
        """Sends a message; a child that is gone is noticed when it is listened to."""
        stream = self._stream(self._process.stdin)
        with contextlib.suppress(BrokenPipeError):
            _ = stream.write(write(message))
            stream.flush()

    def hear(self, deadline: float) -> Any:
        """Returns the next message.

        Args:
            deadline: By when, on the clock of `time.monotonic`.

        Raises:
            Overdue: There was none by then.
            Ended: The child is gone.
        """
        try:
            line = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise Overdue from None
        if not line:
            raise Ended(self._how_it_ended())
        try:
            return read(line, FromChild)
        except msgspec.MsgspecError as error:
            text = f"stopped: it answered something else than a message ({error})"
            raise Ended(text) from error

    def end(self) -> None:
        """Ends the process, whatever it is doing, and removes its folder."""
        with contextlib.suppress(OSError):
            self._process.kill()
        _ = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError, ValueError):
                self._stream(stream).close()
        self._home.cleanup()

    def last_words(self, lines: int = 3) -> str:
        """The last lines that the child wrote to standard error."""
        with contextlib.suppress(OSError):
            text = self._log.read_text("utf-8", errors="replace")
            return " / ".join(text.strip().splitlines()[-lines:])[-600:]
        return ""

    def _listen(self) -> None:
        stream = self._stream(self._process.stdout)
        with contextlib.suppress(ValueError, OSError):
            for line in stream:
                self._answers.put(line)
        self._answers.put(b"")

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            return "stopped: it closed its pipes and went on"
        if code < 0:
            return f"killed by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    @staticmethod
    def _stream(stream: IO[bytes] | None) -> IO[bytes]:
        if stream is None:
            message = "the child was started without pipes"
            raise RuntimeError(message)
        return stream
