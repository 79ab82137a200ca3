"""Labelled reviews, scored and counted."""

import hashlib
import json
from pathlib import Path

import pytest

from nsmc.errors import DataError, DeviceError, ModelError, UsageError
from nsmc.inference.classifier import load
from nsmc.report.evaluation_report import evaluate
from tests.nsmc_files import read_nsmc, write_nsmc

ROWS: list[tuple[str, object]] = [
    ("정말 재밌다", 1),
    ("", 1),
    ("돈 아까운 영화", 0),
    ("\u200b", 0),
    ("최고의 영화", 0),  # a label that the model won't agree with
]


def test_metrics_are_those_of_the_predictions(small_model: Path, sample: Path) -> None:
    heard: list[tuple[int, int]] = []
    file = sample / "ratings_test.txt"
    result = evaluate(file, small_model, progress=lambda done, total: heard.append((done, total)))
    rows = read_nsmc(file)
    predictions = load(small_model).predict([text for text, _ in rows])
    pairs = [
        (label, int(p.label == "positive")) for p, (_, label) in zip(predictions, rows, strict=True)
    ]
    metrics = result.metrics
    assert metrics["confusion"] == [[pairs.count((a, b)) for b in (0, 1)] for a in (0, 1)]
    right = pairs.count((0, 0)) + pairs.count((1, 1))
    assert metrics["accuracy"] == right / 200 > 0.7
    low, high = metrics["accuracy_interval"]
    assert low < right / 200 < high
    assert (result.threshold, result.skipped, result.examples) == (0.5, 0, 200)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert result.seconds > 0
    reported = json.loads(json.dumps(result.to_dict()))  # plain values throughout
    assert reported.items() >= json.loads(json.dumps(metrics)).items()
    assert reported["model"] == str(small_model / "model")
    assert reported["data"] == {"path": str(file), "sha256": digest}
    assert "report" not in reported
    assert (sum(done for done, _ in heard), {total for _, total in heard}) == (200, {200})
    of_directory = evaluate(sample, small_model).metrics
    assert of_directory["confusion"] == metrics["confusion"]
    # On a machine with a GPU this runs there, with its shorter products.
    torch = evaluate(sample, small_model, device="auto").metrics
    assert torch["log_loss"] == pytest.approx(metrics["log_loss"], abs=1e-3)
    assert torch["roc_auc"] == pytest.approx(metrics["roc_auc"], abs=2e-3)


def test_illegible_rows_are_left_out_and_threshold_and_column_taken(
    small_model: Path, tmp_path: Path
) -> None:
    path = write_nsmc(tmp_path / "a.txt", ROWS, column="댓글")
    result = evaluate(path, small_model, column="댓글")
    assert (result.examples, result.skipped) == (3, 2)
    assert result.metrics["confusion"] == [[1, 1], [0, 1]]
    result = evaluate(path, small_model, column="댓글", threshold=1.0)
    assert result.threshold == 1.0
    assert result.metrics["confusion"] == [[2, 0], [1, 0]]
    with pytest.raises(UsageError, match="expected a threshold from 0 to 1, found 2"):
        evaluate(path, small_model, threshold=2)


def test_words_for_what_is_missing(
    small_model: Path, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NSMC_DATA", str(tmp_path / "data"))
    words = r"expected the official ratings_test\.txt in .*data, found none\. Fetch it with"
    with pytest.raises(DataError, match=words):
        evaluate(None, small_model)
    (tmp_path / "data").mkdir()
    write_nsmc(tmp_path / "data" / "ratings_test.txt", ROWS)
    assert evaluate(None, small_model).examples == 3
    with pytest.raises(ModelError, match=r"expected a model directory at .*, found nothing there"):
        evaluate(sample, tmp_path / "model")
    with pytest.raises(DeviceError, match="the device cuda:99 isn't there"):
        evaluate(sample, small_model, device="cuda:99")
    path = write_nsmc(tmp_path / "a.txt", [("\u200b", 1)])
    with pytest.raises(DataError, match=r"a\.txt: no comment has anything legible in it"):
        evaluate(path, small_model)
    with pytest.raises(DataError, match="expected 0 \\(negative\\) or 1 \\(positive\\), found '2'"):
        evaluate(write_nsmc(tmp_path / "b.txt", [("재밌다", 2)]), small_model)
