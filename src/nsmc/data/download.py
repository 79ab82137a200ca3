"""The official NSMC files: where they are, and how they get here whole."""

import contextlib
import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nsmc.data.paths import data_directory
from nsmc.errors import DownloadError, NsmcError, UsageError
from nsmc.messages.translate import mark, tr
from nsmc.storage.files import atomic_write, cannot_write, sha256_of
from nsmc.storage.leftovers import temporary_beside

RETRIES = 4
"""More attempts after one that failed for a reason that may pass; pooch waits 1, 2, … seconds."""
TIMEOUT = (10.0, 30.0)
"""Seconds to wait for a connection, and for more bytes."""
PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""HTTP answers that may be different in a moment: timeout, too many requests, server errors."""
MIRROR = mark("Check the address; a mirror can be named with --url")


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
    to: Path | str | None = None,
    *,
    base_url: str = BASE_URL,
    files: Sequence[RemoteFile] = OFFICIAL,
    progress: bool | None = None,
    retries: int = RETRIES,
) -> list[Path]:
    """Fetch ``files`` into ``to`` (default: `data_directory`) and return their paths, in order.

    A file that is already there with the right hash is not fetched again; one with another hash is
    replaced once the new one is verified. ``progress`` shows a bar on standard error; None shows it
    on a terminal only.

    Raises:
        UsageError: ``base_url`` is not an http or https address.
        DownloadError: there is no network, or a file could not be fetched whole or is not the one
            that was expected.
        NsmcError: the place can't be read or written.
    """
    import pooch

    directory, address = data_directory() if to is None else Path(to), _check_address(base_url)
    show = sys.stderr.isatty() if progress is None else progress
    with _warnings_only(pooch.get_logger()):
        return [_fetch(address, file, directory / file.name, retries, show) for file in files]


def official_data() -> Path:
    """Return the directory of the official files, fetching them first if they aren't there.

    Raises:
        DownloadError: they aren't there and can't be fetched.
    """
    return download()[0].parent


def _check_address(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise UsageError(
            "expected the address of a directory that starts with https:// or http://, "
            "found {base_url!r}",
            base_url=base_url,
        )
    return base_url.rstrip("/") + "/"


def _fetch(address: str, file: RemoteFile, target: Path, retries: int, progress: bool) -> Path:
    import pooch
    from requests import RequestException

    # A compressed answer would have another length than the file.
    headers = {"Accept-Encoding": "identity"}
    transfer = pooch.HTTPDownloader(progressbar=progress, timeout=TIMEOUT, headers=headers)

    def attempt(url: str, output: str, store: Any) -> None:
        # pooch has made it, readable for this user alone.
        Path(output).unlink()
        try:
            transfer(url, output, store)
        except RequestException as error:
            _raise_if_final(error, url, Path(output))
            raise  # pooch tries again
        size = Path(output).stat().st_size
        if size != file.size:
            raise DownloadError(
                "expected {size:,} bytes at {url}, found {found:,}: that is another file, or a "
                "page in its place. Check the address and whether the network asks for a login",
                size=file.size,
                url=url,
                found=size,
            )

    url = address + file.name
    try:
        if target.is_dir():
            raise NsmcError(
                "expected a file or nothing at {target}, found a directory; move it away or "
                "choose another place with --to",
                target=target,
            )
        if target.is_file() and sha256_of(target) == file.sha256:
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        # In a place of its own, so that what a crash leaves of pooch's files is found again.
        with temporary_beside(target, directory=True) as place:
            store = pooch.create(
                path=place.absolute(),
                base_url=address,
                registry={file.name: f"sha256:{file.sha256}"},
                retry_if_failed=retries,
            )
            fetched = Path(store.fetch(file.name, downloader=attempt))
            with atomic_write(target) as temporary:
                fetched.replace(temporary)
    except RequestException as error:
        raise DownloadError(
            "could not fetch {url} whole in {tries} tries: {error}. Nothing was kept; run "
            "the command again",
            url=url,
            tries=retries + 1,
            error=error,
        ) from error
    except ValueError as error:  # pooch's, for another hash
        raise DownloadError(
            "{url} is not the file that was expected: {error}. Nothing was kept; run the "
            "command again, and if that does not help, name a mirror with --url",
            url=url,
            error=error,
        ) from error
    except OSError as error:
        raise cannot_write(target, error) from error
    return target


def _raise_if_final(error: Any, url: str, output: Path) -> None:
    """Raise DownloadError for a `requests.RequestException` that another attempt would repeat."""
    if error.response is not None:
        if error.response.status_code not in PASSING:
            answer = f"{error.response.status_code} {error.response.reason}".rstrip()
            raise DownloadError(
                "expected a file at {url}, but the server answered {answer}. {advice}",
                url=url,
                answer=answer,
                advice=tr(MIRROR),
            ) from error
    elif not (output.exists() and output.stat().st_size):
        # Not a byte came: there is no network, or no such server.
        raise DownloadError(
            "cannot reach {url}: {error}. Without a network the project's sample data "
            "works: in a clone, give `--data data/sample`",
            url=url,
            error=error,
        ) from error


@contextlib.contextmanager
def _warnings_only(logger: logging.Logger) -> Iterator[None]:
    # The bar says the same as pooch's commentary.
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
