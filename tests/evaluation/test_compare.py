"""Two models on the same reviews: counts, order, thresholds and tokenizers of their own."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from nsmc.errors import DataError, ModelError, NsmcError
from nsmc.evaluation.compare import compare
from nsmc.inference.classifier import load
from nsmc.inference.directory import KIND, SCHEMA
from nsmc.storage.bundle import read_json, write_json, writing_bundle
from tests.nsmc_files import read_nsmc, write_nsmc


@pytest.fixture(scope="module")
def other_model(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Path:
    """A worse model that cuts comments in another way: after 6 characters."""
    from nsmc.config.schema import load_config
    from nsmc.training.api import train

    small = ("embedding_size=8", "hidden_size=8", "subword_buckets=0", "cell=rnn")
    config = load_config(
        None,
        [*(f"model.{s}" for s in small), "text.max_characters=6", "training.epochs=2"],
    )
    output = tmp_path_factory.mktemp("other") / "run"
    train(config, data=sample, output=output, device="cpu")
    return output


@pytest.fixture(scope="module")
def result(small_model: Path, other_model: Path, sample: Path) -> dict[str, Any]:
    return compare(other_model, small_model, sample).to_dict()


def test_the_counts_are_those_of_the_predictions(
    result: dict[str, Any], small_model: Path, other_model: Path, sample: Path
) -> None:
    rows = read_nsmc(sample / "ratings_test.txt")
    right = []
    for model in (other_model, small_model):
        predicted = load(model).predict([text for text, _ in rows])
        positive = [p.label == "positive" for p in predicted]
        right.append([one == bool(label) for one, (_, label) in zip(positive, rows, strict=True)])
    pairs = list(zip(*right, strict=True))
    (both, only_a), (only_b, _) = result["table"]
    truth = (True, False)
    assert result["table"] == [[pairs.count((a, b)) for b in truth] for a in truth]
    assert result["a"]["accuracy"] == pytest.approx((both + only_a) / 200)
    assert result["b"]["accuracy"] == pytest.approx((both + only_b) / 200)
    assert result["difference"] == pytest.approx((only_b - only_a) / 200)
    assert (result["examples"], result["labels"], result["skipped"]) == (200, [100, 100], 0)
    assert result["b"]["model"] == str(small_model / "model")
    low, high = result["difference_interval"]
    assert low < result["difference"] < high
    assert (result["better"] == "b") == (result["p_value"] < 0.05 and low > 0)


def test_the_disagreements_are_all_there_farthest_apart_first(
    result: dict[str, Any], sample: Path
) -> None:
    rows, reported = read_nsmc(sample / "ratings_test.txt"), result["disagreements"]
    (_, only_a), (only_b, _) = result["table"]
    assert len(reported) == only_a + only_b > 10
    assert [one["right"] for one in reported].count("A") == only_a
    distances = [abs(one["score_a"] - one["score_b"]) for one in reported]
    assert distances == sorted(distances, reverse=True)
    for one in reported:
        assert (one["document"], one["label"]) == rows[one["row"] - 1]
        assert one["label_a"] != one["label_b"]
        assert one["label"] == one["label_a" if one["right"] == "A" else "label_b"]


def test_the_other_way_round_is_the_mirror(
    result: dict[str, Any], small_model: Path, other_model: Path, sample: Path
) -> None:
    heard: list[tuple[int, int]] = []
    mirrored = compare(
        small_model, other_model, sample, progress=lambda *done: heard.append(done)
    ).to_dict()
    assert sum(done for done, _ in heard) == 200
    assert {total for _, total in heard} == {200}
    (both, only_a), (only_b, neither) = result["table"]
    assert mirrored["table"] == [[both, only_b], [only_a, neither]]
    assert mirrored["difference"] == -result["difference"]
    assert mirrored["p_value"] == result["p_value"]


def with_threshold(model: Path, threshold: float, path: Path) -> Path:
    with writing_bundle(path, KIND, SCHEMA) as directory:
        shutil.copytree(model / "model", directory, dirs_exist_ok=True)
        about = read_json(directory / "model.json")
        write_json(directory / "model.json", {**about, "threshold": threshold})
        (directory / "manifest.json").unlink()
    return path


def test_each_model_draws_the_line_at_its_own_threshold(
    small_model: Path, sample: Path, tmp_path: Path
) -> None:
    never = with_threshold(small_model, 1.0, tmp_path / "never")
    same = compare(small_model, never, sample).to_dict()
    assert (same["a"]["threshold"], same["b"]["threshold"]) == (0.5, 1.0)
    assert same["b"]["accuracy"] == 0.5  # 부정 of everything
    assert all(one["score_a"] == one["score_b"] for one in same["disagreements"])
    assert {one["label_b"] for one in same["disagreements"]} == {0}


def test_what_neither_can_read_is_left_out(small_model: Path, tmp_path: Path) -> None:
    rows = [("재밌다", 1), ("", 1), ("\u200b", 0), ("최악", 0)]
    result = compare(None, small_model, write_nsmc(tmp_path / "a.txt", rows)).to_dict()
    assert (result["examples"], result["skipped"], result["labels"]) == (2, 2, [1, 1])
    assert {one["row"] for one in result["disagreements"]} <= {1, 4}


@pytest.mark.parametrize("name", ["d.jsonl", "d.tsv.gz"])
def test_all_disagreements_go_to_a_table_that_reads_back(
    name: str, result: dict[str, Any], other_model: Path, small_model: Path, sample: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    from nsmc.data.label_columns import LabelColumnSpec
    from nsmc.data.reviews import read_reviews

    compare(other_model, small_model, sample, output=tmp_path / name)
    again = read_reviews(tmp_path / name, label_columns=[LabelColumnSpec("label")])
    reported = result["disagreements"]
    assert again.texts == [one["document"] for one in reported]
    labels = again.labels["label"]
    assert labels.numbers()[labels.codes].tolist() == [one["label"] for one in reported]
    none = compare(small_model, small_model, sample, output=tmp_path / name).to_dict()
    assert (none["difference"], none["p_value"], none["better"]) == (0, 1, None)
    assert (none["disagreements"], none["reviews_needed"]) == ([], None)
    empty = "is empty" if name == "d.jsonl" else "expected at least one comment, found none"
    with pytest.raises(DataError, match=empty):
        read_reviews(tmp_path / name)


def test_words_for_what_is_wrong(small_model: Path, sample: Path, tmp_path: Path) -> None:
    file = sample / "ratings_test.txt"
    with pytest.raises(ModelError, match=r"expected a model directory at .*nowhere"):
        compare(small_model, tmp_path / "nowhere", file)
    with pytest.raises(DataError, match="expected a column 'label'"):
        path = tmp_path / "unlabelled.csv"
        path.write_text("document\n재밌다\n", encoding="utf-8")
        compare(small_model, None, path)
    with pytest.raises(DataError, match="expected at least one labelled comment, found none"):
        compare(small_model, None, write_nsmc(tmp_path / "empty.txt", [("", 1)]))
    with pytest.raises(DataError, match="no comment has anything legible in it"):
        compare(small_model, None, write_nsmc(tmp_path / "odd.txt", [("\u200b", 1)]))
    heard: list[int] = []
    with pytest.raises(DataError, match=r"cannot tell the format of .*d\.odt"):
        compare(None, None, file, output=tmp_path / "d.odt", progress=lambda d, t: heard.append(d))
    target = tmp_path / "no" / "d.csv"
    with pytest.raises(NsmcError, match="there is no directory"):
        compare(None, None, file, output=target, progress=lambda d, t: heard.append(d))
    assert not heard  # told before the scoring, not after
    with pytest.raises(NsmcError, match="expected an output file other than the input"):
        odd = tmp_path / "odd.txt"
        compare(small_model, None, odd, output=odd)
