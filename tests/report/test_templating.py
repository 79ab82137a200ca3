"""Foreign text in pages and cards is shown and not obeyed, wherever it is put in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from nsmc.errors import printable
from nsmc.inspection.card import model_card
from nsmc.inspection.info import info
from nsmc.report.templating import Bilingual, _environment, visible
from nsmc.serving import page_files

if TYPE_CHECKING:
    from tests.conftest import Untrained

HOSTILE = "<b>\x1b]0;a\x07\u202e가\ud800"
SHOWN = "&lt;b&gt;\\x1b]0;a\\x07\\u202e가\\ud800"


def test_every_way_into_a_template_shows_control_characters() -> None:
    template = _environment().from_string(
        '{{ a }}|{{ _("row %(name)s", name=a) }}|{{ a | upper | lower }}|{{ b }}|{{ [a] | join }}'
    )
    page = template.render(a=HOSTILE, b=Bilingual({"ko": HOSTILE, "en": HOSTILE + "!"}))
    assert printable(page) == page
    assert page.count(SHOWN) == 6  # in two languages where these differ


def test_data_of_a_script_is_shown_at_any_depth() -> None:
    assert visible({HOSTILE: [{"text": HOSTILE}, 1.5, None]}) == {
        printable(HOSTILE): [{"text": printable(HOSTILE)}, 1.5, None]
    }
    assert visible(Markup("<i>\u202e</i>")) == "<i>\u202e</i>"  # of this package


def test_a_model_card_shows_the_control_characters_of_a_models_classes(
    untrained: Untrained,
) -> None:
    card = model_card(info(untrained("task=classes", classes=["a\x1b\u202e", "b"])))
    assert printable(card) == card
    assert "a\\x1b\\u202e" in card


def test_the_page_shows_what_reports_show() -> None:
    script = (Path(page_files.__file__).parent / "page" / "app.js").read_text(encoding="utf-8")
    found = re.search(r"const UNSEEN = /(\[.*?\])\|\\p{Cs}/gu;", script)
    assert found
    unseen = re.compile(found[1])
    for code in {*range(0x11000)} - {*range(0xD800, 0xE000)}:
        character = chr(code)
        assert bool(unseen.match(character)) == (printable(character) != character), hex(code)
