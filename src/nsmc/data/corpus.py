"""Labelled reviews as flat arrays of morphemes: tokenized once, read by memory map after that."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.bundle import read_json, verify_bundle, write_json, writing_bundle
from nsmc.errors import DataError
from nsmc.text.config import TextConfig
from nsmc.text.tokenizer import Tokenizer, make_tokenizer
from nsmc.workers import available_cores, map_chunks

if TYPE_CHECKING:
    from nsmc.data.reviews import Reviews

KIND = "corpus"
SCHEMA = 1
CHUNK = 2000
"""Reviews per piece of work: few enough to share out evenly, many enough to be worth sending."""
LARGE = 1_000_000
"""Bytes of a file from which worker processes save more than they cost to start."""


@dataclass(frozen=True)
class Corpus:
    """R labelled reviews of N morphemes in all, of M distinct ones."""

    tokens: NDArray[np.int32]
    """[N] every review's morphemes end to end, as indices into ``morphemes``."""
    offsets: NDArray[np.int64]
    """[R + 1] review r is ``tokens[offsets[r]:offsets[r + 1]]``; none is empty."""
    labels: NDArray[np.int8]
    """[R] 0 = negative, 1 = positive."""
    morphemes: list[str]
    """[M] each distinct morpheme, in order of first appearance."""
    identity: dict[str, str]
    """What cut the comments: see `nsmc.text.tokenizer.Tokenizer.identity`."""
    source: dict[str, Any]
    """The file's ``name`` and ``sha256``, ``reviews`` in it, ``skipped`` without legible text."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """[R] morphemes in each review."""
        return np.diff(self.offsets)

    def take(self, rows: NDArray[np.int64]) -> "Corpus":
        """The corpus of some reviews alone, in the order given, with the same ``morphemes``."""
        lengths = self.lengths[rows]  # [rows]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])  # [rows + 1]
        places = np.repeat(self.offsets[rows] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return dataclasses.replace(
            self,
            tokens=self.tokens[places],
            offsets=offsets,
            labels=self.labels[rows],
            source={**self.source, "reviews": len(rows)},
        )


def read_corpus(
    file: Path, config: TextConfig, *, progress: Callable[[int, int], None] | None = None
) -> Corpus:
    """Read, tokenize and encode a file of labelled reviews on all cores.

    The worker processes of a large file start while it is being read.

    Args:
        file: as `nsmc.data.reviews.read_reviews` takes it.
        config: the tokenizer's configuration.
        progress: called with the number of reviews done since the last call, and of all.

    Raises:
        NsmcError: the tokenizer can't be made.
        DataError: the file can't be read, or no comment has anything legible in it.
    """
    from nsmc.data.reviews import read_reviews

    large = file.is_file() and file.stat().st_size > LARGE
    workers = available_cores() if large else 1
    return _encoded(lambda: read_reviews(file), config, workers, progress)


def build_corpus(
    reviews: "Reviews",
    config: TextConfig,
    *,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Corpus:
    """Tokenize and encode reviews on all cores.

    Args:
        reviews: as `nsmc.data.reviews.read_reviews` gives them.
        config: the tokenizer's configuration.
        workers: processes; None takes one per core, or this process alone for a few reviews.
        progress: called with the number of reviews done since the last call.

    Raises:
        NsmcError: the tokenizer can't be made.
        DataError: no comment has anything legible in it.
    """
    if workers is None:
        # A worker costs a third of a second to start, which is what Mecab needs for 7,000 reviews.
        workers = available_cores() if len(reviews.frame) > 10_000 else 1
    tell = (lambda done, total: progress(done)) if progress else None
    return _encoded(lambda: reviews, config, workers, tell)


def _encoded(
    read: "Callable[[], Reviews]",
    config: TextConfig,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> Corpus:
    @cache
    def reviews() -> "Reviews":
        return read()

    @cache
    def tokenizer() -> Tokenizer:
        return make_tokenizer(config)

    def chunks() -> Iterator[list[str]]:
        # Asked for once the workers have been started, which takes them a while.
        tokenizer()
        texts = reviews().frame["document"].tolist()
        for start in range(0, len(texts), CHUNK):
            yield texts[start : start + CHUNK]

    index: dict[str, int] = {}
    tokens: list[NDArray[np.int32]] = []
    lengths: list[NDArray[np.int64]] = []
    make = (lambda: _encoding(tokenizer())) if workers <= 1 else partial(_make, config)
    for encoded in map_chunks(chunks(), make, workers):
        rows = [index.setdefault(m, len(index)) for m in encoded.morphemes]
        tokens.append(np.array(rows, dtype=np.int32)[encoded.tokens])
        lengths.append(encoded.lengths)
        if progress:
            progress(len(encoded.lengths), len(reviews().frame))
    counted = np.concatenate(lengths) if lengths else np.empty(0, np.int64)  # [rows with a comment]
    legible = counted > 0
    if not legible.any():
        raise DataError(f"{reviews().path}: no comment has anything legible in it")
    kept = counted[legible]  # [R]
    return Corpus(
        tokens=np.concatenate(tokens),
        offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)]),
        labels=reviews().frame["label"].to_numpy(np.int8)[legible],
        morphemes=list(index),
        identity=tokenizer().identity(),
        source={
            "name": reviews().path.name,
            "sha256": reviews().sha256,
            "reviews": int(legible.sum()),
            "skipped": reviews().skipped_empty + int((~legible).sum()),
        },
    )


@dataclass(frozen=True)
class _Encoded:
    """A chunk, with a list of morphemes of its own: far less to send than all of them in full."""

    tokens: NDArray[np.int32]
    """Every review's morphemes end to end, as indices into ``morphemes``."""
    lengths: NDArray[np.int64]
    morphemes: list[str]


