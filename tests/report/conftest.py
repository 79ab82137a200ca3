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
  while (!document.documentElement.hasAttribute("data-drawn")) await wait();
  const answer = await (async () => {{ {program} }})();
  const place = document.createElement("pre");
  place.id = "answer";
  place.textContent = JSON.stringify(answer);
  document.body.replaceChildren(place);
}});</script>"""

Browser = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """Run the browser on a page with options; a complaint on the page's console is a failure."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
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
                *(found, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
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
def ask(browser: Browser, tmp_path: Path) -> Callable[[Path, str], Any]:
    """Run a program in a drawn page and return what it returns."""

    def call(page: Path, program: str) -> Any:
        text = page.read_text(encoding="utf-8")
        asking = tmp_path / "asking.html"
        asking.write_text(
            text.replace("</body>", ASKED.format(program=program) + "</body>"), encoding="utf-8"
        )
        shown = browser(asking, "--dump-dom").stdout
        assert '<pre id="answer">' in shown, "the page was never drawn"
        return json.loads(unescape(shown.partition('<pre id="answer">')[2].partition("</pre>")[0]))

    return call
