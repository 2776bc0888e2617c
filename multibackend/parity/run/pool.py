"""Children that stay when a run ends, for the next one: starting takes seconds."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field

from multibackend.parity.cases.edited import edited
from multibackend.parity.run.config import Interpreter
from multibackend.parity.run.process import Child
from multibackend.parity.run.settings import Settings

__all__ = ["Pool"]

#: What a child cannot change once it runs.
Key = tuple[str, str, int, str, tuple[tuple[str, str], ...]]


@dataclass
class Pool:
    """Idle children, one or more for each way of starting one.

    A child that is taken belongs to who took it, so two runs never share one.
    """

    _idle: dict[Key, list[Child]] = field(default_factory=dict[Key, list[Child]])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(
        self, backend: str, settings: Settings, interpreter: Interpreter
    ) -> Child | None:
        """An idle child that was started in this way, or `None`.

        A child that has ended since, or that imported what was edited since, is of no
        use: it is ended.
        """
        with self._lock:
            idle = self._idle.get(_key(backend, settings, interpreter), [])
            while idle:
                child = idle.pop()
                if child.alive and not edited(child.begun):
                    return child
                child.end()
        return None

    def give(
        self,
        child: Child,
        backend: str,
        settings: Settings,
        interpreter: Interpreter,
    ) -> None:
        """Keeps a child that has carried out its last order."""
        with self._lock:
            key = _key(backend, settings, interpreter)
            self._idle.setdefault(key, []).append(child)

    def close(self) -> None:
        """Ends every idle child."""
        with self._lock:
            for idle in self._idle.values():
                while idle:
                    idle.pop().end()


def _key(backend: str, settings: Settings, interpreter: Interpreter) -> Key:
    python = interpreter.python or sys.executable
    env = tuple(sorted(interpreter.env.items()))
    return backend, settings.device, settings.threads, python, env