def _make(config: TextConfig) -> Callable[[list[str]], _Encoded]:
    return _encoding(make_tokenizer(config))


def _encoding(tokenizer: Tokenizer) -> Callable[[list[str]], _Encoded]:
    def encode(texts: list[str]) -> _Encoded:
        reviews = [tokenizer(text) for text in texts]
        index: dict[str, int] = {}
        flat = [index.setdefault(m, len(index)) for review in reviews for m in review]
        return _Encoded(
            np.array(flat, dtype=np.int32),
            np.array([len(review) for review in reviews], dtype=np.int64),
            list(index),
        )

    return encode


def save_corpus(corpus: Corpus, path: Path) -> None:
    """Write a corpus as a bundle of ``.npy`` arrays, a word list and a JSON file.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    with writing_bundle(path, KIND, SCHEMA) as directory:
        np.save(directory / "tokens.npy", corpus.tokens, allow_pickle=False)
        np.save(directory / "offsets.npy", corpus.offsets, allow_pickle=False)
        np.save(directory / "labels.npy", corpus.labels, allow_pickle=False)
        # Morphemes hold no line break: the normalizer made each a space.
        (directory / "morphemes.txt").write_bytes("\n".join(corpus.morphemes).encode())
        write_json(
            directory / "corpus.json", {"identity": corpus.identity, "source": corpus.source}
        )


def load_corpus(path: Path) -> Corpus:
    """Open a corpus, its arrays mapped from disk; needs neither Mecab nor KoNLPy.

    Raises:
        ModelError: the directory isn't a whole corpus of this schema.
    """
    verify_bundle(path, KIND, SCHEMA)
    about = read_json(path / "corpus.json")
    return Corpus(
        tokens=np.load(path / "tokens.npy", mmap_mode="r", allow_pickle=False),
        offsets=np.load(path / "offsets.npy", mmap_mode="r", allow_pickle=False),
        labels=np.load(path / "labels.npy", mmap_mode="r", allow_pickle=False),
        morphemes=(path / "morphemes.txt").read_bytes().decode().split("\n"),
        identity=about["identity"],
        source=about["source"],
    )
