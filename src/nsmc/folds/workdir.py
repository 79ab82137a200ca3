"""The directory that keeps the networks of folds, so that none is trained twice."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nsmc._version import __version__
from nsmc.config.schema import Config
from nsmc.data.corpus import Corpus
from nsmc.data.paths import cache_directory
from nsmc.errors import NsmcError
from nsmc.storage.bundle import read_json, write_json
from nsmc.storage.files import atomic_write
from nsmc.storage.leftovers import remove_tree
from nsmc.training.output import OutputDirectory

if TYPE_CHECKING:
    from nsmc.data.reviews import Reviews

Kind = Literal["audit", "evaluation"]
CACHED = 3
"""Audits, and evaluations, whose networks stay in the cache; four networks of some 8 MB each."""


def work_record(reviews: "Reviews", corpus: Corpus, folds: int, config: Config) -> dict[str, Any]:
    """What decides what the networks of folds become, as JSON values."""
    return {
        "sha256": reviews.sha256,
        "columns": [reviews.column, *reviews.labels],
        "folds": folds,
        "config": config.to_dict(),
        "identity": corpus.identity,
        "nsmc": __version__,
    }


@contextlib.contextmanager
def claimed_workdir(
    path: Path | None, record: dict[str, Any], kind: Kind = "audit"
) -> Iterator[Path]:
    """Give the working directory of an audit or an evaluation, locked against other processes.

    Args:
        path: the directory; None takes one in the user's cache, named by the record.
        record: of `work_record`.
        kind: what the networks are for.

    Raises:
        NsmcError: the directory belongs to another one, is in use or can't be written.
    """
    digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
    work = path or cache_directory() / f"{kind}s" / digest[:24]
    with OutputDirectory(work).claimed("--work"):
        _check_record(work, record, kind)
        if path is None:
            os.utime(work)
            _delete_oldest(work)
        yield work


def _check_record(work: Path, record: dict[str, Any], kind: Kind) -> None:
    path = work / f"{kind}.json"
    if not path.is_file():
        with atomic_write(path) as temporary:
            write_json(temporary, record)
        return
    try:
        earlier = dict(read_json(path))
    except (ValueError, TypeError, RecursionError) as error:
        raise NsmcError(
            "{path} is damaged ({error}); delete {work}, or give another --work",
            path=path,
            error=error,
            work=work,
        ) from error
    if earlier != record:
        changed = sorted(name for name in record if earlier.get(name) != record[name])
        raise NsmcError(
            "{work} holds the networks of another audit (differing in: {changed}); give another "
            "--work, or the table and options that it was begun with"
            if kind == "audit"
            else "{work} holds the networks of another evaluation (differing in: {changed}); give "
            "another --work, or the table and options that it was begun with",
            work=work,
            changed=", ".join(changed),
        )


def _delete_oldest(work: Path) -> None:
    """Delete older networks of the kind, but for those that another process is using."""
    others = [path for path in work.parent.iterdir() if path != work and path.is_dir()]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for old in others[CACHED - 1 :]:
        with contextlib.suppress(NsmcError), OutputDirectory(old).claimed():
            remove_tree(old)
