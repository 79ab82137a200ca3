"""A real browser that knows no Korean font and reaches no network."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import Chromium

# DejaVu has no Hangul; without any font at all the browser would not start.
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts/truetype/dejavu</dir><cachedir>{cache}</cachedir></fontconfig>
"""
DRAWN = "!document.querySelector('.chart') || 'drawn' in document.documentElement.dataset"

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """One for the tests of a module."""
    place = tmp_path_factory.mktemp("browser")
    fonts = place / "fonts.conf"
    fonts.write_text(FONTS.format(cache=place / "cache"), encoding="utf-8")
    env = {"FONTCONFIG_FILE": str(fonts), "HOME": str(place), "PATH": "/usr/bin:/bin"}
    made = Chromium(place / "profile", env)
    yield made
    made.close()


@pytest.fixture
def ask(browser: Chromium) -> Ask:
    """Run a program in a drawn page of some width (pixels) and return what it returns.

    A complaint on the page's console is a failure.
    """

    def call(page: Path, program: str, width: int = 1280) -> Any:
        browser.size(width, 4000)
        browser.open(page.as_uri())
        browser.wait(DRAWN)
        answer = browser.run(f"(async () => {{ {program} }})()")
        assert browser.complaints == []
        return answer

    return call
