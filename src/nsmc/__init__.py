"""Korean movie-review sentiment: 댓글 → 형태소 → Embedding → (Bi)RNN → 긍정/부정.

    >>> import nsmc
    >>> classifier = nsmc.load()
    >>> classifier.predict("재밌다").label_ko
    '긍정'

Names are imported when they are first used, so that ``import nsmc`` costs nothing.
"""

from nsmc._version import __version__

# Not typing's, whose import takes a sixth of the time that `nsmc --help` has.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from nsmc.auditing.audit import audit
    from nsmc.auditing.results import Audit, LabelIssue
    from nsmc.config.schema import Config, load_config
    from nsmc.data.download import download
    from nsmc.errors import (
        DataError,
        DeviceError,
        DivergedError,
        DownloadError,
        ModelError,
        NsmcError,
        UsageError,
    )
    from nsmc.evaluation.compare import compare
    from nsmc.evaluation.results import ClassifierEvaluation, Comparison, Evaluation
    from nsmc.exporting.quantization import export
    from nsmc.folds.cross_validate import cross_validate
    from nsmc.folds.results import CrossValidation
    from nsmc.inference.classifier import Classifier, load
    from nsmc.inference.completion import Completion
    from nsmc.inference.explanation import Explanation
    from nsmc.inference.language_model import LanguageModel, load_language_model
    from nsmc.inference.text_score import TextScore
    from nsmc.inspection.info import ModelInfo, info
    from nsmc.inspection.runs import TrainingRun, runs
    from nsmc.pipeline.score_batches import score_batches
    from nsmc.pipeline.score_files import ScoredFiles, score_files
    from nsmc.pipeline.score_table import ScoredTable, score_table
    from nsmc.pipeline.score_texts import ScoredTexts, score_texts
    from nsmc.report.evaluation_report import evaluate
    from nsmc.tasks.classes import ClassPrediction
    from nsmc.tasks.predictions import Prediction
    from nsmc.tasks.sentiment import SentimentPrediction
    from nsmc.tasks.sentiment_stars import SentimentStarsPrediction
    from nsmc.tasks.stars import StarsPrediction
    from nsmc.text.new_words import NewWords
    from nsmc.text.reading import Correction
    from nsmc.training.api import train
    from nsmc.training.fine_tuning import fine_tuning_config
    from nsmc.training.run import Trained

_HOMES = {
    "Audit": "nsmc.auditing.results",
    "ClassPrediction": "nsmc.tasks.classes",
    "Classifier": "nsmc.inference.classifier",
    "ClassifierEvaluation": "nsmc.evaluation.results",
    "Comparison": "nsmc.evaluation.results",
    "Completion": "nsmc.inference.completion",
    "Config": "nsmc.config.schema",
    "Correction": "nsmc.text.reading",
    "CrossValidation": "nsmc.folds.results",
    "DataError": "nsmc.errors",
    "DeviceError": "nsmc.errors",
    "DivergedError": "nsmc.errors",
    "DownloadError": "nsmc.errors",
    "Evaluation": "nsmc.evaluation.results",
    "Explanation": "nsmc.inference.explanation",
    "LabelIssue": "nsmc.auditing.results",
    "LanguageModel": "nsmc.inference.language_model",
    "ModelError": "nsmc.errors",
    "ModelInfo": "nsmc.inspection.info",
    "NewWords": "nsmc.text.new_words",
    "NsmcError": "nsmc.errors",
    "Prediction": "nsmc.tasks.predictions",
    "ScoredFiles": "nsmc.pipeline.score_files",
    "ScoredTable": "nsmc.pipeline.score_table",
    "ScoredTexts": "nsmc.pipeline.score_texts",
    "SentimentPrediction": "nsmc.tasks.sentiment",
    "SentimentStarsPrediction": "nsmc.tasks.sentiment_stars",
    "StarsPrediction": "nsmc.tasks.stars",
    "TextScore": "nsmc.inference.text_score",
    "Trained": "nsmc.training.run",
    "TrainingRun": "nsmc.inspection.runs",
    "UsageError": "nsmc.errors",
    "audit": "nsmc.auditing.audit",
    "compare": "nsmc.evaluation.compare",
    "cross_validate": "nsmc.folds.cross_validate",
    "download": "nsmc.data.download",
    "evaluate": "nsmc.report.evaluation_report",
    "export": "nsmc.exporting.quantization",
    "fine_tuning_config": "nsmc.training.fine_tuning",
    "info": "nsmc.inspection.info",
    "load": "nsmc.inference.classifier",
    "load_config": "nsmc.config.schema",
    "load_language_model": "nsmc.inference.language_model",
    "runs": "nsmc.inspection.runs",
    "score_batches": "nsmc.pipeline.score_batches",
    "score_files": "nsmc.pipeline.score_files",
    "score_table": "nsmc.pipeline.score_table",
    "score_texts": "nsmc.pipeline.score_texts",
    "train": "nsmc.training.api",
}

__all__ = [
    "Audit",
    "ClassPrediction",
    "Classifier",
    "ClassifierEvaluation",
    "Comparison",
    "Completion",
    "Config",
    "Correction",
    "CrossValidation",
    "DataError",
    "DeviceError",
    "DivergedError",
    "DownloadError",
    "Evaluation",
    "Explanation",
    "LabelIssue",
    "LanguageModel",
    "ModelError",
    "ModelInfo",
    "NewWords",
    "NsmcError",
    "Prediction",
    "ScoredFiles",
    "ScoredTable",
    "ScoredTexts",
    "SentimentPrediction",
    "SentimentStarsPrediction",
    "StarsPrediction",
    "TextScore",
    "Trained",
    "TrainingRun",
    "UsageError",
    "__version__",
    "audit",
    "compare",
    "cross_validate",
    "download",
    "evaluate",
    "export",
    "fine_tuning_config",
    "info",
    "load",
    "load_config",
    "load_language_model",
    "runs",
    "score_batches",
    "score_files",
    "score_table",
    "score_texts",
    "train",
]


def __getattr__(name: str) -> "Any":
    if name not in _HOMES:
        raise AttributeError(f"module 'nsmc' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
