"""A model as an estimator of scikit-learn, for its pipelines, cross-validation and searches.

    >>> from sklearn.model_selection import cross_val_score
    >>> from nsmc.sklearn import SentimentClassifier
    >>> cross_val_score(SentimentClassifier(), comments, labels)  # doctest: +SKIP

Shapes: R comments, C classes.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from nsmc.config.schema import listed, load_config
from nsmc.inference.classifier import Classifier, load
from nsmc.inference.comments import comment_list, is_one
from nsmc.tasks.metrics import log_softmax

if TYPE_CHECKING:
    from nsmc.inference.comments import Comments


class SentimentClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Fine-tunes a model on comments with labels of any kind.

    Labels 0 and 1 are negative and positive and continue what a model of sentiments knows; any
    others get a new head. A fitted estimator holds its model, so it can be pickled and copied.

    Args:
        start: ``shipped`` or a model directory to start from; None trains from nothing.
        epochs, learning_rate, batch_size: of the training; None takes those of
            `nsmc.fine_tuning_config`, or from nothing the default ones.
        overrides: further fields of the config, as `nsmc.load_config` takes them.
        random_state: a seed or a ``RandomState``; None trains another model each time.
        device: as `nsmc.train` takes it.
        verbose: show progress bars.

    Attributes:
        classes_: [C] the labels in order.
        class_prior_: [C] their shares in training: the answer for a comment with nothing legible.
        model_files_: the model directory's files by their names.
    """

    classes_: NDArray[Any]
    class_prior_: NDArray[np.float64]
    model_files_: dict[str, bytes]

    def __init__(
        self,
        start: Path | str | None = "shipped",
        *,
        epochs: int | None = None,
        learning_rate: float | None = None,
        batch_size: int | None = None,
        overrides: Sequence[str] = (),
        random_state: Any = 1,
        device: str = "cpu",
        verbose: bool = False,
    ) -> None:
        self.start = start
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.overrides = overrides
        self.random_state = random_state
        self.device = device
        self.verbose = verbose

    def fit(self, X: "Comments", y: Any) -> Self:
        """Train on R comments with R labels.

        Args:
            X: comments as `nsmc.Classifier.predict` takes several.
            y: [R] labels of two classes or more.

        Raises:
            ValueError: comments and labels don't go together, or there is one class alone.
            TypeError: something is no text.
            NsmcError: as `nsmc.train`.
        """
        if y is None:
            raise ValueError("this estimator requires y to be passed, but the target y is None")
        texts, labels = _comments(X), column_or_1d(y, warn=True)
        check_classification_targets(labels)
        if len(texts) != len(labels):
            raise ValueError(
                f"expected a label for each comment, found inconsistent numbers of samples: "
                f"{len(texts):,} comments and {len(labels):,} labels"
            )
        self.classes_, numbers, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"expected labels of two classes or more, found {len(self.classes_)} class: "
                f"{self.classes_[:1].tolist()}"
            )
        self.class_prior_ = counts / counts.sum()
        sentiments = self.classes_.tolist() == [0, 1]  # True and False as well
        from nsmc.training.api import train
        from nsmc.training.fine_tuning import fine_tuning_config

        fields = [
            f"task={'sentiment' if sentiments else 'classes'}",
            f"training.seed={check_random_state(self.random_state).randint(1 << 31)}",
            *(
                f"training.{name}={getattr(self, name)}"
                for name in ("epochs", "learning_rate", "batch_size")
                if getattr(self, name) is not None
            ),
            *listed(self.overrides),
        ]
        config = (
            load_config(None, fields)
            if self.start is None
            else fine_tuning_config(self.start, None, fields)
        )
        with tempfile.TemporaryDirectory() as place:
            trained = train(
                config,
                data=(texts, numbers.tolist()),
                output=Path(place) / "training",
                device=self.device,
                verbose=self.verbose,
            )
            self.model_files_ = {file.name: file.read_bytes() for file in trained.model.iterdir()}
        self._loaded: Classifier | None = None
        return self

    @property
    def classifier_(self) -> Classifier:
        """The model, to explain with for one."""
        check_is_fitted(self, "model_files_")
        if self._loaded is None:
            with tempfile.TemporaryDirectory() as place:
                for name, content in self.model_files_.items():
                    (Path(place) / name).write_bytes(content)
                self._loaded = load(place)
        return self._loaded

    def predict_proba(self, X: "Comments") -> NDArray[np.float64]:
        """The probability [R, C] of each class, in the order of ``classes_``."""
        classifier = self.classifier_
        outputs = classifier.outputs_of([classifier.tokenizer(text) for text in _comments(X)])
        if classifier.task.has_threshold:
            positive = classifier.task.positive(outputs)  # [R]
            shares = np.stack([1 - positive, positive], axis=1)  # [R, 2]
        else:
            # The model's classes are the places in classes_, in the order of numbers.
            shares = np.exp(log_softmax(outputs))  # [R, C]
        return np.where(np.isnan(shares), self.class_prior_, shares)

    def predict(self, X: "Comments") -> NDArray[Any]:
        """The likeliest label [R] of each comment."""
        best = self.predict_proba(X).argmax(axis=1)  # [R]
        return np.asarray(self.classes_[best])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = tags.input_tags.one_d_array = tags.input_tags.allow_nan = True
        tags.input_tags.two_d_array = False
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        if "_loaded" in state:
            state["_loaded"] = None  # it holds locks; the files are all that it is made of
        return state


def _comments(X: "Comments") -> list[str]:
    """The comments, of an array with one column as of one with none.

    Raises:
        ValueError: X is one comment, or has several columns.
    """
    if is_one(X):
        raise ValueError("expected several comments, found one; put it into a list")
    shape: tuple[int, ...] = getattr(X, "shape", (0,))
    if len(shape) == 2 and not hasattr(X, "itertuples"):
        if shape[1] != 1:
            raise ValueError(f"expected one column of comments, found an array of shape {shape}")
        X = np.asarray(X)[:, 0]
    return comment_list(X)
