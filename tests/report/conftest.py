"""A real browser that knows no Korean font and reaches no network."""

import json
import shutil
import subprocess
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

LIMIT = 90
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>{directories}<cachedir>{cache}</cachedir></fontconfig>
"""
ASKED = """<script>addEventListener("load", async () => {{
  const wait = () => new Promise((done) => setTimeout(done, 20));
  const charts = document.querySelector(".chart");
  while (charts && !document.documentElement.hasAttribute("data-drawn")) await wait();
  const answer = await (async () => {{ {program} }})();
  parent.postMessage(JSON.stringify(answer), "*");
}});</script>"""
# A window of the browser has a least width, a frame has none.
FRAME = """<!doctype html><body><iframe src="{page}" width="{width}" height="4000"></iframe>
<pre id="answer"></pre><script>addEventListener("message", (event) => {{
  document.getElementById("answer").textContent = event.data;
}});</script>"""
# The page of explanations forbids all scripts, so the one that asks is let in.
NO_SCRIPT = "default-src 'none'; style-src"
SCRIPT = "default-src 'none'; script-src 'unsafe-inline'; style-src"

Browser = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """Run the browser on a page with options; a complaint on the page's console is a failure."""
    result = shutil.which("chromium") or shutil.which("chromium-browser")
    if result is None:
        pytest.skip("no chromium is installed here, so no page can be looked at")
    # DejaVu has no Hangul; without any font at all the browser would not start.
    dejavu = "/usr/share/fonts/truetype/dejavu"
    configuration = tmp_path / "fonts.conf"
    configuration.write_text(
        FONTS.format(directories=f"<dir>{dejavu}</dir>", cache=tmp_path / "cache"),
        encoding="utf-8",
    )

    def run(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [
                *(result, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
                *("--no-first-run", "--disable-background-networking", "--disable-sync"),
                *("--disable-component-update", "--hide-scrollbars", "--virtual-time-budget=20000"),
                f"--user-data-dir={tmp_path / 'browser'}",
                "--host-resolver-rules=MAP * ~NOTFOUND",
                *("--enable-logging=stderr", "--v=0"),
                *options,
                page.as_uri(),
            ],
            env={
                "FONTCONFIG_FILE": str(configuration),
                "HOME": str(tmp_path),
                "PATH": "/usr/bin:/bin",
            },
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT,
            check=True,
        )
        assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
        return done

    return run


@pytest.fixture
def ask(browser: Browser, tmp_path: Path) -> Callable[..., Any]:
    """Run a program in a drawn page of some width (pixels) and return what it returns."""

    def call(page: Path, program: str, width: int = 1280) -> Any:
        text = page.read_text(encoding="utf-8").replace(NO_SCRIPT, SCRIPT)
        asking, frame = tmp_path / "asking.html", tmp_path / "frame.html"
        asking.write_text(
            text.replace("</body>", ASKED.format(program=program) + "</body>"), encoding="utf-8"
        )
        frame.write_text(FRAME.format(page=asking.as_uri(), width=width), encoding="utf-8")
        shown = browser(frame, "--dump-dom").stdout
        answer = shown.partition('<pre id="answer">')[2].partition("</pre>")[0]
        assert answer, "the page was never drawn"
        return json.loads(unescape(answer))

    return call
