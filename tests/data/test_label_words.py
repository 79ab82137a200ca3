"""Labels as people and this program write them are read as 1 and 0, or left out and counted."""

from pathlib import Path

import pytest

from nsmc.config.schema import Config
from nsmc.data.reviews import Reviews, read_reviews
from nsmc.errors import DataError, UsageError
from nsmc.tables.options import ReadOptions
from nsmc.tasks.registry import make_task
from nsmc.tasks.sentiment import Sentiment


def read(path: Path, labels: list[str], name: str = "label", **stars: float) -> Reviews:
    """The reviews of a table with these labels, and what the sentiment makes of them."""
    lines = [f"영화 {n},{label}\n" for n, label in enumerate(labels)]
    path.write_text(f"document,{name}\n{''.join(lines)}", encoding="utf-8")
    options = ReadOptions(**stars)  # type: ignore[arg-type]
    task = Sentiment(Config()).reading(name if stars else None, options)
    reviews = read_reviews(path, label_columns=task.label_columns(), reading=options)
    reviews.labels["targets"] = reviews.labels[task.label_columns()[0].name]
    assert task.targets(reviews.labels, str(path)).shape == (len(reviews.rows), 1)
    return reviews


def values(reviews: Reviews) -> list[str]:
    column = reviews.labels["targets"]
    return [column.names[code] for code in column.codes]


@pytest.mark.parametrize(
    "labels",
    [
        ["positive", "negative", "Positive"],
        ["긍정", "부정", "긍정"],
        ["True", "False", "true"],
        ["1", "-1", "1"],
        ["1", "0", "1"],
    ],
)
def test_words_for_positive_and_negative(tmp_path: Path, labels: list[str]) -> None:
    reviews = read(tmp_path / "a.csv", labels)
    assert values(reviews) == ["1", "0", "1"]
    assert reviews.notes == ()


def test_what_is_left_open_is_left_out_and_counted(tmp_path: Path) -> None:
    reviews = read(tmp_path / "a.csv", ["positive", "undecided", "보류", "negative"])
    assert (values(reviews), reviews.rows.tolist()) == (["1", "0"], [1, 4])
    assert reviews.notes == ("2 rows with no decision were left out",)


def test_stars_become_labels(tmp_path: Path) -> None:
    stars = {"positive_from": 9.0, "negative_to": 4.0}
    reviews = read(tmp_path / "a.csv", ["10", "1", "5", "9", "8.5", "4"], "rating", **stars)
    assert values(reviews) == ["1", "0", "1", "0"]
    assert reviews.rows.tolist() == [1, 2, 4, 6]
    assert reviews.notes == ("2 rows with more than 4 and less than 9 stars were left out",)
    with pytest.raises(DataError, match="expected comments with a label, found none"):
        read(tmp_path / "a.csv", ["5", "6"], "rating", **stars)
    with pytest.raises(UsageError, match=r"the task 'classes' has neither; leave them out"):
        make_task(Config(task="classes")).reading(None, ReadOptions(**stars))  # type: ignore[arg-type]


@pytest.mark.parametrize("labels", [["1", "0", "-1"], ["good", "bad"], ["-1", "2"]])
def test_other_labels_are_refused(tmp_path: Path, labels: list[str]) -> None:
    with pytest.raises(DataError, match=r"expected 0 \(negative\) or 1 \(positive\), found '"):
        read(tmp_path / "a.csv", labels)


def test_a_column_of_another_case_is_taken_and_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("document,Label\n가,1\n", encoding="utf-8")
    reviews = read_reviews(path, label_columns=Sentiment(Config()).label_columns())
    assert list(reviews.labels) == ["label"]
    note = f"{path} has no column 'label'; the labels are those of 'Label'"
    assert reviews.notes == (note,)
