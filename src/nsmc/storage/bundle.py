"""A directory with a manifest: the one format of models, checkpoints and corpora.

A bundle is written beside its final place, its manifest last, and renamed in whole. The manifest
names the kind, the schema version and, for every other file, its size and SHA-256, because the
formats inside check structure at most: a flipped byte in a weight would load without a word.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nsmc.errors import ModelError
from nsmc.messages.translate import mark, tr
from nsmc.storage.files import sha256_of, umask, whole_directory

MANIFEST = "manifest.json"
MOST = 1 << 20
"""Bytes of a manifest at most."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DIGEST = re.compile("[0-9a-f]{64}")
_NO_UTF8 = re.compile("[\ud800-\udfff]")
_RESTORE = {
    "model": mark("copy the directory again from where it was whole, or train it again"),
    "corpus": mark("delete it and prepare the data again"),
}


@contextlib.contextmanager
def writing_bundle(path: Path, kind: str, schema: int) -> Iterator[Path]:
    """Give a directory to fill; seal it with a manifest and put it at ``path`` when the block ends.

    Raises:
        NsmcError: the place is not writable or the disk is full; ``path`` is then as it was.
    """
    with whole_directory(path) as directory:
        yield directory
        for file in directory.iterdir():
            # safetensors makes files private; a model is for whoever may read its directory.
            file.chmod(file.stat().st_mode | 0o444 & ~umask())
        files = {
            file.name: {"bytes": file.stat().st_size, "sha256": sha256_of(file)}
            for file in sorted(directory.iterdir())
        }
        write_json(directory / MANIFEST, {"kind": kind, "schema": schema, "files": files})


@dataclass(frozen=True)
class Bundle:
    """A bundle whose manifest was read and checked."""

    path: Path
    kind: str
    files: Mapping[str, tuple[int, str]]
    """The bytes and the SHA-256 of every file. One that isn't named here is never read."""

    def read(self, name: str) -> bytes:
        """The content of a file, undamaged.

        Raises:
            ModelError: it is missing or can't be read, or has another size or hash.
        """
        with self._readable():
            self._check_size(name)
            content = (self.path / name).read_bytes()
        self._check_hash(name, hashlib.sha256(content).hexdigest())
        return content

    def verify(self) -> None:
        """Check every file as `read` does, whatever its size."""
        with self._readable():
            for name in self.files:
                self._check_size(name)
                self._check_hash(name, sha256_of(self.path / name))

    @property
    def restore(self) -> str:
        """What to do about a damage."""
        return tr(_RESTORE.get(self.kind, mark("delete it and start again")))

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ModelError(
                "cannot read the {kind} directory {path}: {reason} ({file}); give this user "
                "the right to read it, or another directory",
                kind=tr(self.kind),
                path=self.path,
                reason=error.strerror,
                file=error.filename,
            ) from error

    def _check_size(self, name: str) -> None:
        file, (size, _) = self.path / name, self.files[name]
        if not file.is_file():
            raise ModelError(
                "{path} lacks its file {name}; {restore}",
                path=self.path,
                name=name,
                restore=self.restore,
            )
        if (found := file.stat().st_size) != size:
            raise ModelError(
                "{file} is damaged: expected {size:,} bytes, found {found:,}; {restore}",
                file=file,
                size=size,
                found=found,
                restore=self.restore,
            )

    def _check_hash(self, name: str, found: str) -> None:
        if found != (digest := self.files[name][1]):
            raise ModelError(
                "{file} is damaged: expected SHA-256 {expected}…, found {found}…; {restore}",
                file=self.path / name,
                expected=digest[:12],
                found=found[:12],
                restore=self.restore,
            )


