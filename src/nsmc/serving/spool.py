"""The directory in which tables lie: uploads while they are scored, results until fetched."""

import asyncio
import contextlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from fastapi import Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from nsmc.serving.errors import ApiError
from nsmc.serving.middleware import body_blocks, slow_body
from nsmc.serving.settings import ServerSettings
from nsmc.storage.leftovers import remove_tree

ID = re.compile(r"[A-Za-z0-9_-]{22}")
"""The name of a result's directory: who knows it may fetch the result."""
NAME = "name"
"""A result's file with the name under which it is sent; without it, nobody can fetch the result."""


def no_room() -> ApiError:
    """The answer where the disk is full or fails."""
    return ApiError(
        503, "disk_full", "no room for another table; try again later", {"retry-after": "60"}
    )


@contextlib.contextmanager
def _needing_room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise no_room() from error


@contextlib.contextmanager
def upload_directory(spool: Path) -> Iterator[Path]:
    """A directory for one upload, that goes with the block.

    Raises:
        ApiError: 503 without room on the disk.
    """
    place = spool / secrets.token_hex(8)
    try:
        with _needing_room():
            place.mkdir()
        yield place
    finally:
        remove_tree(place)


def used_bytes(spool: Path) -> int:
    """The bytes of all files of all tables, without those that go while they are counted."""
    used = 0
    for place, _, files in os.walk(spool):  # unlike rglob, it passes over what is gone
        for name in files:
            with contextlib.suppress(FileNotFoundError):
                used += Path(place, name).stat().st_size
    return used


async def receive(request: Request, path: Path, settings: ServerSettings) -> None:
    """Write a body into a file, its bytes counted as they arrive.

    Raises:
        ApiError: 413 or 408; 503 without room on the disk.
    """
    blocks = body_blocks(request.scope, request.receive, settings.table_bytes)
    if used_bytes(settings.spool) > settings.spool_bytes:
        raise no_room()
    try:
        with path.open("wb") as file:
            while True:
                async with asyncio.timeout(settings.upload_seconds):
                    block = await anext(blocks, None)
                if block is None:
                    return
                file.write(block)
    except TimeoutError as error:
        raise slow_body(settings) from error
    except ConnectionResetError as error:
        raise ApiError(400, "cut", "the body ended early; send it again") from error
    except OSError as error:
        raise no_room() from error


def result_directory(settings: ServerSettings) -> Path:
    """A new directory for one result; results that nobody has fetched in time go.

    Raises:
        ApiError: 503 without room on the disk.
    """
    oldest = time.time() - settings.kept_seconds
    for place in settings.spool.iterdir():
        with contextlib.suppress(OSError):
            if place.stat().st_mtime < oldest and (place / NAME).exists():
                remove_tree(place)
    place = settings.spool / secrets.token_urlsafe(16)
    with _needing_room():
        place.mkdir()
    return place


def offer(place: Path, name: str) -> None:
    """From now on the result in a directory can be fetched, as a file of this name.

    Raises:
        ApiError: 503 without room on the disk.
    """
    try:
        with _needing_room():
            (place / NAME).write_text(name, encoding="utf-8")
    except ApiError:
        with contextlib.suppress(OSError):
            (place / NAME).unlink()
        raise


def remove_unless_offered(place: Path) -> None:
    """Remove the directory of a result that didn't come to be."""
    if not (place / NAME).exists():
        remove_tree(place)


def offered(spool: Path, table_id: str) -> Path:
    """The directory of a result.

    Raises:
        ApiError: 404, there is none of this name, or no more.
    """
    place = spool / table_id
    if not ID.fullmatch(table_id) or not (place / NAME).is_file():
        raise _gone()
    return place


def _gone() -> ApiError:
    return ApiError(
        404, "not_found", "no such table is here any more; score it again, then download"
    )


def download(place: Path, *, once: bool) -> FileResponse:
    """The answer that holds a result; with `once` the result goes after it.

    Raises:
        ApiError: 404, the result's time has run out in this moment.
    """
    try:
        name = (place / NAME).read_text(encoding="utf-8")
        (path,) = place.glob("scored.*")
    except (FileNotFoundError, ValueError) as error:
        raise _gone() from error
    after = BackgroundTask(remove_tree, place) if once else None
    return FileResponse(
        path, filename=name, media_type="application/octet-stream", background=after
    )
