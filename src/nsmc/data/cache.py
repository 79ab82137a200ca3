"""Corpora that were tokenized before, found again by what they were made from."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from nsmc.data.corpus import Corpus, load_corpus, read_corpus, save_corpus
from nsmc.data.paths import cache_directory
from nsmc.errors import DataError, ModelError, NsmcError
from nsmc.files import sha256_of
from nsmc.text.config import TextConfig
from nsmc.text.tokenizer import declared_identity, differences, make_tokenizer

TRAIN_FILE = "ratings_train.txt"
PREPARED = "ratings_train.corpus"


def training_corpus(
    data: Path,
    config: TextConfig,
    *,
    progress: Callable[[int, int], None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> Corpus:
    """The encoded training reviews of a data directory, tokenized only if never done before.

    ``data`` is either a directory with ``ratings_train.txt``, whose corpus is kept in the user's
    cache directory under the hash of the file and of the tokenizer's settings, or one that
    ``nsmc prepare`` wrote, which needs no Mecab. What the vocabulary keeps (``data.min_freq``,
    ``data.max_size``) is decided when a training starts, from the counts of the whole corpus, so
    one corpus serves every vocabulary setting.

    Args:
        data: the directory.
        config: the tokenizer's configuration.
        progress: called with reviews done since the last call and reviews in all.
        warn: called with a message when the cache can't be written; training goes on.

    Raises:
        DataError: neither is there, or the reviews can't be read.
        ModelError: the prepared corpus is damaged.
        NsmcError: the prepared corpus was made with other settings, or Mecab can't be used.
    """
    if (data / PREPARED).is_dir():
        corpus = load_corpus(data / PREPARED)
        _check_prepared(corpus, config, data / PREPARED)
        return corpus
    file = data / TRAIN_FILE
    if not file.is_file():
        raise DataError(
            f"expected {TRAIN_FILE} in {data}, found {_listing(data)}. Give the directory that "
            "holds NSMC's files (`nsmc download` fetches them), or try --data data/sample"
        )
    entry = cache_directory() / "corpora" / _key(file, config)
    if cached := _cached(entry, config):
        return cached
    corpus = read_corpus(file, config, progress=progress)
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
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write the encoded training reviews into ``output``, to train where Mecab isn't installed.

    Returns:
        The corpus's directory; ``nsmc train --data OUTPUT`` takes its parent.

    Raises:
        NsmcError: as `training_corpus`, or ``output`` can't be written.
    """
    corpus = training_corpus(data, config, progress=progress)
    save_corpus(corpus, output / PREPARED)
    return output / PREPARED


def _key(file: Path, config: TextConfig) -> str:
    # Without the versions of Mecab and its dictionary, which only an installed Mecab can tell:
    # they stand in the corpus and are compared when it is found.
    declared = json.dumps({"file": sha256_of(file), **declared_identity(config)}, sort_keys=True)
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
        here = make_tokenizer(config).identity()
    except NsmcError:
        return corpus
    return None if differences(corpus.identity, here) else corpus


def _check_prepared(corpus: Corpus, config: TextConfig, path: Path) -> None:
    declared = declared_identity(config)
    found = {name: corpus.identity.get(name, "nothing") for name in declared}
    if wrong := differences(declared, found):
        raise NsmcError(
            f"{path} was prepared with other settings ({'; '.join(wrong)}). Prepare it again with "
            "this configuration, or train with the configuration it was prepared with"
        )


def _listing(directory: Path) -> str:
    if directory.is_file():
        return f"a file; its directory is {directory.parent}"
    if not directory.is_dir():
        return "no such directory"
    names = sorted(entry.name for entry in directory.iterdir())
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "") if names else "nothing"
