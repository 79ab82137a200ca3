"""A directory with a manifest: the one format of models, checkpoints and corpora.

A bundle is written beside its final place, its manifest last, and renamed in whole. The manifest
names the kind, the schema version and, for every other file, its size and SHA-256, because the
formats inside check structure at most: a flipped byte in a weight would load without a word.
"""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nsmc.errors import ModelError
from nsmc.storage.files import sha256_of, umask, whole_directory

MANIFEST = "manifest.json"
_RESTORE = {
    "model": "copy the directory again from where it was whole, or train it again",
    "corpus": "delete it and prepare the data again",
}


@contextlib.contextmanager
def writing_bundle(path: Path, kind: str, schema: int) -> Iterator[Path]:
    """Give a directory to fill; seal it with a manifest and put it at ``path`` when the block ends.

    Raises:
        NsmcError: the place is not writable or the disk is full; ``path`` is then as it was.
    """
    with whole_directory(path) as directory:
        yield directory
        for file in directory.rglob("*"):
            # safetensors makes files private; a model is for whoever may read its directory.
            file.chmod(file.stat().st_mode | 0o444 & ~umask())
        files = {
            file.relative_to(directory).as_posix(): {
                "bytes": file.stat().st_size,
                "sha256": sha256_of(file),
            }
            for file in sorted(directory.rglob("*"))
            if file.is_file()
        }
        write_json(directory / MANIFEST, {"kind": kind, "schema": schema, "files": files})


def verify_bundle(path: Path, kind: str, schema: int) -> None:
    """Check that ``path`` is a whole, undamaged bundle of this kind and schema.

    Raises:
        ModelError: one message per defect: no such directory, no manifest, another kind, a newer
            or older schema, a missing file, a wrong size, a wrong hash, a file that can't be read.
    """
    try:
        _verify(path, kind, schema)
    except OSError as error:
        raise ModelError(
            f"cannot read the {kind} directory {path}: {error.strerror} "
            f"({error.filename}); give this user the right to read it, or another directory"
        ) from error


def _verify(path: Path, kind: str, schema: int) -> None:
    restore = _RESTORE.get(kind, "delete it and start again")
    if not path.is_dir():
        other = "a file" if path.exists() else "nothing"
        raise ModelError(f"expected a {kind} directory at {path}, found {other} there")
    manifest = path / MANIFEST
    if not manifest.is_file():
        raise ModelError(
            f"{path} is not a {kind} directory: it has no {MANIFEST}. Give the directory that "
            "`nsmc train` named at its end"
        )
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        found_kind, found_schema = str(content["kind"]), int(content["schema"])
        files = {
            str(name): (int(f["bytes"]), str(f["sha256"])) for name, f in content["files"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ModelError(f"{manifest} is damaged ({error}); {restore}") from error
    if found_kind != kind:
        raise ModelError(f"expected a {kind} directory, found a {found_kind} directory at {path}")
    if found_schema > schema:
        raise ModelError(
            f"{path} has schema version {found_schema}, newer than the {schema} this nsmc reads; "
            "upgrade nsmc"
        )
    if found_schema < schema:
        raise ModelError(
            f"{path} has schema version {found_schema}, older than the {schema} this nsmc reads; "
            f"{restore} with this version"
        )
    for name, (size, digest) in files.items():
        file = path / name
        if not file.is_file():
            raise ModelError(f"{path} lacks its file {name}; {restore}")
        if (actual := file.stat().st_size) != size:
            raise ModelError(
                f"{file} is damaged: expected {size:,} bytes, found {actual:,}; {restore}"
            )
        if (actual_digest := sha256_of(file)) != digest:
            raise ModelError(
                f"{file} is damaged: expected SHA-256 {digest[:12]}…, found "
                f"{actual_digest[:12]}…; {restore}"
            )


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented UTF-8 JSON with Hangul left readable."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a UTF-8 JSON file of a bundle that was verified before."""
    return json.loads(path.read_text(encoding="utf-8"))