def open_bundle(path: Path, kind: str, schema: int, needed: Collection[str]) -> Bundle:
    """Open a bundle of this kind and schema whose manifest names at least the ``needed`` files.

    Raises:
        ModelError: one message per defect: no such directory, no manifest or none of this form,
            another kind, a newer or older schema, a needed file that isn't named.
    """
    bundle, manifest = Bundle(path, kind, {}), path / MANIFEST
    restore = bundle.restore
    words = {"kind": tr(kind), "path": path}
    with bundle._readable():
        if not path.is_dir():
            if path.exists():
                raise ModelError(
                    "expected a {kind} directory at {path}, found a file there", **words
                )
            raise ModelError("expected a {kind} directory at {path}, found nothing there", **words)
        if not manifest.is_file():
            raise ModelError(
                "{path} is not a {kind} directory: it has no {manifest}. Give the directory "
                "that `nsmc train` named at its end",
                manifest=MANIFEST,
                **words,
            )
        with manifest.open("rb") as file:
            content = file.read(MOST + 1)
    try:
        found_kind, found_schema, files = _read_manifest(content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(
            "{manifest} is damaged ({error}); {restore}",
            manifest=manifest,
            error=error,
            restore=restore,
        ) from error
    if found_kind != kind:
        raise ModelError(
            "expected a {kind} directory, found a {found_kind} directory at {path}",
            kind=tr(kind),
            found_kind=tr(found_kind),
            path=path,
        )
    if found_schema > schema:
        raise ModelError(
            "{path} has schema version {found_schema}, newer than the {schema} this nsmc "
            "reads; upgrade nsmc",
            path=path,
            found_schema=found_schema,
            schema=schema,
        )
    if found_schema < schema:
        raise ModelError(
            "{path} has schema version {found_schema}, older than the {schema} this nsmc "
            "reads; {restore} with this version",
            path=path,
            found_schema=found_schema,
            schema=schema,
            restore=restore,
        )
    if missing := sorted(set(needed) - files.keys()):
        raise ModelError(
            "{manifest} doesn't name {missing}, which a {kind} needs; {restore}",
            manifest=manifest,
            missing=missing[0],
            kind=kind,
            restore=restore,
        )
    return replace(bundle, files=files)


def _read_manifest(content: bytes) -> tuple[str, int, dict[str, tuple[int, str]]]:
    """Kind, schema and files of a manifest; anything else in their place raises."""
    if len(content) > MOST:
        raise ValueError(f"more than {MOST:,} bytes")
    manifest = strict_json(content)
    kind, schema, listed = manifest["kind"], manifest["schema"], manifest["files"]
    if not _NAME.fullmatch(kind) or type(schema) is not int:
        raise ValueError("kind must be a name and schema a whole number")
    files = {}
    for name, about in listed.items():
        size, digest = about["bytes"], about["sha256"]
        # No path: with one, a stranger's model would read, and time, files of its user's.
        if not _NAME.fullmatch(name) or name == MANIFEST:
            raise ValueError(f"{name!r} is no plain file name")
        if type(size) is not int or size < 0 or not _DIGEST.fullmatch(digest):
            raise ValueError(f"{name} has no size and SHA-256")
        files[name] = size, digest
    return kind, schema, files


def verify_bundle(path: Path, kind: str, schema: int, needed: Collection[str]) -> Bundle:
    """Open a bundle as `open_bundle` does and check all its files.

    Raises:
        ModelError: as `open_bundle`; or a missing file, a wrong size, a wrong hash, a file that
            can't be read.
    """
    bundle = open_bundle(path, kind, schema, needed)
    bundle.verify()
    return bundle


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented UTF-8 JSON: see `json_text`."""
    path.write_text(json_text(value, indent=2) + "\n", encoding="utf-8")


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON with Hangul left readable; bytes in a file's name that are no UTF-8 are escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _NO_UTF8.sub(lambda one: f"\\u{ord(one[0]):04x}", text)


def strict_json(content: bytes) -> Any:
    """What a stranger's JSON says, if every reader takes it for the same.

    Raises:
        ValueError: it is no JSON in UTF-8, or has a key twice in one object.
        RecursionError: it nests too deep.
    """

    return json.loads(content.decode(), object_pairs_hook=distinct_keys)


def distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; a key that it has twice is a ValueError."""
    item = dict(pairs)
    if len(item) != len(pairs):
        raise ValueError(tr("the same key twice in one object"))
    return item


def read_json(path: Path) -> Any:
    """Read a UTF-8 JSON file of a bundle that was verified before."""
    return json.loads(path.read_text(encoding="utf-8"))
