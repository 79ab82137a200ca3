"""Reviews are read whole or refused with what to correct; what labels may be is for the task."""

import datetime
import hashlib
import json
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nsmc.config.schema import Config
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.data.reviews import Reviews, label_text, read_reviews
from nsmc.errors import DataError
from nsmc.tasks.sentiment import Sentiment

NSMC = 'id\tdocument\tlabel\n1\t재밌다\t1\n2\t그는 "최고\t1\n3\t\t0\n4\t  \t1\n5\t별로\t0\n'

SENTIMENT = Sentiment(Config())
LABEL = SENTIMENT.label_columns()


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def read(path: Path, text: str) -> Reviews:
    """The reviews of a new file with their labels."""
    return read_reviews(written(path, text), label_columns=LABEL)


def cells(reviews: Reviews, name: str = "label") -> list[str]:
    """Each review's label, as text."""
    column = reviews.labels[name]
    return ["" if code < 0 else column.names[code] for code in column.codes.tolist()]


def checked(path: Path) -> None:
    """What `nsmc train` does before it tokenizes."""
    SENTIMENT.learn(read_reviews(path, label_columns=LABEL).labels, str(path))


def test_reads_the_format_of_nsmc(tmp_path: Path) -> None:
    path = written(tmp_path / "ratings_train.txt", NSMC)
    reviews = read_reviews(path, label_columns=LABEL)
    assert reviews.texts == ["재밌다", '그는 "최고', "별로"]
    assert cells(reviews) == ["1", "1", "0"]
    column = reviews.labels["label"]
    assert (column.name, column.names, column.first_rows) == ("label", ("1", "0"), (1, 5))
    assert (str(column.codes.dtype), column.first_empty) == ("int32", 0)
    assert reviews.rows.tolist() == [1, 2, 5]
    assert reviews.skipped_empty == 2
    assert reviews.encoding == "utf-8"
    assert (reviews.path, reviews.column) == (path, "document")
    assert reviews.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_reads_cp949_and_says_so(tmp_path: Path) -> None:
    reviews = read_reviews(written(tmp_path / "a.txt", NSMC, "cp949"), label_columns=LABEL)
    assert reviews.encoding == "cp949"
    assert reviews.texts[0] == "재밌다"


def test_the_text_column_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "title,review,label\n제목,가,1\n")
    reviews = read_reviews(path, column="review", label_columns=LABEL)
    assert (reviews.texts, reviews.column) == (["가"], "review")


def test_labels_of_text_leave_the_only_other_column_for_the_comments(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "text,topic\n주가가 올랐다,경제\n이겼다,스포츠\n")
    reviews = read_reviews(path, label_columns=[LabelColumnSpec("topic")])
    assert reviews.texts == ["주가가 올랐다", "이겼다"]
    assert cells(reviews, "topic") == ["경제", "스포츠"]
    # The control: without the labels' name nobody can tell.
    with pytest.raises(DataError, match="found 2 that could be it: text, topic"):
        read_reviews(path)
    # Not even a column with the usual name of comments is both.
    path = written(tmp_path / "b.csv", "text,document\n이겼다,스포츠\n")
    assert read_reviews(path, label_columns=[LabelColumnSpec("document")]).texts == ["이겼다"]


def test_several_columns_are_read_at_once(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "document,label,rating\n가,1,9\n나,,5\n다,0,\n")
    wanted = [LabelColumnSpec("rating", required=False), LabelColumnSpec("label", required=False)]
    reviews = read_reviews(path, label_columns=wanted)
    assert list(reviews.labels) == ["rating", "label"]
    assert cells(reviews, "rating") == ["9", "5", ""]
    assert cells(reviews, "label") == ["1", "", "0"]
    assert (reviews.labels["rating"].first_empty, reviews.labels["label"].first_empty) == (3, 2)
    # One that may be missing is.
    again = read_reviews(
        written(tmp_path / "b.csv", "document,label\n가,1\n"), label_columns=wanted
    )
    assert list(again.labels) == ["label"]


@pytest.mark.parametrize("labels", [[0, 1], ["0", "1"], [0.0, 1.0], [" 0", "1 "]])
@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_a_label_is_the_same_as_number_and_as_text(
    tmp_path: Path, name: str, labels: list[object]
) -> None:
    path = tmp_path / name
    frame = pd.DataFrame({"document": ["가", "나"], "label": labels})
    if name == "a.jsonl":
        rows = [json.dumps(row) for row in frame.to_dict("records")]
        path.write_text("\n".join(rows), encoding="utf-8")
    else:
        frame.to_parquet(path)
    reviews = read_reviews(path, label_columns=LABEL)
    assert cells(reviews) == ["0", "1"]
    assert SENTIMENT.targets(reviews.labels, "here").tolist() == [[0], [1]]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" 경제\n", "경제"),
        (3, "3"),
        (3.0, "3"),
        (2.5, "2.5"),
        (1e300, str(int(1e300))),
        (True, "true"),
        (None, ""),
        (float("nan"), ""),
        (float("inf"), "inf"),
        ([1, "가"], '[1, "가"]'),
        (datetime.date(2020, 1, 2), "2020-01-02"),
    ],
)
def test_text_of_a_label_cell(value: Any, expected: str) -> None:
    assert label_text(value) == expected


