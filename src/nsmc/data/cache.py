"""Corpora that were tokenized before, found again by what they were made from."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from nsmc.config.text import TextConfig
from nsmc.data.corpus import Check, Corpus, load_corpus, read_corpus, save_corpus
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.data.paths import cache_directory
from nsmc.errors import DataError, ModelError, NsmcError
from nsmc.storage.files import sha256_of
from nsmc.tables.formats import ending
from nsmc.text.noise import VERSION as NOISE
from nsmc.text.tokenizer import declared_identity, differences, make_tokenizer

TRAIN_FILE = "ratings_train.txt"
PREPARED = "ratings_train.corpus"


def training_corpus(
    data: Path,
    config: TextConfig,
    *,
    column: str | None = None,
    label_columns: Sequence[LabelColumnSpec] = (),
    noise: float = 0.0,
    check: Check | None = None,
    progress: Callable[[int, int], None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Corpus:
    """The encoded training reviews of a file or directory, tokenized unless they are cached.

    ``data`` is a table, a directory with ``ratings_train.txt``, or one that ``nsmc prepare`` wrote,
    which needs no Mecab. The corpus of a table is kept in the user's cache directory under the hash
    of the file, the tokenizer's settings and the columns. A training counts its vocabulary from the
    corpus, so one corpus serves all settings of that.

    Args:
        data: the file or directory.
        config: the tokenizer's configuration.
        column: the text column; None where it is clear.
        label_columns: the label columns; none for text alone.
        noise: share of the reviews to add a noisy copy of.
        check: called with the labels before anything is tokenized.
        progress: called with reviews done since the last call and reviews in all.
        warn: called with a message when the cache can't be written; training goes on.

    Raises:
        DataError: there are no reviews, they can't be read or lack a column, or ``check`` refuses
            the labels.
        ModelError: the prepared corpus is damaged.
        NsmcError: the prepared corpus was made with other settings, or Mecab can't be used.
    """
    prepared = data / PREPARED
    if prepared.is_dir():
        corpus = load_corpus(prepared)
        _check_prepared(corpus, config, column, label_columns, noise, prepared)
        names = {one.name for one in label_columns}
        labels = {name: column for name, column in corpus.labels.items() if name in names}
        return _checked(dataclasses.replace(corpus, labels=labels), check, prepared)
    file = _training_file(data)
    entry = cache_directory() / "corpora" / _key(file, config, column, label_columns, noise)
    if cached := _cached(entry, config):
        # The same bytes may have had another name.
        source = {**cached.source, "name": file.name}
        return _checked(dataclasses.replace(cached, source=source), check, file)
    corpus = read_corpus(
        file,
        config,
        column=column,
        label_columns=label_columns,
        noise=noise,
        check=check,
        progress=progress,
    )
    try:
        save_corpus(corpus, entry)
    except NsmcError as error:
        if warn:
            warn(f"the tokenized reviews were not kept for the next run: {error}")
        return corpus
    # Read back by memory map, as any later run will.
    return load_corpus(entry)


def prepare(
    data: Path,
    output: Path,
    config: TextConfig,
    *,
    column: str | None = None,
    label_columns: Sequence[LabelColumnSpec] = (),
    noise: float = 0.0,
    check: Check | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the encoded training reviews into ``output``, to train where Mecab isn't installed.

    Returns:
        The corpus's directory; ``nsmc train --data OUTPUT`` takes its parent.

    Raises:
        NsmcError: as `training_corpus`, or ``output`` can't be written.
    """
    corpus = training_corpus(
        data,
        config,
        column=column,
        label_columns=label_columns,
        noise=noise,
        check=check,
        progress=progress,
    )
    save_corpus(corpus, output / PREPARED)
    return output / PREPARED


def _training_file(data: Path) -> Path:
    if data.is_file():
        return data
    if (data / TRAIN_FILE).is_file():
        return data / TRAIN_FILE
    raise DataError(
        f"expected a table of reviews or {TRAIN_FILE} in {data}, found {_listing(data)}. Name a "
        "file, or the directory that holds NSMC's (`nsmc download` fetches them), or try --data "
        "data/sample"
    )


def _key(
    file: Path,
    config: TextConfig,
    column: str | None,
    label_columns: Sequence[LabelColumnSpec],
    noise: float,
) -> str:
    # Without the versions of Mecab and its dictionary, which only an installed Mecab knows: they
    # are in the corpus and compared there.
    declared = json.dumps(
        {
            "file": sha256_of(file),
            "format": ending(file),  # decides how the bytes are read
            "column": column,
            "labels": sorted((one.name, one.required) for one in label_columns),
            **declared_identity(config),
            "noise": [noise, NOISE],
        },
        sort_keys=True,
    )
    return hashlib.sha256(declared.encode()).hexdigest()[:24]


def _cached(entry: Path, config: TextConfig) -> Corpus | None:
    """A whole corpus at ``entry`` made by the Mecab of this machine, or by any if it has none."""
    if not entry.is_dir():
        return None
    try:
        corpus = load_corpus(entry)
    except ModelError:
        shutil.rmtree(entry, ignore_errors=True)
        return None
    try:
        here = make_tokenizer(config, corpus.learned).identity()
    except NsmcError:
        return corpus
    return None if differences(corpus.identity, here) else corpus


def _checked(corpus: Corpus, check: Check | None, place: Path) -> Corpus:
    if check:
        check(corpus.labels, str(place))
    return corpus


def _check_prepared(
    corpus: Corpus,
    config: TextConfig,
    column: str | None,
    label_columns: Sequence[LabelColumnSpec],
    noise: float,
    path: Path,
) -> None:
    declared = declared_identity(config)
    held = {name: corpus.identity.get(name, "nothing") for name in declared}
    if wrong := differences(declared, held):
        raise NsmcError(
            f"{path} was prepared with other settings ({'; '.join(wrong)}). Prepare it again with "
            "this configuration, or train with the configuration it was prepared with"
        )
    if corpus.source["noise"] != noise:
        raise NsmcError(
            f"{path} was prepared with data.noise = {corpus.source['noise']:g}, but {noise:g} was "
            "asked for; prepare it again with this configuration, or train with the one it was "
            "prepared with"
        )
    if column not in (None, corpus.source["column"]):
        raise DataError(
            f"{path} was prepared from the comments in column {corpus.source['column']!r}, but "
            f"column {column!r} was asked for; leave --column out, or prepare "
            f"{corpus.source['name']} again with it"
        )
    for one in label_columns:
        if one.required and one.name not in corpus.labels:
            labels = ", ".join(map(repr, corpus.labels)) or "none"
            raise DataError(
                f"{path}: expected the labels of column {one.name!r}, found those prepared: "
                f"{labels}; name one of them with --label-column, or prepare "
                f"{corpus.source['name']} again for this task"
            )


def _listing(directory: Path) -> str:
    if not directory.is_dir():
        return "no such file or directory"
    names = sorted(entry.name for entry in directory.iterdir())
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "") if names else "nothing"
