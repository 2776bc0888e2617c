"""One child process: started, spoken to, listened to with a limit, and ended."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import msgspec

from multibackend.parity.run.config import Interpreter
from multibackend.parity.run.messages import FromChild, read, write
from multibackend.parity.run.settings import Settings, variables

__all__ = ["Child", "Ended", "Overdue"]


# What a child may write to standard error before it is dropped, and the most that is
# read of it; and the longest message, which names every case of a package.
_LOG_LIMIT = 64 * 1024**2
_WORDS_LIMIT = 64 * 1024
_LINE_LIMIT = 64 * 1024**2

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
        self._asked = 0
        self._ended = False
        #: When it was started, by the clock that files are dated with.
        self.begun = time.time()
        home = Path(self._home.name) / "keras"
        home.mkdir()
        environment = variables(
            backend, replace(settings, extra=interpreter.env), str(home)
        )
        # Appending: where it is cut to nothing, the child goes on at its new end.
        with self._log.open("ab") as log:
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

    @property
    def alive(self) -> bool:
        """Whether the process is still there."""
        return not self._ended and self._process.poll() is None

    def say(self, message: msgspec.Struct) -> None:
        """Sends a message; a child that is gone is noticed when it is listened to."""
        stream = self._stream(self._process.stdin)
        self._trim(_LOG_LIMIT)
        self._asked = self._log.stat().st_size
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
        line = self._next(deadline)
        if not line:
            raise Ended(self._how_it_ended())
        try:
            return read(line, FromChild)
        except msgspec.MsgspecError as error:
            text = f"stopped: it answered something else than a message ({error})"
            raise Ended(text) from error

    def _next(self, deadline: float) -> bytes:
        """The next line, nothing where the process is gone.

        What a case started may outlive the process and hold its pipe open, so the end
        of the pipe alone does not tell.
        """
        while True:
            self._trim(_LOG_LIMIT)
            gone = self._process.poll() is not None
            left = deadline - time.monotonic()
            try:
                return self._answers.get(timeout=min(max(0.0, left), 0.2))
            except queue.Empty:
                if gone:
                    return b""
                if left <= 0:
                    raise Overdue from None

    def end(self) -> None:
        """Ends the process and all that it started, and removes its folder."""
        if self._ended:  # its number may be another process's by now
            return
        self._ended = True
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        _ = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError, ValueError):
                self._stream(stream).close()
        self._home.cleanup()

    def last_words(self, lines: int = 3) -> str:
        """The last lines that the child wrote to standard error since it was asked.

        Of a fault that Python's fault handler reports, the first ones instead.
        """
        with contextlib.suppress(OSError):
            data = self._said()
            said = data.decode("utf-8", errors="replace").strip().splitlines()
            fatal = [n for n, x in enumerate(said) if x.startswith("Fatal Python")]
            # The thread at fault comes last, behind those that only waited.
            current = [n for n, x in enumerate(said) if x.startswith("Current thread")]
            dumped = said[current[-1] :] if current else said
            places = [x for x in dumped if x.startswith("  File ")]
            some = [said[fatal[0]], *places[:2]] if fatal else said[-lines:]
            return " / ".join(line.strip() for line in some)[-600:]
        return ""

    def _said(self) -> bytes:
        """The end of what was said since the child was asked, and never all of a flood."""
        size = self._log.stat().st_size
        with self._log.open("rb") as log:
            _ = log.seek(max(self._asked, size - _WORDS_LIMIT))
            return log.read(_WORDS_LIMIT)

    def _trim(self, limit: int) -> None:
        """Cuts the log to nothing where it is longer: a flood must not fill the disk."""
        with contextlib.suppress(OSError):
            if self._log.stat().st_size > limit:
                os.truncate(self._log, 0)
                self._asked = 0

    def _listen(self) -> None:
        stream = self._stream(self._process.stdout)
        with contextlib.suppress(ValueError, OSError):
            while line := stream.readline(_LINE_LIMIT):
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
