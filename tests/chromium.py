"""A real Chromium, driven through its DevTools protocol."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.waiting import until

LIMIT = 60.0


class Chromium:
    """One tab of a headless browser that reaches this machine alone.

    Args:
        profile: a directory of its own.
        env: in place of this process's environment.
    """

    def __init__(self, profile: Path, env: dict[str, str] | None = None) -> None:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None:
            pytest.skip("no chromium is installed here, so no page can be looked at")
        self.profile = profile
        self.process = subprocess.Popen(
            [
                *(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
                *("--no-first-run", "--disable-background-networking", "--disable-sync"),
                *("--disable-component-update", "--hide-scrollbars", "--mute-audio"),
                *(f"--user-data-dir={profile}", "--remote-debugging-port=0"),
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "about:blank",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=env,
        )
        port_file = profile / "DevToolsActivePort"
        until(lambda: self._lives() and port_file.exists())
        until(lambda: len(port_file.read_text().split()) > 1)
        port = port_file.read_text().split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=LIMIT) as answer:
            (target,) = [one for one in json.load(answer) if one["type"] == "page"]
        self._open = contextlib.ExitStack()
        address = target["webSocketDebuggerUrl"]
        self._socket = self._open.enter_context(connect(address, max_size=None, proxy=None))
        self._numbers = itertools.count(1)
        self.complaints: list[str] = []
        """What the page's console says, errors, and violations of its policy."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def _lives(self) -> bool:
        assert self.process.poll() is None, "the browser ended"
        return True

    def downloads_into(self, place: Path) -> None:
        """Let files that a page offers be saved, without a question."""
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(place))

    def downloaded(self, path: Path) -> Path:
        """A file of a download, once it is whole: its name is taken, empty, from the beginning."""
        until(
            lambda: (
                path.exists() and path.stat().st_size and not any(path.parent.glob("*.crdownload"))
            )
        )
        return path

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=LIMIT))
            self._note(message)
            if message.get("id") == number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result

    def _note(self, message: dict[str, Any]) -> None:
        parameters = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))
        if message.get("method") == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(parameters["args"]))
        if message.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(parameters["entry"]["text"])

    def open(self, url: str) -> None:
        """Load a page."""
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """The value of an expression; promises are awaited."""
        result = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait(self, script: str) -> Any:
        """Wait until an expression is true; returns its value."""
        ends = time.monotonic() + LIMIT
        while not (value := self.run(f"(() => {{ try {{ return {script}; }} catch {{ }} }})()")):
            assert time.monotonic() < ends, f"never: {script}"
            time.sleep(0.05)
        return value

    def text(self, identifier: str) -> str:
        """What an element shows."""
        return str(self.run(f"document.getElementById({identifier!r}).innerText"))

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def press(self, key: str, modifiers: int = 0, code: int = 0) -> None:
        """Press a key; modifiers: 2 is Ctrl, 8 Shift."""
        text = {"Enter": "\r", " ": " "}.get(key, "")
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                modifiers=modifiers,
                windowsVirtualKeyCode=code,
                **more,
            )

    def click(self, identifier: str) -> None:
        """Click the middle of an element."""
        x, y = self.run(
            f"(() => {{ const one = document.getElementById({identifier!r});"
            "one.scrollIntoView({ block: 'center' }); const box = one.getBoundingClientRect();"
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def choose(self, identifier: str, path: Path) -> None:
        """Choose a file for a file input."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=f"#{identifier}")["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    def size(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        """Set the width (CSS pixels) and the scheme that the system prefers."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = "dark" if dark else "light"
        self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    def shoot(self, path: Path) -> None:
        """Save a picture of the whole page."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        """End the browser."""
        self._open.close()
        self.process.terminate()
        self.process.wait(LIMIT)
