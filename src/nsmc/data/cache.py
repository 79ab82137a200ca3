"""Corpora that were tokenized before, found again by what they were made from."""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.data.corpus import (
    Check,
    Corpus,
    Encoding,
    Progress,
    load_corpus,
    read_corpus,
    save_corpus,
)
from nsmc.data.paths import cache_directory, others_wait
from nsmc.errors import DataError, ModelError, NsmcError
from nsmc.messages.translate import tr
from nsmc.storage.files import is_there, sha256_of
from nsmc.storage.leftovers import remove_tree
from nsmc.tables.formats import table_file
from nsmc.text.noise import VERSION as NOISE
from nsmc.text.tokenizer import declared_identity, differences, make_tokenizer

if TYPE_CHECKING:
    from nsmc.tables.in_memory import InMemory

TRAIN_FILE = "ratings_train.txt"
PREPARED = "ratings_train.corpus"


def training_corpus(
    data: "Path | InMemory",
    encoding: Encoding,
    *,
    check: Check | None = None,
    progress: Progress | None = None,
    warn: Callable[[str], None] | None = None,
) -> Corpus:
    """The encoded training reviews of a file or directory, tokenized unless they are cached.

    The corpus of a table is kept in the user's cache directory under the hash of the file and of
    ``encoding``. A training counts its vocabulary from the corpus, so one corpus serves all
    settings of that.

    Args:
        data: a table, a directory with ``ratings_train.txt``, or one that `prepare` wrote, which
            needs no Mecab. What is in memory isn't kept.
        encoding: what decides the corpus.
        check: called with the labels before anything is tokenized.
        progress: called with reviews done since the last call and reviews in all.
        warn: called with a message when the cache can't be written; training goes on.

    Raises:
        DataError: there are no reviews, they can't be read or lack a column, or ``check`` refuses
            the labels.
        ModelError: the prepared corpus is damaged.
        NsmcError: the prepared corpus was made with other settings, or Mecab can't be used.
    """
    if not isinstance(data, Path):
        return read_corpus(data, encoding, check=check, progress=progress)
    prepared = data / PREPARED
    if prepared.is_dir():
        corpus = load_corpus(prepared)
        _check_prepared(corpus, encoding, prepared)
        names = {spec.name for spec in encoding.label_columns}
        labels = {name: column for name, column in corpus.labels.items() if name in names}
        return _checked(dataclasses.replace(corpus, labels=labels), check, prepared)
    file = training_file(data)
    entry = cache_directory() / "corpora" / _key(file, encoding)
    cached = _cached(entry, encoding)
    if cached is None:
        with others_wait(entry.name):
            cached = _cached(entry, encoding)  # another process may have been quicker
            if cached is None:
                corpus = read_corpus(file, encoding, check=check, progress=progress)
                try:
                    save_corpus(corpus, entry)
                except NsmcError as error:
                    if warn:
                        warn(
                            tr(
                                "the tokenized reviews were not kept for the next run: {error}",
                                error=error,
                            )
                        )
                    return corpus
                # Read back by memory map, as any later run will.
                return load_corpus(entry)
    # The same bytes may have had another name.
    source = {**cached.source, "name": file.name}
    return _checked(dataclasses.replace(cached, source=source), check, file)