def test_a_label_that_no_text_can_hold_is_reported_with_its_row(tmp_path: Path) -> None:
    pd.DataFrame({"document": ["가", "나"], "label": [b"1", b"0"]}).to_parquet(
        tmp_path / "a.parquet"
    )
    with pytest.raises(DataError, match=r"row 1, column 'label': expected a value that text"):
        read_reviews(tmp_path / "a.parquet", label_columns=LABEL)


def test_names_are_composed_and_reported_apart_otherwise(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "경제")
    body = f'가,경제\n나,{apart}\n다,"a\nb"\n라,a b\n'
    reviews = read(tmp_path / "a.csv", "document,label\n" + body)
    assert cells(reviews) == ["경제", "경제", "a\nb", "a b"]
    half = read(tmp_path / "b.jsonl", '{"document": "가", "label": "x\\ud83d"}\n')
    assert cells(half) == ["x?"]


@pytest.mark.parametrize("label", ["2", "", "good", "-2", "0.5", "nan"])
def test_any_other_sentiment_is_an_error_with_its_row(tmp_path: Path, label: str) -> None:
    path = written(tmp_path / "a.csv", f"document,label\n가,1\n,{label}\n나,{label}\n")
    with pytest.raises(DataError) as caught:
        checked(path)
    result = repr(label) if label else "nothing"
    # The row without a comment is skipped, whatever its label.
    assert f"expected 0 (negative) or 1 (positive), found {result} in row 3 (1 such rows)" in str(
        caught.value
    )


def test_many_bad_labels_are_counted_and_the_first_shown(tmp_path: Path) -> None:
    body = "가,1\n" * 9000 + "나,x\n" * 1000 + "나,y\n" * 234 + "나,\n"
    with pytest.raises(DataError) as caught:
        checked(written(tmp_path / "a.csv", "document,label\n" + body))
    assert "found 'x' in row 9,001, 'y' in row 10,001, nothing in row 10,235, … (1,235" in str(
        caught.value
    )


def test_first_rows_are_those_of_the_file(tmp_path: Path) -> None:
    """Over chunks, with rows left out between."""
    rng = np.random.default_rng(3)
    names = rng.integers(0, 3000, 20_000).astype(str)
    blank = rng.random(20_000) < 0.2
    lines = [f"{'' if b else '가'},{n}\n" for n, b in zip(names, blank, strict=True)]
    reviews = read(tmp_path / "a.csv", "document,label\n" + "".join(lines))
    expected: dict[str, int] = {}
    for row, (name, left_out) in enumerate(zip(names, blank, strict=True), start=1):
        if not left_out:
            expected.setdefault(str(name), row)
    column = reviews.labels["label"]
    assert dict(zip(column.names, column.first_rows, strict=True)) == expected
    assert list(column.names) == list(expected)
    assert cells(reviews) == names[~blank].tolist()
    assert reviews.rows.tolist() == (np.flatnonzero(~blank) + 1).tolist()


def test_a_missing_label_column_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path / "a.csv", "id,document,Labels\n1,가,1\n")
    assert (
        "expected a column 'label' with the labels beside the comments, found the columns: id, "
        "document, Labels; did you mean 'Labels'?; choose one with --label-column NAME"
    ) in str(caught.value)


def test_the_labels_are_not_the_comments(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="beside the comments, found the columns: label"):
        read(tmp_path / "a.csv", "label\n1\n")


@pytest.mark.parametrize(("body", "count"), [("", 0), (",1\n \u3000,0\n", 2)])
def test_no_comment_at_all_is_an_error(tmp_path: Path, body: str, count: int) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path / "a.csv", "document,label\n" + body)
    assert "expected at least one labelled comment, found none" in str(caught.value)
    assert f"({count} rows with an empty one)" in str(caught.value)


def test_a_broken_row_is_an_error_not_a_loss(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 2 \(line 3\): expected 3 .* found 2"):
        read(tmp_path / "a.txt", "id\tdocument\tlabel\n1\t가\t1\n2\t나\n")


def test_a_comment_may_hold_half_of_a_surrogate_pair(tmp_path: Path) -> None:
    # Someone's length limit cut an emoji in two; JSON carries the half as an escape.
    text = '{"document": "재밌다 \\ud83d", "label": 1}\n'
    assert read(tmp_path / "cut.jsonl", text).texts == ["재밌다 \ud83d"]


def test_some_of_the_reviews(tmp_path: Path) -> None:
    reviews = read(tmp_path / "a.txt", NSMC)
    some = reviews.take(np.array([2, 0]))
    assert (some.texts, cells(some), some.rows.tolist()) == (["별로", "재밌다"], ["0", "1"], [5, 1])
    assert (some.sha256, some.path, some.column) == (reviews.sha256, reviews.path, "document")
