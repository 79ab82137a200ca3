"""New words are read as what they mean, and nothing else is."""

import pickle
from pathlib import Path

import pytest

import nsmc
from nsmc.errors import DataError
from nsmc.text.new_words import NewWords, new_words, read_words, shipped_words
from nsmc.text.normalize import normalize
from nsmc.text.reading import Reading
from nsmc.text.tokenizer import Tokenizer

SENTENCES = Path(__file__).parent / "new_words.tsv"
"""Sentences of this project's own, none of which is in tests/behaviour."""
WORDS = NewWords({"띵작": "명작", "폼 미쳤~": "정말 훌륭했", "갓겜": "", "극호": "정말 좋음"})


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("띵작이다", "명작이다"),
        ("개띵작 ㅋㅋ", "개명작 ㅋㅋ"),
        ("폼미쳤네 폼 미쳤다", "정말 훌륭했네 정말 훌륭했다"),
        ("극호감 호극호", "극호감 호극호"),  # other words
        ("갓겜이네", "갓겜이네"),
        ("", ""),
    ],
)
def test_a_word_is_read_as_its_meaning(text: str, read: str) -> None:
    assert WORDS(text) == read
    assert pickle.loads(pickle.dumps(WORDS))(text) == read


def test_a_later_table_goes_over_an_earlier_one() -> None:
    later = WORDS | NewWords({"띵작": "", "갓겜": "좋은 게임"})
    assert later("띵작 갓겜") == "띵작 좋은 게임"
    assert WORDS.protects("갓겜이네") and not WORDS.protects("겜")


def test_words_may_come_as_a_mapping(tmp_path: Path) -> None:
    given = {"ＧＯＡＴ": "최고", "갓겜": ""}
    assert new_words(given).meanings == {"goat": "최고", "갓겜": ""}
    (tmp_path / "words.txt").write_text("띵작 → 명작\n", "utf-8")
    assert new_words(tmp_path / "words.txt").meanings == {"띵작": "명작"}
    with pytest.raises(DataError, match=r"^words: expected a word of 2 to 40 letters, found '띵'"):
        new_words({"띵": "명작"})


def test_a_table_is_read_line_by_line(tmp_path: Path) -> None:
    table = tmp_path / "words.txt"
    table.write_text(
        "# 주석\n띵작 → 명작\n갓생 -> 훌륭한 삶\n\n취저=취향 저격\nＧＯＡＴ\t최고\n갓겜\n", "utf-8"
    )
    words = {"띵작": "명작", "갓생": "훌륭한 삶", "취저": "취향 저격", "goat": "최고", "갓겜": ""}
    assert read_words(table).meanings == words
    for line, message in (
        ("띵작 →", "expected a word, → and its meaning"),
        ("띵 → 명작", "expected a word of 2 to 40 letters, found '띵'"),
        (f"띵작 → {'아주 ' * 30}", "expected a meaning of at most 40 letters"),
    ):
        table.write_text(f"갓겜\n{line}\n", "utf-8")
        with pytest.raises(DataError, match=f"line 2: {message}"):
            read_words(table)
    with pytest.raises(DataError, match="expected a table of new words in UTF-8"):
        read_words(tmp_path / "none.txt")


def test_the_packages_words_are_normalized_and_meet_no_other_word() -> None:
    words = shipped_words()
    for word, meaning in words.meanings.items():
        assert normalize(word, 99) == word and normalize(meaning, 99) == meaning
        assert words(meaning) == meaning, word
    others = (Path(__file__).parent / "other_subjects.txt").read_text(encoding="utf-8")
    assert words(others.replace("갓겜", "")) == others.replace("갓겜", "")


def test_sentences_of_new_words_are_understood() -> None:
    rows = [line.split("\t") for line in SENTENCES.read_text("utf-8").splitlines()[1:]]
    classifier = nsmc.load()
    plain = classifier.tokenizer.reads(Reading(1000))

    def right(tokenizer: Tokenizer) -> float:
        scores = classifier.score_morphemes([tokenizer(text) for _, text in rows])
        called = ["1" if score >= 0.5 else "0" for score in scores]
        return sum(a == b for a, (b, _) in zip(called, rows, strict=True)) / len(rows)

    assert right(classifier.tokenizer) > 0.94
    assert right(classifier.tokenizer) > right(plain) + 0.03
