"""Two teachers in one network: the recurrent one, and beside it the n-grams as its wide layer.

Shapes: R reviews, P pooled size, K rows of the wide layer.
"""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from nsmc.config.model import WideConfig
from nsmc.config.schema import Config
from nsmc.inference.classifier import load
from nsmc.inference.directory import open_model, write_model
from nsmc.inference.quantized import WIDE

Floats = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class EnsembleWeights:
    """Log odds = recurrent · r + ngrams · g + intercept, of the teachers' log odds r and g.

    Stacking: Wolpert, "Stacked generalization", Neural Networks 5, 1992.
    """

    recurrent: float
    ngrams: float
    intercept: float

    @classmethod
    def fit(cls, recurrent: Floats, ngrams: Floats, truth: Floats) -> "EnsembleWeights":
        """By logistic regression on validation reviews [R]."""
        inputs = np.stack([recurrent, ngrams], axis=1)  # [R, 2]
        fit = LogisticRegression(C=1.0).fit(inputs, truth)
        recurrent_weight, ngrams_weight = fit.coef_[0].tolist()
        return cls(recurrent_weight, ngrams_weight, float(fit.intercept_[0]))

    def __call__(self, recurrent: Floats, ngrams: Floats) -> Floats:
        """The log odds [R] of both together."""
        return self.recurrent * recurrent + self.ngrams * ngrams + self.intercept


def combine(
    recurrent: Path,
    table: NDArray[np.float32],
    bias: float,
    config: WideConfig,
    texts: list[str],
    truth: Floats,
    ngrams: Floats,
    output: Path,
) -> dict[str, Any]:
    """Write a model whose log odds are those of both teachers, weighed.

    The head's row of 긍정 is multiplied by the recurrent teacher's weight, the table by the
    other's; both teachers are sums at their end, so nothing is lost but bits of float16.

    Args:
        recurrent: the model directory of the teacher of morphemes.
        table: [K, 1] of the teacher of n-grams.
        bias: of the same.
        config: how it hashes.
        texts: validation reviews, to weigh the teachers on.
        truth: [R] their labels.
        ngrams: [R] what the teacher of n-grams says of them.
        output: the model directory to write.

    Returns:
        How good the teachers are, alone and together, and their weights.
    """
    model, log_odds = open_model(recurrent), log_odds_of(recurrent, texts)  # [R]
    weighing = EnsembleWeights.fit(log_odds, ngrams, truth)
    weights = dict(model.weights())
    weights["head.weight"] = weights["head.weight"][:1] * np.float32(weighing.recurrent)  # [1, P]
    biases = np.array([weights["head.bias"][0]]), np.array([bias])
    weights["head.bias"] = weighing(*biases).astype(np.float32)  # [1]
    weights[WIDE] = (table * np.float32(weighing.ngrams)).astype(np.float16)  # [K, 1]
    changed = dataclasses.replace(
        model.config,
        task="sentiment",
        sentiment=Config().sentiment,
        model=dataclasses.replace(model.config.model, wide=config),
    )
    record = {
        "validation": {
            "morphemes": metrics(log_odds, truth),
            "character n-grams": metrics(ngrams, truth),
            "together": metrics(weighing(log_odds, ngrams), truth),
        },
        "weighing": dataclasses.asdict(weighing),
    }
    write_model(
        output,
        config=changed,
        task_state={},
        identity=model.identity,
        threshold=0.5,
        vocabulary=model.vocabulary,
        weights=weights,
        metrics={
            **model.metrics,
            "task": "sentiment",
            "temperature": 1.0,
            "validation": validation_of(weighing(log_odds, ngrams), truth),
            "parameters": sum(v.size for v in weights.values()),
            "joined": record,
        },
        seen=model.seen,
    )
    return record


def log_odds_of(model: Path, texts: list[str]) -> Floats:
    """Log odds [R] of positive of some texts; 0 for one with nothing legible."""
    classifier = load(model)
    log_odds = classifier.outputs_of([classifier.tokenizer(text) for text in texts])[:, 0]
    return np.nan_to_num(log_odds.astype(np.float64))


def validation_of(log_odds: Floats, truth: Floats) -> dict[str, float]:
    """The validation metrics of a model directory, from log odds [R]."""
    values = metrics(log_odds, truth)
    return {"reviews": len(truth), "loss": values["log_loss"], "accuracy": values["accuracy"]}


def metrics(log_odds: Floats, truth: Floats) -> dict[str, float]:
    """Accuracy, log loss (nats) and AUC of log odds [R]."""
    scores = 1 / (1 + np.exp(-log_odds))
    return {
        "accuracy": float(((scores >= 0.5) == truth).mean()),
        "log_loss": float(log_loss(truth, scores)),
        "roc_auc": float(roc_auc_score(truth, scores)),
    }
