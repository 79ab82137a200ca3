"""What a classifier adds to a table, whatever holds the table: a file, Arrow, Ray or Spark.

Shapes: R comments of a chunk, O outputs of the head.
"""

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Literal

import numpy as np

from nsmc._version import __version__
from nsmc.errors import UsageError
from nsmc.inference.classifier import Classifier
from nsmc.pipeline.chunks import CHUNK
from nsmc.pipeline.classify import Outputs, map_outputs
from nsmc.storage.journal import Journal
from nsmc.tables.columns import DEFAULT_COLUMN

Kind = Literal["text", "number", "count"]
"""What a new column holds."""
Cells = list[list[Any]]
"""The cells of each new column, one a row of a chunk; None for an empty one."""


class Scorer:
    """Makes new columns of comments.

    Args:
        classifier: as `nsmc.load` gives it.
        probabilities: also each class's, in columns ``probability_<class>``.

    Attributes:
        kinds: the new columns, which are the task's ``results`` first.
        resumed: comments whose outputs were in a journal.

    Raises:
        UsageError: ``probabilities`` of a model without classes.
    """

    def __init__(self, classifier: Classifier[Any], *, probabilities: bool = False) -> None:
        task = classifier.task
        if probabilities and not task.classes:
            raise UsageError(
                f"probabilities of each class are for models of classes; the task of "
                f"{classifier.model.path} is {task.name!r}"
            )
        self.classifier = classifier
        self.resumed = 0
        self.kinds: dict[str, Kind] = dict(task.results)
        if probabilities:
            self.kinds |= {f"probability_{name}": "number" for name in task.classes}

    def identity(self) -> dict[str, Any]:
        """What the new cells depend on beside the comments, as plain values."""
        model, reading = self.classifier.model, self.classifier.reading
        return {
            "nsmc": __version__,
            "model": _digest(sorted((name, sha) for name, (_, sha) in model.files.items())),
            "threshold": self.classifier.threshold,
            "exact": self.classifier.exact,
            "undecided_below": self.classifier.undecided_below,
            "spelling": reading.spelling,
            "words": _digest(reading.words.meanings if reading.words else {}),
            "probabilities": len(self.kinds) > len(self.classifier.task.results),
            "chunk": CHUNK,
        }

    def __call__(
        self,
        chunks: Iterable[list[str]],
        *,
        workers: int | None = None,
        journal: Journal | None = None,
    ) -> Iterator[Cells]:
        """The new cells of each chunk of comments, in order; errors are those of `map_outputs`.

        Chunks that the journal has the outputs of aren't scored; those of the others are added.
        """
        classifier, task = self.classifier, self.classifier.task
        for outputs in self._outputs(iter(chunks), workers, journal):
            columns = list(task.columns_of(outputs, classifier.threshold).values())
            if len(columns) < len(self.kinds):
                columns += task.probabilities(outputs).values()
            yield columns

    def _outputs(
        self, chunks: Iterator[list[str]], workers: int | None, journal: Journal | None
    ) -> Iterator[Outputs]:
        if journal is None:
            yield from map_outputs(chunks, self.classifier, workers=workers)
            return
        for chunk in chunks:
            if (value := journal.take(_key(chunk))) is None:
                chunks = chain([chunk], chunks)
                break
            self.resumed += len(chunk)
            outputs = np.frombuffer(value, np.float32)
            yield outputs.reshape(len(chunk), -1).copy()  # [R, O]
        keys: deque[bytes] = deque()

        def noted() -> Iterator[list[str]]:
            for chunk in chunks:
                keys.append(_key(chunk))
                yield chunk

        for outputs in map_outputs(noted(), self.classifier, workers=workers):
            journal.add(keys.popleft(), outputs.tobytes())
            yield outputs


def _key(chunk: list[str]) -> bytes:
    """The digest of a chunk's comments; their lengths keep them apart."""
    digest = hashlib.sha256(repr(list(map(len, chunk))).encode())
    digest.update("".join(chunk).encode("utf-8", "surrogatepass"))
    return digest.digest()


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def text_columns(classifier: Classifier[Any]) -> dict[str, Any]:
    """Which column holds the comments where none is named: arguments of `choose_text_column`."""
    # A table like the one trained on may have labels, too, which are no comments.
    specs = classifier.task.label_columns()
    others = [name for spec in specs for name in (spec.name, *spec.other_names)]
    return {"usual": classifier.model.config.data.column or DEFAULT_COLUMN, "others": others}
