"""Texts take the columns that a terminal gives them."""

import unicodedata

import pytest

from nsmc.text.width import display_width, padded


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("abc", 3),
        ("재밌다", 6),
        ("ㅋㅋ", 4),
        (unicodedata.normalize("NFD", "값 cafe"), 7),  # as macOS writes the names of files
        ("café", 4),
        ("👍🏽", 2),
        ("❤\ufe0f", 2),
        ("…·★", 3),
    ],
    ids=ascii,
)
def test_the_columns_of_a_text(text: str, columns: int) -> None:
    assert display_width(text) == columns
    assert padded(text, 12) == text + " " * (12 - columns)
    assert padded(text, columns - 1) == text
