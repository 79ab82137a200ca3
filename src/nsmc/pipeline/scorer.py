"""What a classifier adds to a table, whatever holds the table: a file, Arrow, Ray or Spark.

Shapes: R comments of a chunk, O outputs of the head.
"""

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from nsmc._version import __version__
from nsmc.errors import UsageError
from nsmc.inference.classifier import Classifier
from nsmc.inference.notes import Note
from nsmc.pipeline.chunks import CHUNK
from nsmc.pipeline.classify import Outputs, map_scores
from nsmc.storage.journal import Journal
from nsmc.tables.columns import DEFAULT_COLUMN
from nsmc.tables.rows import Kind
from nsmc.text.reading import Correction

Scores = tuple[Outputs, list[Note]]
Cells = list[list[Any]]
"""The cells of each new column, one a row of a chunk; None for an empty one."""
NOTES: dict[str, Kind] = {
    "unfamiliar": "flag",
    "unknown": "number",
    "truncated": "count",
    "corrections": "text",
    "exact": "flag",
}
"""The columns of notes: the fields of a prediction beside its label."""


class Scorer:
    """Makes new columns of comments.

    Args:
        classifier: as `nsmc.load` gives it.
        probabilities: also each class's, in columns ``probability_<class>``.
        notes: also the columns `NOTES`.

    Attributes:
        kinds: the new columns, which are the task's ``results`` first.
        resumed: comments whose outputs were in a journal.
        unfamiliar, truncated: how many of the comments so far are that.

    Raises:
        UsageError: ``probabilities`` of a model without classes.
    """

    def __init__(
        self, classifier: Classifier[Any], *, probabilities: bool = False, notes: bool = False
    ) -> None:
        task = classifier.task
        if probabilities and not task.classes:
            raise UsageError(
                "probabilities of each class are for models of classes; the task of {path} is "
                "{task!r}",
                path=classifier.model.path,
                task=task.name,
            )
        self.classifier = classifier
        self.resumed = 0
        self.kinds: dict[str, Kind] = dict(task.results)
        if probabilities:
            self.kinds |= {f"probability_{name}": "number" for name in task.classes}
        if notes:
            self.kinds |= NOTES
        self._probabilities, self._notes = probabilities, notes
        self.unfamiliar = self.truncated = 0

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
            "probabilities": self._probabilities,
            "notes": self._notes,
            "chunk": CHUNK,
        }

    def __call__(
        self,
        chunks: Iterable[list[str]],
        *,
        workers: int | None = None,
        journal: Journal | None = None,
    ) -> Iterator[Cells]:
        """The new cells of each chunk of comments, in order; errors are those of `map_scores`.

        Chunks that the journal has the outputs of aren't scored; those of the others are added.
        """
        classifier, task = self.classifier, self.classifier.task
        for outputs, notes in self._scores(iter(chunks), workers, journal):
            columns = list(task.columns_of(outputs, classifier.threshold).values())
            if self._probabilities:
                columns += task.probabilities(outputs).values()
            if self._notes:
                columns += _cells(notes, columns[0])
            self.unfamiliar += sum(note.unfamiliar for note in notes)
            self.truncated += sum(note.truncated > 0 for note in notes)
            yield columns

    def _scores(
        self, chunks: Iterator[list[str]], workers: int | None, journal: Journal | None
    ) -> Iterator[Scores]:
        score = partial(
            map_scores, classifier=self.classifier, workers=workers, corrections=self._notes
        )
        if journal is None:
            yield from score(chunks)
            return
        for chunk in chunks:
            if (value := journal.take(_key(chunk))) is None:
                chunks = chain([chunk], chunks)
                break
            self.resumed += len(chunk)
            yield _unpacked(value, len(chunk))
        else:
            return
        keys: deque[bytes] = deque()

        def noted() -> Iterator[list[str]]:
            for chunk in chunks:
                keys.append(_key(chunk))
                yield chunk

        for scores in score(noted()):
            journal.add(keys.popleft(), _packed(*scores))
            yield scores


def _packed(outputs: Outputs, notes: list[Note]) -> bytes:
    """A chunk's scores as bytes: the notes that say something as JSON in a line, the outputs."""
    said = {
        place: [*note[:3], [correction.to_dict() for correction in note.corrections]]
        for place, note in enumerate(notes)
        if note != Note()
    }
    return json.dumps(said).encode() + b"\n" + outputs.tobytes()


def _unpacked(value: bytes, rows: int) -> Scores:
    """What `_packed` made bytes of."""
    line, _, numbers = value.partition(b"\n")
    notes = [Note()] * rows
    for place, (exact, unknown, truncated, corrections) in json.loads(line).items():
        read = tuple(Correction(**one) for one in corrections)
        notes[int(place)] = Note(exact, unknown, truncated, read)
    outputs = np.frombuffer(numbers, np.float32)
    return outputs.reshape(rows, -1).copy(), notes  # [R, O]


def _key(chunk: list[str]) -> bytes:
    """The digest of a chunk's comments; their lengths keep them apart."""
    digest = hashlib.sha256(repr(list(map(len, chunk))).encode())
    digest.update("".join(chunk).encode("utf-8", "surrogatepass"))
    return digest.digest()


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _cells(notes: list[Note], first: list[Any]) -> Cells:
    """The cells of `NOTES`, empty where the ``first`` cell is: there is no prediction."""
    columns: Cells = [
        [note.unfamiliar for note in notes],
        [round(note.unknown, 3) for note in notes],
        [note.truncated for note in notes],
        [", ".join(f"{one.typed} → {one.read}" for one in note.corrections) for note in notes],
        [note.exact for note in notes],
    ]
    return [
        [None if of is None else cell for cell, of in zip(column, first, strict=True)]
        for column in columns
    ]


def text_columns(classifier: Classifier[Any]) -> dict[str, Any]:
    """Which column holds the comments where none is named: arguments of `choose_text_column`."""
    # A table like the one trained on may have labels, too, which are no comments.
    specs = classifier.task.label_columns()
    others = [name for spec in specs for name in (spec.name, *spec.other_names)]
    return {"usual": classifier.model.config.data.column or DEFAULT_COLUMN, "others": others}
