"""Reviews as flat arrays of units: tokenized once, read by memory map after that."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.config.schema import Config
from nsmc.config.text import TextConfig
from nsmc.data.encoder import Encoder, make_encoder
from nsmc.data.label_columns import LabelColumn, LabelColumnSpec
from nsmc.data.noise import noisy_copies
from nsmc.errors import DataError, ModelError, UsageError
from nsmc.storage.bundle import read_json, verify_bundle, write_json, writing_bundle
from nsmc.tables.options import ReadOptions
from nsmc.text.tokenizer import Tokenizer, is_learned, learn, make_tokenizer
from nsmc.workers import available_cores, map_chunks, workers_for

if TYPE_CHECKING:
    from nsmc.data.reviews import Reviews
    from nsmc.tables.in_memory import InMemory

KIND = "corpus"
SCHEMA = 4
NEEDED = ("corpus.json", "morphemes.txt", "offsets.npy", "tokens.npy")
CHUNK = 1000
"""Reviews per piece of work: few enough to share out evenly, many enough to be worth sending."""
FEW = 10_000
"""Texts that are cut in this process: a worker costs a third of a second to start, in which Mecab
cuts 7,000."""
LEARNED = "units.model"
"""The file of what a tokenizer has learnt."""

Check = Callable[[Mapping[str, LabelColumn], str], object]
"""Called with the label columns and the file as soon as these are read, to refuse what is wrong."""
Progress = Callable[[int, int], object]
"""Called with the number of reviews done since the last call, and of all."""


@dataclass(frozen=True)
class Encoding:
    """What decides how a file of reviews becomes a corpus."""

    text: TextConfig
    column: str | None = None  # of the comments; None where it is clear
    label_columns: Sequence[LabelColumnSpec] = ()
    noise: float = 0.0  # share of the reviews to add a noisy copy of
    learned: bytes | None = None  # what the tokenizer has learnt elsewhere; None learns it here
    reading: ReadOptions = field(default_factory=ReadOptions)

    @classmethod
    def of(
        cls,
        config: Config,
        label_columns: Sequence[LabelColumnSpec],
        learned: bytes | None = None,
        reading: ReadOptions | None = None,
    ) -> "Encoding":
        """A training's: its task's columns, and the one that marks what validates, if any.

        Raises:
            UsageError: they are the same.
        """
        data = config.data
        if data.validation_column in [spec.name for spec in label_columns]:
            raise UsageError(
                "configuration: data.validation_column: expected a column beside that of the "
                "labels, which marks with 1 what to validate on, found {name!r} for both",
                name=data.validation_column,
            )
        marks = [LabelColumnSpec(data.validation_column)] if data.validation_column else []
        columns = [*label_columns, *marks]
        reading = reading or ReadOptions()
        return cls(config.text, data.column or None, columns, data.noise, learned, reading)


@dataclass(frozen=True)
class Corpus:
    """R reviews of N units in all, of M distinct ones."""

    tokens: NDArray[np.int32]
    """[N] every review's units end to end, as indices into ``morphemes``."""
    offsets: NDArray[np.int64]
    """[R + 1] review r is ``tokens[offsets[r]:offsets[r + 1]]``; none is empty."""
    labels: dict[str, LabelColumn]  # by their names; of R reviews each
    morphemes: list[str]  # [M] each distinct unit, in order of first appearance
    identity: dict[str, str]  # what cut the comments: `nsmc.text.tokenizer.Tokenizer.identity`
    source: dict[str, Any]
    """The file's ``name`` and ``sha256``, the ``column`` of the comments, ``reviews`` in it,
    ``skipped`` without legible text."""
    learned: bytes | None = None
    """What the tokenizer has learnt from the comments: see `nsmc.text.tokenizer.learn`."""
    copies: NDArray[np.int64] | None = None
    """Of which review each noisy copy is one; the copies are the last reviews. None without any."""

    @property
    def originals(self) -> int:
        """How many reviews are no copies; these come first."""
        return len(self) - (0 if self.copies is None else len(self.copies))

    def __len__(self) -> int:
        """R."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """[R] units in each review."""
        return np.diff(self.offsets)

    def units(self) -> Iterator[list[str]]:
        """The units of each review in turn, but for noisy copies."""
        for start in range(0, self.originals, CHUNK):
            offsets = self.offsets[start : min(start + CHUNK, self.originals) + 1].tolist()
            tokens = self.tokens[offsets[0] : offsets[-1]].tolist()
            units = [self.morphemes[token] for token in tokens]
            for place, end in pairwise(offsets):
                yield units[place - offsets[0] : end - offsets[0]]

    def take(self, rows: NDArray[np.int64]) -> "Corpus":
        """The corpus of some reviews alone, in the order given, with the same ``morphemes``.

        A copy among them is a review like any other.
        """
        lengths = self.lengths[rows]  # [rows]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])  # [rows + 1]
        places = np.repeat(self.offsets[rows] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return dataclasses.replace(
            self,
            tokens=self.tokens[places],
            offsets=offsets,
            labels={name: column.take(rows) for name, column in self.labels.items()},
            source={**self.source, "reviews": len(rows)},
            copies=None,
        )


def read_corpus(
    data: "Path | InMemory",
    encoding: Encoding,
    *,
    check: Check | None = None,
    progress: Progress | None = None,
) -> Corpus:
    """Read, tokenize and encode a file or a frame of reviews on all cores.

    Raises:
        NsmcError: the tokenizer can't be made.
        DataError: the file can't be read, or no comment has anything legible in it.
    """
    from nsmc.data.reviews import read_reviews

    def read() -> "Reviews":
        reviews = read_reviews(
            data,
            column=encoding.column,
            label_columns=encoding.label_columns,
            reading=encoding.reading,
        )
        if check:
            check(reviews.labels, str(reviews.path))
        return reviews

    workers = workers_for(data) if isinstance(data, Path) and data.is_file() else None
    return _encoded(read, encoding, workers, progress)


def build_corpus(
    reviews: "Reviews", encoding: Encoding, *, progress: Progress | None = None
) -> Corpus:
    """Tokenize and encode reviews, whose columns were read already, on all cores.

    Raises:
        NsmcError: the tokenizer can't be made.
        DataError: no comment has anything legible in it.
    """
    return _encoded(lambda: reviews, encoding, None, progress)


@dataclass(frozen=True)
class _Source:
    """What a corpus is made of."""

    reviews: "Reviews"
    tokenizer: Tokenizer
    copied: NDArray[np.int64]
    """Which of the reviews have a noisy copy."""
    texts: list[str]
    """Those of the reviews, then the copies'."""

    @classmethod
    def of(cls, reviews: "Reviews", encoding: Encoding) -> "_Source":
        learned = encoding.learned
        if learned is None:
            learned = learn(encoding.text, reviews.texts)
        copied, noisy_texts = noisy_copies(reviews.texts, encoding.noise)
        tokenizer = make_tokenizer(encoding.text, learned)
        return cls(reviews, tokenizer, copied, reviews.texts + noisy_texts)


