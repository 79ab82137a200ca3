"""What the measurements of stars stand on: one split for all, parts kept, the best penalty."""

from pathlib import Path

import numpy as np
import pandas as pd
from experiments import rated
from experiments.experiment import measured_once


def test_the_split_is_made_once_and_by_stars(tmp_path: Path) -> None:
    stars = [1 + n % 10 if n < 500 else 10 for n in range(1000)]
    texts = [f"{n}번째 감상" if n % 100 else "\u200b" for n in range(1000)]
    pd.DataFrame({"document": texts, "rating": stars}).to_parquet(tmp_path / "rated.parquet")
    parts = rated.split_once(tmp_path / "rated.parquet", tmp_path / "out", None, 99)
    train, test = pd.read_parquet(parts.train), pd.read_parquet(parts.test)
    assert (len(train), len(test)) == (891, 99)  # ten had nothing legible
    together = [*train["document"], *test["document"]]
    assert set(together) == set(texts) - {"\u200b"} and len(together) == 990
    for value in range(1, 11):
        whole = sum(s == value for s, text in zip(stars, texts, strict=True) if text != "\u200b")
        assert abs((test["rating"] == value).sum() - whole / 10) <= 1, value
    before = parts.train.read_bytes(), parts.test.stat().st_mtime_ns
    again = rated.split_once(tmp_path / "rated.parquet", tmp_path / "out", None, 99)
    assert (again.train.read_bytes(), again.test.stat().st_mtime_ns) == before
    assert {k: v["reviews"] for k, v in parts.about().items()} == {"train": 891, "test": 99}
    made = rated.grams(parts)
    assert made.train.shape[0] + made.validation.shape[0] == 891
    assert made.test.shape == (99, made.train.shape[1])
    assert np.array_equal(made.test_stars, test["rating"])


def test_a_part_is_measured_once(tmp_path: Path) -> None:
    file = tmp_path / "new" / "part.json"
    assert measured_once(file, lambda: {"figure": 1}) == {"figure": 1}
    assert measured_once(file, lambda: {"figure": 2}) == {"figure": 1}


def test_the_best_value_ends_the_search() -> None:
    tried: list[float] = []

    def loss(value: float) -> tuple[float, str]:
        tried.append(value)
        return abs(value - 3), f"made with {value}"

    assert rated.first_minimum((1, 2, 3, 5, 9), loss) == (3, "made with 3")
    assert tried == [1, 2, 3, 5]
    assert rated.first_minimum((9, 5), loss) == (5, "made with 5")
