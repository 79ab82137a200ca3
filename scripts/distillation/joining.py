"""Three teachers in one network: of morphemes, and beside these of n-grams and of characters.

Letters: R reviews, T teachers, P pooled size, K rows of the wide layer.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from nsmc.config import Config
from nsmc.model.config import CharactersConfig, WideConfig
from nsmc.runtime.directory import ModelDirectory, open_model, write_model
from nsmc.runtime.tables import CHARACTERS, WIDE

Floats = NDArray[np.float64]
MORPHEMES, OF_NGRAMS, OF_CHARACTERS = "morphemes", "character n-grams", "characters"
"""The teachers."""


@dataclass(frozen=True)
class Weighing:
    """Log odds = Σ_t weights[t] · r_t + intercept, of the teachers' log odds r_t.

    Stacking: Wolpert, "Stacked generalization", Neural Networks 5, 1992.
    """

    weights: Mapping[str, float]
    """By teacher."""
    intercept: float

    @classmethod
    def fitted(cls, said: Mapping[str, Floats], truth: Floats) -> "Weighing":
        """By logistic regression on validation reviews [R], of which ``said`` has log odds [R]."""
        inputs = np.stack(list(said.values()), axis=1)  # [R, T]
        fit = LogisticRegression(C=1.0).fit(inputs, truth)
        weights = dict(zip(said, fit.coef_[0].tolist(), strict=True))
        return cls(weights, float(fit.intercept_[0]))

    def __call__(self, said: Mapping[str, Floats]) -> Floats:
        """The log odds [R] of all together."""
        parts = [weight * said[teacher] for teacher, weight in self.weights.items()]
        found: Floats = np.sum(parts, axis=0) + self.intercept
        return found


@dataclass(frozen=True)
class Ngrams:
    """The teacher of n-grams."""

    table: NDArray[np.float32]
    """[K, 1]"""
    bias: float
    config: WideConfig
    """How it hashes."""


def join(
    morphemes: Path,
    ngrams: Ngrams,
    characters: Path,
    said: Mapping[str, Floats],
    truth: Floats,
    output: Path,
) -> dict[str, Any]:
    """Write a model whose log odds are those of three teachers, weighed.

    Of the two networks the heads' rows of 긍정 are multiplied by their weights, of the n-grams the
    table; all end in a sum, so nothing is lost but bits of float16.

    Args:
        morphemes: the model directory of the teacher of morphemes.
        ngrams: the teacher of n-grams.
        characters: the model directory of the teacher of characters.
        said: what each says of validation reviews: log odds [R], by the names above.
        truth: [R] their labels.
        output: the model directory to write.

    Returns:
        How good the teachers are, alone and together, and their weights.
    """
    model, beside = open_model(morphemes), open_model(characters)
    weighing = Weighing.fitted(said, truth)
    weights = _weighed(model, weighing.weights[MORPHEMES])
    theirs = _weighed(beside, weighing.weights[OF_CHARACTERS])
    weights |= {f"{CHARACTERS}{name}": values for name, values in theirs.items()}
    weights["head.bias"] += np.float32(
        weighing.weights[OF_NGRAMS] * ngrams.bias + weighing.intercept
    )
    weights[WIDE] = (ngrams.table * np.float32(weighing.weights[OF_NGRAMS])).astype(np.float16)
    recipe, read = Config.from_dict(model.config), Config.from_dict(beside.config).model
    changed = dataclasses.replace(
        recipe,
        task="sentiment",
        sentiment=Config().sentiment,
        model=dataclasses.replace(
            recipe.model,
            wide=ngrams.config,
            characters=CharactersConfig(
                hidden_size=read.hidden_size,
                embedding_size=read.embedding_size,
                subword_buckets=read.subword_buckets,
            ),
        ),
    )
    record = {
        "validation": {
            **{teacher: figures(log_odds, truth) for teacher, log_odds in said.items()},
            "together": figures(weighing(said), truth),
        },
        "weighing": dataclasses.asdict(weighing),
    }
    together = record["validation"]["together"]
    write_model(
        output,
        config=changed.to_dict(),
        task_state={},
        identity=model.identity,
        threshold=0.5,
        vocabulary=model.vocabulary,
        weights=weights,
        metrics={
            **model.metrics,
            "task": "sentiment",
            "temperature": 1.0,
            "validation": {
                "reviews": len(truth),
                "loss": together["log_loss"],
                "accuracy": together["accuracy"],
            },
            "parameters": sum(v.size for v in weights.values()),
            "joined": record,
        },
        seen=model.seen,
        characters=beside.vocabulary,
    )
    return record


def _weighed(model: ModelDirectory, weight: float) -> dict[str, NDArray[Any]]:
    """A network's weights with 긍정 alone among its outputs, multiplied by ``weight``."""
    weights = model.weights()
    for name in ("head.weight", "head.bias"):
        weights[name] = weights[name][:1] * np.float32(weight)  # [1, P] and [1]
    return weights


def figures(log_odds: Floats, truth: Floats) -> dict[str, float]:
    """Accuracy, log loss (nats) and AUC of log odds [R]."""
    scores = 1 / (1 + np.exp(-log_odds))
    return {
        "accuracy": float(((scores >= 0.5) == truth).mean()),
        "log_loss": float(log_loss(truth, scores)),
        "roc_auc": float(roc_auc_score(truth, scores)),
    }