def _encoded(
    read: Callable[[], "Reviews"],
    encoding: Encoding,
    workers: int | None,
    progress: Progress | None,
) -> Corpus:
    """`build_corpus` of what ``read`` gives; with a number of ``workers`` these start meanwhile."""
    learned = encoding.learned
    source = cache(lambda: _Source.of(read(), encoding))
    if workers is None or (learned is None and is_learned(encoding.text)):
        learned = source().tokenizer.learned
        workers = workers or (available_cores() if len(source().texts) > FEW else 1)

    def chunks() -> Iterator[list[str]]:
        texts = source().texts
        for start in range(0, len(texts), CHUNK):
            yield texts[start : start + CHUNK]

    make = partial(make_encoder, encoding.text, learned)
    if workers <= 1:
        make = partial(Encoder, source().tokenizer)
    index: dict[str, int] = {}
    ours: dict[int, NDArray[np.int32]] = {}  # the indices of each encoder's numbers
    tokens, lengths = [], []
    for chunk in map_chunks(chunks(), make, workers):
        rows = np.array([index.setdefault(m, len(index)) for m in chunk.new], dtype=np.int32)
        known = np.append(ours.get(chunk.encoder, rows[:0]), rows)
        ours[chunk.encoder] = known
        tokens.append(known[np.array(chunk.tokens, dtype=np.int32)])
        lengths.append(np.array(chunk.lengths, dtype=np.int64))
        if progress:
            progress(len(chunk.lengths), len(source().texts))
    return _corpus(source(), index, tokens, lengths, encoding)


