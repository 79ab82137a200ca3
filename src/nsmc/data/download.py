"""The official NSMC files: where they are, and how they get here whole.

pooch compares hashes, skips what is already right and puts a finished file into its place. It
starts every download over, so the transfer itself is ours: see `nsmc.data.fetch`.
"""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from nsmc.data.fetch import PATIENCE, RetryPolicy, fetch
from nsmc.data.paths import data_directory
from nsmc.errors import DownloadError, NsmcError, UsageError
from nsmc.storage.files import cannot_write, sha256_of


@dataclass(frozen=True)
class RemoteFile:
    """A file as it has to arrive: its size in bytes and its SHA-256 as 64 hex digits."""

    name: str
    size: int
    sha256: str


# A commit and not a branch, so that the files can't change under their hashes.
BASE_URL = "https://raw.githubusercontent.com/e9t/nsmc/cc0670e872d4ac27bfe36c87456783004b39ef6c/"
OFFICIAL = (
    RemoteFile(
        "ratings_train.txt",
        14_628_807,
        "e03b7d14e9e41be8d464a28057cd25d7396c53e67aa7fd5f7e552c59b0ee2940",
    ),
    RemoteFile(
        "ratings_test.txt",
        4_893_335,
        "8ac9f64052f11dbf6ae0acb5e038f03d90a76f0eda7820cfb3a92d02edfcebda",
    ),
)


def download(
    to: Path | None = None,
    *,
    base_url: str = BASE_URL,
    files: Sequence[RemoteFile] = OFFICIAL,
    progress: bool | None = None,
    patience: RetryPolicy = PATIENCE,
) -> list[Path]:
    """Fetch ``files`` into ``to`` (default: `data_directory`) and return their paths, in order.

    A file that is already there with the right hash is not fetched again; one with another hash is
    replaced once the new one is verified. What an interrupted download brought stays in
    ``<name>.part``, and the next call goes on from there. ``progress`` shows a bar on standard
    error; None shows it on a terminal only.

    Raises:
        UsageError: ``base_url`` is not an http or https address.
        DownloadError: a file could not be fetched whole, is not the one that was expected, or
            another process is downloading to the same place.
        NsmcError: the place can't be read or written.
    """
    base_url = _checked_address(base_url)
    directory = data_directory() if to is None else to
    targets = [directory / file.name for file in files]
    # Looked at before anything is written: right files in a read-only place are fine.
    missing = [
        (file, target)
        for file, target in zip(files, targets, strict=True)
        if not _is_whole(file, target)
    ]
    if missing:
        with _alone_in(directory):
            for file, target in missing:
                _retrieve(base_url + file.name, file, target, progress, patience)
    return targets


def official_data() -> Path:
    """Return the directory of the official files, fetching them first if they aren't there.

    Raises:
        DownloadError: they aren't there and can't be fetched.
    """
    return download()[0].parent


def _checked_address(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise UsageError(
            "expected the address of a directory that starts with https:// or http://, "
            f"found {base_url!r}"
        )
    return base_url.rstrip("/") + "/"


def _is_whole(file: RemoteFile, target: Path) -> bool:
    try:
        if target.is_dir():
            raise NsmcError(
                f"expected a file or nothing at {target}, found a directory; "
                "move it away or choose another place with --to"
            )
        return (
            target.is_file()
            and target.stat().st_size == file.size
            and sha256_of(target) == file.sha256
        )
    except OSError as error:
        reason = error.strerror or str(error)
        raise NsmcError(
            f"cannot read {target}: {reason}; make it readable or choose another place with --to"
        ) from error


@contextlib.contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Make ``directory`` and hold its lock: two processes would mix their bytes in one part."""
    import filelock

    if directory.exists() and not directory.is_dir():
        raise NsmcError(
            f"expected a directory to download to, found the file {directory}; "
            "choose another place with --to"
        )
    lock = filelock.FileLock(directory / ".download.lock")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise DownloadError(
            f"another process is downloading to {directory}; "
            "wait until it is done, then run the command again"
        ) from error
    except OSError as error:
        raise cannot_write(directory, error) from error
    try:
        yield
    finally:
        lock.release()


def _retrieve(
    url: str, file: RemoteFile, target: Path, progress: bool | None, patience: RetryPolicy
) -> None:
    import pooch

    part = target.with_name(target.name + ".part")

    def bring(url: str, output: str, _: object) -> None:
        # pooch has made an empty file under a random name, which a killed process would leave
        # behind. Only the name is needed, at the end; then the part becomes that file.
        Path(output).unlink()
        _fetch_verified(url, file, part, progress, patience)
        part.replace(output)

    try:
        with _warnings_only(pooch.get_logger()):
            pooch.retrieve(
                url,
                known_hash=f"sha256:{file.sha256}",
                fname=target.name,
                path=target.parent.absolute(),
                downloader=bring,
            )
    except OSError as error:
        raise cannot_write(target, error) from error


def _fetch_verified(
    url: str, file: RemoteFile, part: Path, progress: bool | None, patience: RetryPolicy
) -> None:
    """Leave the right content in ``part``, or raise DownloadError."""
    resumed = part.exists()
    fetch(url, part, file.size, progress=progress, patience=patience)
    found = sha256_of(part)
    if found != file.sha256 and resumed:
        # The beginning was from another day: another mirror, or a machine that lost power.
        part.unlink()
        fetch(url, part, file.size, progress=progress, patience=patience)
        found = sha256_of(part)
    if found != file.sha256:
        part.unlink()
        raise DownloadError(
            f"{url} is not the file that was expected: expected SHA-256 {file.sha256}, "
            f"found {found}. What arrived was removed; run the command again, and if that does "
            "not help, name a mirror with --url"
        )


@contextlib.contextmanager
def _warnings_only(logger: logging.Logger) -> Iterator[None]:
    """Keep pooch's running commentary off standard error; the bar says the same."""
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
