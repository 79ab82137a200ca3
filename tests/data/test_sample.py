"""The reviews written for this project have NSMC's form."""

from pathlib import Path

import pytest

from nsmc.data.label_columns import LabelColumnSpec
from nsmc.data.reviews import read_reviews


@pytest.mark.parametrize(("name", "rows"), [("ratings_train.txt", 600), ("ratings_test.txt", 200)])
def test_a_sample_file_is_balanced_and_like_nsmc(sample: Path, name: str, rows: int) -> None:
    reviews = read_reviews(sample / name, label_columns=[LabelColumnSpec("label")])
    assert (len(reviews.texts), reviews.skipped_empty, reviews.encoding) == (rows, 0, "utf-8")
    labels = reviews.labels["label"]
    assert dict(zip(labels.names, labels.counts().tolist(), strict=True)) == {
        "0": rows // 2,
        "1": rows // 2,
    }
    assert max(map(len, reviews.texts)) <= 140
    text = (sample / name).read_text(encoding="utf-8")
    assert text.startswith("id\tdocument\tlabel\n")
    assert text.count("\n") == rows + 1


def test_no_sample_review_is_twice(sample: Path) -> None:
    texts = [
        text
        for name in ("ratings_train.txt", "ratings_test.txt")
        for text in read_reviews(sample / name).texts
    ]
    assert len(set(texts)) == len(texts) == 800