def _corpus(
    source: _Source,
    index: dict[str, int],
    tokens: list[NDArray[np.int32]],
    lengths: list[NDArray[np.int64]],
    encoding: Encoding,
) -> Corpus:
    reviews, copied = source.reviews, source.copied
    counts = np.concatenate(lengths) if lengths else np.empty(0, np.int64)  # [texts]
    legible = counts > 0
    if not legible.any():
        raise DataError("{path}: no comment has anything legible in it", path=reviews.path)
    originals = legible[: len(reviews.texts)]
    copied = copied[legible[len(reviews.texts) :]]  # [legible copies]
    # The originals without anything legible are left out; no copy is one of theirs.
    copies = (np.cumsum(originals) - 1)[copied]  # [legible copies]
    rows_of = np.append(np.flatnonzero(originals), copied)  # [R]
    return Corpus(
        tokens=np.concatenate(tokens),
        offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(counts[legible])]),
        labels={name: column.take(rows_of) for name, column in reviews.labels.items()},
        morphemes=list(index),
        identity=source.tokenizer.identity(),
        source={
            "name": reviews.path.name,
            "sha256": reviews.sha256,
            "column": reviews.column,
            "reviews": int(originals.sum()),
            "skipped": reviews.skipped_empty + int((~originals).sum()),
            "noise": encoding.noise,
            "stars": {s.name: s.stars for s in encoding.label_columns if s.positive_from},
            "notes": list(reviews.notes),
        },
        learned=source.tokenizer.learned,
        copies=copies if len(copies) else None,
    )


def save_corpus(corpus: Corpus, path: Path) -> None:
    """Write a corpus as a bundle of ``.npy`` arrays, a word list and a JSON file.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    arrays: dict[str, NDArray[Any] | None]
    arrays = {"tokens": corpus.tokens, "offsets": corpus.offsets, "copies": corpus.copies}
    codes = {f"codes-{i}": column.codes for i, column in enumerate(corpus.labels.values())}
    with writing_bundle(path, KIND, SCHEMA) as directory:
        for name, array in {**arrays, **codes}.items():
            if array is not None:
                np.save(directory / f"{name}.npy", array, allow_pickle=False)
        # Morphemes hold no line break: the normalizer made each a space.
        (directory / "morphemes.txt").write_bytes("\n".join(corpus.morphemes).encode())
        if corpus.learned is not None:
            (directory / LEARNED).write_bytes(corpus.learned)
        about = {
            "identity": corpus.identity,
            "source": corpus.source,
            "columns": [
                {key: value for key, value in vars(column).items() if key != "codes"}
                for column in corpus.labels.values()
            ],
        }
        write_json(directory / "corpus.json", about)


def load_corpus(path: Path) -> Corpus:
    """Open a corpus, its arrays mapped from disk; needs neither Mecab nor KoNLPy.

    Raises:
        ModelError: the directory isn't a whole corpus of this schema.
    """
    files = verify_bundle(path, KIND, SCHEMA, NEEDED).files

    def array(name: str) -> NDArray[Any]:
        if f"{name}.npy" not in files:
            raise ValueError(f"the manifest names no {name}.npy")
        mapped: NDArray[Any] = np.load(path / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        return mapped

    try:
        about = read_json(path / "corpus.json")
        labels = {}
        for number, column in enumerate(about["columns"]):
            fields: dict[str, Any]
            fields = {k: tuple(v) if isinstance(v, list) else v for k, v in column.items()}
            labels[column["name"]] = LabelColumn(codes=array(f"codes-{number}"), **fields)
        corpus = Corpus(
            tokens=array("tokens"),
            offsets=array("offsets"),
            labels=labels,
            morphemes=(path / "morphemes.txt").read_bytes().decode().split("\n"),
            identity=about["identity"],
            source=about["source"],
            learned=(path / LEARNED).read_bytes() if LEARNED in files else None,
            copies=array("copies") if "copies.npy" in files else None,
        )
        _check_parts(corpus)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ModelError(
            "{path} doesn't hold what a corpus should ({kind}: {error}); delete it and "
            "prepare the data again",
            path=path,
            kind=type(error).__name__,
            error=error,
        ) from error
    return corpus


def _check_parts(corpus: Corpus) -> None:
    """Refuse by ValueError arrays that point outside of one another."""

    def within(values: NDArray[Any], least: int, end: int) -> bool:
        return not len(values) or bool(values.min() >= least and values.max() < end)

    offsets, copies = corpus.offsets, corpus.copies
    wrong = (
        corpus.tokens.dtype != np.int32
        or offsets.dtype != np.int64
        or corpus.tokens.ndim != 1
        or offsets.ndim != 1
        or not len(offsets)
        or (offsets[0], offsets[-1]) != (0, len(corpus.tokens))
        or not within(corpus.lengths, 1, len(corpus.tokens) + 1)
        or not within(corpus.tokens, 0, len(corpus.morphemes))
        or (copies is not None and not within(copies, 0, len(corpus) - len(copies)))
        or any(
            column.codes.shape != (len(corpus),) or not within(column.codes, -1, len(column.names))
            for column in corpus.labels.values()
        )
    )
    if wrong:
        raise ValueError("arrays that don't fit together")
