"""Where the networks of an audit are kept, so that nothing is trained twice."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nsmc.data.paths import cache_directory
from nsmc.errors import NsmcError
from nsmc.storage.bundle import read_json, write_json
from nsmc.storage.files import atomic_write
from nsmc.training.output import OutputDirectory

RECORD = "audit.json"
KEPT = 3
"""Audits whose networks stay in the cache; four networks of some 8 MB each."""


@contextlib.contextmanager
def claimed_work(given: Path | None, record: dict[str, Any]) -> Iterator[Path]:
    """Give the work directory of an audit, kept from other processes while the block runs.

    Args:
        given: the directory; None takes one in the user's cache, named by the record.
        record: everything that decides what the networks become, as JSON values.

    Raises:
        NsmcError: the directory holds another audit, is in use or can't be written.
    """
    place = given or _audits() / _name(record)
    with OutputDirectory(place).claimed("--work"):
        _check_record(place, record)
        if given is None:
            os.utime(place)
            _forget_oldest(place)
        yield place


def _audits() -> Path:
    return cache_directory() / "audits"


def _name(record: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:24]


def _check_record(place: Path, record: dict[str, Any]) -> None:
    path = place / RECORD
    if not path.is_file():
        with atomic_write(path) as temporary:
            write_json(temporary, record)
        return
    try:
        found = read_json(path)
    except ValueError as error:
        raise NsmcError(
            f"{path} is damaged ({error}); delete {place}, or give another --work"
        ) from error
    if found != record:
        changed = sorted(name for name in record if found.get(name) != record[name])
        raise NsmcError(
            f"{place} holds the networks of another audit (differing in: {', '.join(changed)}); "
            "give another --work, or the table and options that it was begun with"
        )


def _forget_oldest(place: Path) -> None:
    """Delete the networks of older audits, but for those that an audit is using now."""
    others = [path for path in _audits().iterdir() if path != place and path.is_dir()]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for old in others[KEPT - 1 :]:
        with contextlib.suppress(NsmcError), OutputDirectory(old).claimed():
            shutil.rmtree(old, ignore_errors=True)
