"""A real headless Chromium, spoken to over two pipes: no driver, no other package."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
#: How long any one answer may take on a busy machine.
PATIENCE = 120.0

# Sizes and colours are those of the page, not of the machine.
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # as root, in a container
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--remote-debugging-pipe",
)


class Browser:
    """A browser with one page, driven by the DevTools protocol.

    Attributes:
        faults: What the page complained of: errors, exceptions, refused content.
    """

    def __init__(self, program: str, profile: Path) -> None:
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        # The protocol is spoken on descriptors 3 and 4, whatever ours are.
        shell = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        flags = [*FLAGS, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", shell, "bash", program, *flags],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out = ours_in, ours_out
        self._buffer = b""
        self._count = 0
        self._session: str | None = None
        self._events: list[dict[str, Any]] = []
        self.faults: list[str] = []
        pages = self.call("Target.getTargets")["targetInfos"]
        page = next(info for info in pages if info["type"] == "page")
        found = self.call(
            "Target.attachToTarget", targetId=page["targetId"], flatten=True
        )
        self._session = found["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            _ = self.call(f"{domain}.enable")
        _ = self.call("Performance.enable", timeDomain="threadTicks")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *told: object) -> None:
        self._session = None
        with contextlib.suppress(OSError, TimeoutError):
            _ = self._send("Browser.close", {})
        try:
            _ = self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            _ = self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Calls a method of the protocol and returns its result."""
        number = self._send(method, params)
        while True:
            message = self._receive()
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]
            self._note(message)

    def open(self, path: Path) -> float:
        """Opens a file; returns the seconds of work until it is loaded and drawn once.

        They are those of the page's own thread: what else the machine does is no matter.
        """
        self.faults.clear()
        _ = self.call("Page.navigate", url="about:blank")
        begun = self._worked()
        self._events.clear()
        _ = self.call("Page.navigate", url=path.as_uri())
        while not any(e["method"] == "Page.loadEventFired" for e in self._events):
            self._note(self._receive())
        _ = self.run(
            "new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
        )
        return self._worked() - begun

    def _worked(self) -> float:
        """The seconds that the page's thread has worked."""
        metrics = self.call("Performance.getMetrics")["metrics"]
        return next(m["value"] for m in metrics if m["name"] == "TaskDuration")

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        found = self.call(
            "Runtime.evaluate",
            expression=script,
            returnByValue=True,
            awaitPromise=True,
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def told(self, script: str) -> tuple[str, str]:
        """The role and the name that a screen reader is told of an element."""
        _ = self.run(f"{script}.scrollIntoView()")
        found = self.call("Runtime.evaluate", expression=script)["result"]
        tree = self.call(
            "Accessibility.getPartialAXTree",
            objectId=found["objectId"],
            fetchRelatives=False,
        )
        (node,) = tree["nodes"]
        return node["role"]["value"], node["name"]["value"]

    def press(self, key: str, **more: Any) -> None:
        """Presses a key as a keyboard does."""
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}
        code = codes.get(key, ord(key[0].upper()))
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else "")
        about = {"key": key, "windowsVirtualKeyCode": code, "text": text, **more}
        _ = self.call("Input.dispatchKeyEvent", type="keyDown", **about)
        _ = self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def theme(self, name: str) -> None:
        """Sets the colour scheme that a person prefers: `light` or `dark`."""
        wish = [{"name": "prefers-color-scheme", "value": name}]
        _ = self.call("Emulation.setEmulatedMedia", features=wish)

    def window(self, width: int, height: int) -> None:
        """Sets the size of the page in pixels."""
        _ = self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def picture(self, path: Path) -> None:
        """Writes what is seen as a PNG."""
        shot = self.call("Page.captureScreenshot", format="png")
        _ = path.write_bytes(base64.b64decode(shot["data"]))

    def _send(self, method: str, params: dict[str, Any]) -> int:
        self._count += 1
        message: dict[str, Any] = {
            "id": self._count,
            "method": method,
            "params": params,
        }
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        return self._count

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], PATIENCE)
            read = os.read(self._in, 1 << 20) if ready else b""
            if not read:
                message = "the browser said nothing more"
                raise TimeoutError(message)
            self._buffer += read
        line, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(line)

    def _note(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            return
        self._events.append(message)
        told = message.get("params", {})
        match message["method"]:
            case "Runtime.exceptionThrown":
                self.faults.append(str(told["exceptionDetails"]))
            case "Log.entryAdded":
                self.faults.append(told["entry"]["text"])
            case "Runtime.consoleAPICalled":
                self.faults.append(str(told["args"]))
            case _:
                pass


@pytest.fixture(scope="session")
def chromium() -> str:
    """The program, or a skip where it is not installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    return found


@pytest.fixture(scope="session")
def browser(
    chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    with Browser(chromium, tmp_path_factory.mktemp("profile")) as opened:
        opened.window(1280, 900)
        yield opened


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Callable[[str], float]:
    """Opens this page; returns the seconds it took."""

    def of(text: str) -> float:
        path = tmp_path / "report.html"
        _ = path.write_text(text, "utf-8")
        browser.theme("light")
        return browser.open(path)

    return of