def prepare(
    data: Path,
    output: Path,
    encoding: Encoding,
    *,
    check: Check | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write the encoded training reviews into ``output``, to train where Mecab isn't installed.

    Returns:
        The corpus's directory; ``nsmc train --data OUTPUT`` takes its parent.

    Raises:
        NsmcError: as `training_corpus`, or ``output`` can't be written.
    """
    save_corpus(training_corpus(data, encoding, check=check, progress=progress), output / PREPARED)
    return output / PREPARED


def reviews_sha256(data: Path) -> str:
    """SHA-256 of the table that `training_corpus` takes, or that was prepared.

    Raises:
        DataError: there is none.
        ModelError: the prepared corpus is damaged.
    """
    if (data / PREPARED).is_dir():
        sha256: str = load_corpus(data / PREPARED).source["sha256"]
        return sha256
    return sha256_of(training_file(data))


def training_file(data: Path) -> Path:
    """The table that ``--data`` means to a training: a file, or a directory's training file.

    Raises:
        DataError: there is none.
    """
    if data.is_file():
        return data
    if (data / TRAIN_FILE).is_file():
        return data / TRAIN_FILE
    listing = tr("no such file or directory")
    if data.is_dir():
        names = sorted(entry.name for entry in data.iterdir())
        listing = (", ".join(names[:8]) + (" …" if len(names) > 8 else "")) or tr("none")
    raise DataError(
        "expected a table of reviews or {file} in {data}, found {listing}. Name a "
        "file, or the directory that holds NSMC's (`nsmc download` fetches them), or "
        "try --data data/sample",
        file=TRAIN_FILE,
        data=data,
        listing=listing,
    )


def _key(file: Path, encoding: Encoding) -> str:
    # Without the versions of Mecab and its dictionary, which only an installed Mecab knows: they
    # are in the corpus and compared there.
    declared = {
        "file": sha256_of(file),
        # What decides how the bytes are read.
        "format": table_file(file, encoding.reading.format).format,
        "reading": dataclasses.asdict(encoding.reading),
        "column": encoding.column,
        "labels": sorted(dataclasses.astuple(spec) for spec in encoding.label_columns),
        **declared_identity(encoding.text),
        "noise": [encoding.noise, NOISE],
    }
    if encoding.learned is not None:
        declared["learned"] = hashlib.sha256(encoding.learned).hexdigest()
    return hashlib.sha256(json.dumps(declared, sort_keys=True).encode()).hexdigest()[:24]


def _cached(entry: Path, encoding: Encoding) -> Corpus | None:
    """A whole corpus at ``entry`` made by the Mecab of this machine, or by any if it has none."""
    if not is_there(entry):
        return None
    try:
        corpus = load_corpus(entry)
    except ModelError:
        remove_tree(entry)
        return None
    try:
        installed = make_tokenizer(encoding.text, corpus.learned).identity()
    except NsmcError:
        return corpus
    return None if differences(corpus.identity, installed) else corpus


def _checked(corpus: Corpus, check: Check | None, place: Path) -> Corpus:
    if check:
        check(corpus.labels, str(place))
    return corpus


def _check_prepared(corpus: Corpus, encoding: Encoding, path: Path) -> None:
    name, noise, column = (corpus.source[key] for key in ("name", "noise", "column"))
    declared = declared_identity(encoding.text)
    prepared = {field: corpus.identity.get(field, "nothing") for field in declared}
    if wrong := differences(declared, prepared):
        raise NsmcError(
            "{path} was prepared with other settings ({wrong}). Prepare it again with this "
            "configuration, or train with the configuration it was prepared with",
            path=path,
            wrong="; ".join(wrong),
        )
    if encoding.learned is not None and corpus.learned != encoding.learned:
        raise NsmcError(
            "{path} was prepared with other learnt units than those of the model to start "
            "from; prepare it again with the same --from",
            path=path,
        )
    if noise != encoding.noise:
        raise NsmcError(
            "{path} was prepared with data.noise = {noise:g}, but {asked:g} was asked for; "
            "prepare it again with this configuration, or train with the one it was "
            "prepared with",
            path=path,
            noise=noise,
            asked=encoding.noise,
        )
    if encoding.column not in (None, column):
        raise DataError(
            "{path} was prepared from the comments in column {column!r}, but column "
            "{asked!r} was asked for; leave --column out, or prepare {name} again with it",
            path=path,
            column=column,
            asked=encoding.column,
            name=name,
        )
    stars = corpus.source.get("stars")  # not recorded by an earlier version
    for spec in encoding.label_columns:
        made_with = spec.stars if stars is None else stars.get(spec.name, [0.0, 0.0])
        if made_with != spec.stars:
            raise NsmcError(
                "{path}: the labels of column {column!r} were prepared with data.positive_from and "
                "data.negative_to of {prepared}, but {asked} was asked for (0 takes labels as they "
                "are); prepare it again with this configuration, or train with the one it was "
                "prepared with",
                path=path,
                column=spec.name,
                prepared="{:g}, {:g}".format(*made_with),
                asked="{:g}, {:g}".format(*spec.stars),
            )
        if spec.required and spec.name not in corpus.labels:
            labels = ", ".join(map(repr, corpus.labels)) or "none"
            raise DataError(
                "{path}: expected the labels of column {column!r}, found those prepared: "
                "{labels}; name one of them with --label-column, or prepare {name} again for "
                "this task",
                path=path,
                column=spec.name,
                labels=labels,
                name=name,
            )
