"""Foreign text on a terminal is shown and not obeyed, and a message has an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmc.errors import MESSAGE, message, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("재밌다 👍🏽\tA\nb", "재밌다 👍🏽\tA\nb"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x1b]8;;http://a\x1b\\b", "\\x1b]8;;http://a\\x1b\\b"),
        ("\x9b31m\r\x00\x7f", "\\x9b31m\\r\\x00\\x7f"),
        ("a\u202eb\u2066c\u2028", "a\\u202eb\\u2066c\\u2028"),
        ("\ud800", "\\ud800"),
        ("재\u200b밌\u2060다\ufeff", "재\\u200b밌\\u2060다\\ufeff"),
        ("👩\u200d🎤", "👩\u200d🎤"),
    ],
)
def test_control_characters_are_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(text=st.text(st.characters() | st.sampled_from("\x1b\x9b\u202e\ud800가"), max_size=9000))
def test_a_message_is_bounded_and_says_what_to_do(text: str) -> None:
    shown = message(f"{text}; do this")
    assert len(shown.encode()) <= MESSAGE
    assert shown.endswith("; do this")
    assert printable(shown) == shown
