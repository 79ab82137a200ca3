"""Arrow record batches get the columns that a table gets, and share the memory of their own."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nsmc
from nsmc.inference.classifier import Classifier, load
from nsmc.pipeline.chunks import CHUNK

ROOT = Path(__file__).parent.parent.parent
TEXTS = ["재밌다", "", "노잼", None, "최고의 영화", "ㅋㅋㅋ", " "]
EXAMPLES = re.findall(
    r"```python\n(.*?)```", (ROOT / "docs" / "engines.md").read_text("utf-8"), re.S
)


@pytest.fixture(scope="module")
def classifier(small_model: Path) -> Classifier[Any]:
    return load(small_model)


def batch(texts: list[str | None], kind: Any = None) -> Any:
    numbers, scores = pa.array(range(len(texts)), pa.int64()), pa.array(texts, pa.string())
    return pa.record_batch(
        {"n": numbers, "document": pa.array(texts, kind or scores.type), "score": scores}
    )


@given(sizes=st.lists(st.integers(0, 7), min_size=1, max_size=5))
def test_batches_get_what_their_comments_are_predicted(
    classifier: Classifier[Any], sizes: list[int]
) -> None:
    batches = [batch(TEXTS[:size]) for size in sizes]
    reader = nsmc.score_batches(iter(batches), model=classifier)
    assert reader.schema.names == ["n", "document", "score", "label", "label_ko", "predicted_score"]
    results = list(reader)
    assert [result.num_rows for result in results] == sizes
    for given_batch, result in zip(batches, results, strict=True):
        # The very columns, not copies.
        for own, passed in zip(given_batch.columns, result.columns, strict=False):
            assert [b and b.address for b in own.buffers()] == [
                b and b.address for b in passed.buffers()
            ]
        predictions = classifier.predict(TEXTS[: result.num_rows])
        assert result["label"].to_pylist() == [one.label or None for one in predictions]
        scores = [np.nan if one.score is None else one.score for one in predictions]
        found = result["predicted_score"].to_numpy(zero_copy_only=False)
        np.testing.assert_allclose(found, scores, atol=1e-5)


@pytest.mark.parametrize(
    "kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
)
def test_texts_of_any_type(classifier: Classifier[Any], kind: Any) -> None:
    expected = nsmc.score_batches([batch(TEXTS)], model=classifier).read_all()
    result = nsmc.score_batches([batch(TEXTS, kind)], model=classifier).read_all()
    assert result.drop_columns("document") == expected.drop_columns("document")


def test_a_large_batch_is_scored_as_its_table_is(
    classifier: Classifier[Any], tmp_path: Path
) -> None:
    table = pa.table({"document": (TEXTS * CHUNK)[: CHUNK + 1]})
    pq.write_table(table, tmp_path / "in.parquet")
    nsmc.score_table(classifier, tmp_path / "in.parquet", tmp_path / "out.parquet")
    reader = nsmc.score_batches(table, model=classifier)
    (result,) = list(reader)
    assert pa.Table.from_batches([result]) == pq.read_table(tmp_path / "out.parquet")


def test_batches_are_read_as_they_are_needed(classifier: Classifier[Any]) -> None:
    def endless() -> Iterator[Any]:
        while True:
            yield batch(TEXTS)

    reader = nsmc.score_batches(endless(), model=classifier, workers=1)
    assert [next(reader).num_rows for _ in range(3)] == [len(TEXTS)] * 3


@pytest.mark.parametrize(
    ("batches", "column", "words"),
    [
        (list, None, "expected at least one"),
        (lambda: [batch(TEXTS)], "review", "the Arrow data has no column 'review'"),
        (
            lambda: [batch(TEXTS), batch(TEXTS, pa.binary())],
            None,
            "from row 8 on: expected the col",
        ),
        (
            lambda: [pa.record_batch({"document": [b"x"]})],
            None,
            "row 1: expected text, found bytes",
        ),
    ],
)
def test_what_can_t_be_scored(
    classifier: Classifier[Any], batches: Callable[[], Any], column: str | None, words: str
) -> None:
    with pytest.raises(nsmc.DataError, match=words):
        list(nsmc.score_batches(batches(), column=column, model=classifier))


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda code: re.findall(r"duckdb|polars|pandas|pyarrow", code)[0]
)
def test_the_examples_of_the_page(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in re.findall(r"import (\w+)", example):
        pytest.importorskip(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reviews").mkdir()
    table = pa.table({"id": [1, 2, 3], "document": ["재밌다", "노잼", "최고다"]})
    pq.write_table(table, "reviews/part-0.parquet")
    exec(example, {})
    (scored,) = tmp_path.glob("scored*")
    assert pq.read_table(scored)["id"].to_pylist() == [1, 3]


@pytest.mark.parametrize("wrong", ["a.csv", ["재밌다"], {"document": ["재밌다"]}])
def test_what_is_no_arrow_data_is_refused(classifier: Classifier[Any], wrong: Any) -> None:
    with pytest.raises(TypeError, match="expected Arrow record batches, found "):
        nsmc.score_batches(wrong, model=classifier)
