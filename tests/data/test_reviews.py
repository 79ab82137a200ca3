"""Labelled reviews are read whole or refused with the rows to correct."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from nsmc.data.reviews import read_reviews
from nsmc.errors import DataError

NSMC = 'id\tdocument\tlabel\n1\t재밌다\t1\n2\t그는 "최고\t1\n3\t\t0\n4\t  \t1\n5\t별로\t0\n'


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def test_reads_the_format_of_nsmc(tmp_path: Path) -> None:
    path = written(tmp_path / "ratings_train.txt", NSMC)
    reviews = read_reviews(path)
    assert reviews.frame["document"].tolist() == ["재밌다", '그는 "최고', "별로"]
    assert reviews.frame["label"].tolist() == [1, 1, 0]
    assert str(reviews.frame["label"].dtype) == "int8"
    assert reviews.frame.columns.tolist() == ["document", "label"]
    assert reviews.frame.index.tolist() == [0, 1, 2]
    assert reviews.rows.tolist() == [1, 2, 5]
    assert reviews.skipped_empty == 2
    assert reviews.encoding == "utf-8"
    assert reviews.path == path
    assert reviews.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_reads_cp949_and_says_so(tmp_path: Path) -> None:
    reviews = read_reviews(written(tmp_path / "a.txt", NSMC, "cp949"))
    assert reviews.encoding == "cp949"
    assert reviews.frame["document"].tolist()[0] == "재밌다"


def test_another_text_column_becomes_document(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "title,review,label\n제목,가,1\n")
    assert read_reviews(path, column="review").frame["document"].tolist() == ["가"]


def test_another_column_becomes_label(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "document,label,good\n가,9,1\n나,9,0\n")
    assert read_reviews(path, label_column="good").frame["label"].tolist() == [1, 0]
    with pytest.raises(DataError, match=r"column 'label': expected 0 .* found '9' in row 1"):
        read_reviews(path)


@pytest.mark.parametrize("labels", [[0, 1], ["0", "1"], [0.0, 1.0]])
@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet"])
def test_labels_are_numbers_or_digits(tmp_path: Path, name: str, labels: list[object]) -> None:
    path = tmp_path / name
    frame = pd.DataFrame({"document": ["가", "나"], "label": labels})
    if name == "a.jsonl":
        rows = [json.dumps(row) for row in frame.to_dict("records")]
        path.write_text("\n".join(rows), encoding="utf-8")
    else:
        frame.to_parquet(path)
    reviews = read_reviews(path)
    assert reviews.frame["label"].tolist() == [0, 1]
    assert str(reviews.frame["label"].dtype) == "int8"


@pytest.mark.parametrize("label", ["1.0", "2", "", " 1", "positive", "-1", "１"])
def test_any_other_label_is_an_error_with_its_row(tmp_path: Path, label: str) -> None:
    path = written(tmp_path / "a.csv", f"document,label\n가,1\n,{label}\n나,{label}\n")
    with pytest.raises(DataError) as caught:
        read_reviews(path)
    found = repr(label) if label else "nothing"
    # The row without a comment is skipped, whatever its label.
    assert f"expected 0 (negative) or 1 (positive), found {found} in row 3 (1 such rows)" in str(
        caught.value
    )


@pytest.mark.parametrize("label", ["true", "0.5", "null", "[1]", "1e400"])
def test_other_json_values_are_no_labels(tmp_path: Path, label: str) -> None:
    path = written(tmp_path / "a.jsonl", f'{{"document": "가", "label": {label}}}\n')
    with pytest.raises(DataError, match=r"found .* in row 1 \(1 such rows\)"):
        read_reviews(path)


def test_many_bad_labels_are_counted_and_the_first_shown(tmp_path: Path) -> None:
    body = "가,1\n" * 9000 + "나,x\n" * 1234
    with pytest.raises(DataError) as caught:
        read_reviews(written(tmp_path / "a.csv", "document,label\n" + body))
    assert "found 'x' in row 9001, 'x' in row 9002, 'x' in row 9003, … (1,234 such rows)" in str(
        caught.value
    )


def test_a_missing_label_column_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_reviews(written(tmp_path / "a.csv", "id,document,Label\n1,가,1\n"))
    assert "expected a column 'label' (0 negative, 1 positive)" in str(caught.value)
    assert "found the columns: id, document, Label" in str(caught.value)


def test_the_labels_are_not_the_comments(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="beside the comments, found the columns: label"):
        read_reviews(written(tmp_path / "a.csv", "label\n1\n"))


@pytest.mark.parametrize(("body", "count"), [("", 0), (",1\n \u3000,0\n", 2)])
def test_no_comment_at_all_is_an_error(tmp_path: Path, body: str, count: int) -> None:
    with pytest.raises(DataError) as caught:
        read_reviews(written(tmp_path / "a.csv", "document,label\n" + body))
    assert "expected at least one labelled comment, found none" in str(caught.value)
    assert f"({count} rows with an empty one)" in str(caught.value)


def test_a_broken_row_is_an_error_not_a_loss(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 2 \(line 3\): expected 3 .* found 2"):
        read_reviews(written(tmp_path / "a.txt", "id\tdocument\tlabel\n1\t가\t1\n2\t나\n"))


def test_a_comment_may_hold_half_of_a_surrogate_pair(tmp_path: Path) -> None:
    # Someone's length limit cut an emoji in two; JSON carries the half as an escape.
    path = written(tmp_path / "cut.jsonl", '{"document": "재밌다 \\ud83d", "label": 1}\n')
    assert read_reviews(path).frame["document"].tolist() == ["재밌다 \ud83d"]
