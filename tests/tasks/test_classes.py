"""Own classes: names, order, weights, and metrics against sklearn's."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from nsmc.errors import DataError
from nsmc.report.display import display_text
from nsmc.report.metric_lines import metric_lines
from nsmc.tasks.metrics import class_metrics

Make = Callable[..., Any]
TOPICS = ["정치", "경제", "정치", "문화", "정치", "경제"]


@pytest.fixture
def task(task_of: Make, columns: Make) -> Any:
    return task_of("classes").learn(columns(label=TOPICS), "t.csv")


def test_names_are_learnt_in_an_order_that_files_do_not_change(
    task: Any, task_of: Make, columns: Make
) -> None:
    assert task.state() == {"classes": ["경제", "문화", "정치"], "reviews": [2, 1, 3]}
    turned = task_of("classes").learn(columns(label=TOPICS[::-1]), "t.csv")
    assert turned.state() == task.state()
    again = task_of("classes", state=task.state())
    assert (again.outputs, again.state()) == (3, task.state())


def test_numbers_are_in_the_order_of_numbers(task_of: Make, columns: Make) -> None:
    learnt = task_of("classes").learn(columns(label=["10", "9", "1.5", "2"]), "t.csv")
    assert learnt.classes == ["1.5", "2", "9", "10"]
    mixed = task_of("classes").learn(columns(label=["10", "9", "a"]), "t.csv")
    assert mixed.classes == ["10", "9", "a"]


def test_targets_are_numbers_of_classes(task: Any, columns: Make) -> None:
    result = task.targets(columns(label=["정치", "문화", "경제"]), "t.csv")
    assert result.tolist() == [[2], [1], [0]]
    assert task.strata(result).tolist() == [2, 1, 0]


def test_a_class_that_the_model_does_not_know_is_refused(task: Any, columns: Make) -> None:
    words = (
        r"t\.csv, column 'label': expected one of the model's 3 classes \(경제, 문화, 정치\), "
        r"found '스포츠' in row 2, nothing in row 3 \(2 such rows\)"
    )
    with pytest.raises(DataError, match=words):
        task.targets(columns(label=["정치", "스포츠", ""]), "t.csv")


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["가", "가"], r"expected 2 to 1,000 classes, found 1 \('가'\)"),
        ([str(n) for n in range(1001)], r"found 1,001 \('0', '1', '2', …\)"),
        (["가", "", "나"], "expected the name of a class, found nothing in row 2"),
    ],
)
def test_what_cannot_be_learnt(cells: list[str], words: str, task_of: Make, columns: Make) -> None:
    with pytest.raises(DataError, match=words):
        task_of("classes").learn(columns(label=cells), "t.csv")


def test_loss_by_hand(task: Any) -> None:
    outputs = torch.tensor([[1.0, 0.0, -1.0], [0.0, 2.0, 0.0]])  # [B, C]
    targets = torch.tensor([[0.0], [2.0]])  # [B, 1]
    sums = [math.exp(1) + 1 + math.exp(-1), 2 + math.exp(2)]
    expected = [math.log(sums[0]) - 1, math.log(sums[1]) - 0]
    assert float(task.loss(outputs, targets)) == pytest.approx(sum(expected) / 2)
    assert task.metric_values(outputs, targets).tolist() == [1, 0]


def test_sampling_and_weights_make_every_class_count_the_same(task_of: Make, columns: Make) -> None:
    cells = columns(label=TOPICS)
    plain = task_of("classes").learn(cells, "t.csv")
    targets = plain.targets(cells, "t.csv")  # [R, 1]
    assert plain.sampling(targets) is None
    drawn = task_of("classes", "classes.balance=sampling").learn(cells, "t.csv").sampling(targets)
    numbers = targets[:, 0].astype(int)
    assert np.bincount(numbers, drawn).tolist() == pytest.approx([1, 1, 1])
    weighted = task_of("classes", "classes.balance=weights").learn(cells, "t.csv")
    outputs = torch.zeros(len(numbers), 3)  # [B, C]
    # Guessing costs the same in total, and each class a third of it.
    loss = weighted.loss(outputs, torch.from_numpy(targets))
    assert float(loss) == pytest.approx(math.log(3))
    shares = [
        float(weighted.loss(outputs[numbers == n], torch.from_numpy(targets[numbers == n])))
        * (numbers == n).sum()
        for n in range(3)
    ]
    assert shares == pytest.approx([shares[0]] * 3)


def test_predictions(task: Any) -> None:
    outputs = np.array([[0, math.log(2), 0], [np.nan] * 3], np.float32)
    result, nothing = task.predictions(["가", ""], outputs, 0.5)
    assert result.to_dict() == {
        "text": "가",
        "label": "문화",
        "confidence": 0.5,
        "probabilities": {"경제": 0.25, "문화": 0.5, "정치": 0.25},
    }
    assert display_text(result).words.startswith("문화")
    assert set(nothing.to_dict().values()) == {"", None}
    columns = task.columns_of(outputs, 0.5)
    assert (columns["label"], columns["confidence"]) == (["문화", None], [0.5, None])


def test_an_explanation_is_of_the_class_predicted_against_all_others(task: Any) -> None:
    outputs = np.array([1.0, 3.0, 2.0], np.float32)
    name, value, *_ = task.explained(outputs)
    assert name == "문화"
    share = math.exp(3) / (math.exp(1) + math.exp(3) + math.exp(2))
    assert float(value(outputs[None])[0]) == pytest.approx(math.log(share / (1 - share)))


def test_metrics_are_sklearns() -> None:
    from sklearn import metrics

    random = np.random.default_rng(0)
    labels = random.choice(4, 300, p=[0.6, 0.25, 0.14, 0.01])
    raw = random.random((300, 5)) + 0.8 * np.eye(5)[labels]
    shares = raw / raw.sum(axis=1, keepdims=True)  # [R, C]; nobody is labelled with the fifth
    shares[:, 4] /= 10
    shares /= shares.sum(axis=1, keepdims=True)
    predicted = shares.argmax(axis=1)
    ours = class_metrics(labels, shares, list("가나다라마"))
    with_examples = np.unique(labels)
    expected = {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, predicted),
        "macro_f1": metrics.f1_score(labels, predicted, labels=with_examples, average="macro"),
        "log_loss": metrics.log_loss(labels, shares, labels=range(5)),
    }
    assert {name: ours[name] for name in expected} == pytest.approx(expected)
    confusion = metrics.confusion_matrix(labels, predicted, labels=range(5))
    assert ours["confusion"] == confusion.tolist()
    precision, recall, f1, sizes = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(5), zero_division=np.nan
    )
    for number, one in enumerate(ours["classes"]):
        assert one["examples"] == sizes[number]
        assert one["called"] == (predicted == number).sum()
        for name, values in (("precision", precision), ("recall", recall), ("f1", f1)):
            if one[name] is None:
                assert np.isnan(values[number]) or one["examples"] + one["called"] == 0
            else:
                assert one[name] == pytest.approx(values[number])
    assert ours["classes"][4]["recall"] is None


def test_many_classes_are_shown_by_size(task_of: Make) -> None:
    names = [f"주제 {n}" for n in range(30)]
    task = task_of("classes", state={"classes": names})
    labels = np.repeat(np.arange(30), np.arange(1, 31))
    outputs = np.eye(30, dtype=np.float32)[labels] * 9
    metric_values = task.metrics(outputs, labels[:, None].astype(np.float32), 0.5)
    lines = metric_lines(metric_values)
    assert lines[0] == ("accuracy", "100.00%  (95% interval 99.18% – 100.00%)")
    shown = [value for name, value in lines if name in ("classes", "")]
    assert [line.split()[-1] for line in shown[:3]] == ["29", "28", "27"]
    assert shown[-1] == "and 18 more: see --json or --report"
