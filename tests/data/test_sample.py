"""The reviews written for this project have NSMC's form."""

from pathlib import Path

import pytest

from nsmc.data.reviews import read_reviews


@pytest.mark.parametrize(("name", "rows"), [("ratings_train.txt", 600), ("ratings_test.txt", 200)])
def test_a_sample_file_is_balanced_and_like_nsmc(sample: Path, name: str, rows: int) -> None:
    reviews = read_reviews(sample / name)
    assert (len(reviews.frame), reviews.skipped_empty, reviews.encoding) == (rows, 0, "utf-8")
    assert int(reviews.frame["label"].sum()) == rows // 2
    assert reviews.frame["document"].str.len().max() <= 140
    text = (sample / name).read_text(encoding="utf-8")
    assert text.startswith("id\tdocument\tlabel\n")
    assert text.count("\n") == rows + 1


def test_no_sample_review_stands_twice(sample: Path) -> None:
    texts = [
        text
        for name in ("ratings_train.txt", "ratings_test.txt")
        for text in read_reviews(sample / name).frame["document"]
    ]
    assert len(set(texts)) == len(texts) == 800
