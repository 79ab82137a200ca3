"""One file over HTTP, with retries and resume: what pooch's own downloaders lack."""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nsmc.errors import DownloadError

# Bytes. Small, because a connection that breaks within a block loses that block.
BLOCK = 1 << 14
# Answers that may be different in a moment: request timeout, too many requests, server errors.
PASSING = frozenset({408, 429, 500, 502, 503, 504})
WITHOUT_NETWORK = (
    "Without a network the project's sample data works: in a clone, give `--data data/sample`"
)


@dataclass(frozen=True)
class RetryPolicy:
    """How long to wait for a server, in seconds; ``waits`` holds one pause before each retry."""

    waits: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    connect: float = 10.0
    read: float = 30.0


PATIENCE = RetryPolicy()


def fetch(
    url: str,
    part: Path,
    size: int,
    *,
    progress: bool | None = None,
    patience: RetryPolicy = PATIENCE,
) -> None:
    """Bring ``part`` to exactly ``size`` bytes of ``url``, keeping what it already holds.

    ``progress`` shows a bar on standard error; None shows it on a terminal only.

    Raises:
        DownloadError: there is no network, the server refuses, the file there has another size,
            or the connection was cut more often than ``patience`` has waits; then ``part`` stays.
        OSError: ``part`` can't be written.
    """
    import requests
    from tqdm import tqdm

    if _size(part) > size:
        part.unlink()
    bar_options = {"total": size, "unit": "B", "unit_scale": True, "desc": url.rsplit("/", 1)[-1]}
    # tqdm takes disable=None for "only on a terminal"; its file is standard error.
    disable = None if progress is None else not progress
    with requests.Session() as session, tqdm(**bar_options, disable=disable) as bar:
        transfer = _Transfer(session, bar, url, part, size, patience)
        for wait in patience.waits:
            try:
                transfer.attempt()
                return
            except _Cut as cut:
                bar.set_postfix_str(f"{cut}, retrying")
            time.sleep(wait)
        try:
            transfer.attempt()
        except _Cut as cut:
            raise _given_up(url, part, size, len(patience.waits) + 1, cut) from cut


class _Cut(Exception):
    """The transfer ended early for a reason that may pass; the part file stays."""


@dataclass
class _Transfer:
    """The attempts for one file; requests and tqdm publish no types, hence Any."""

    session: Any
    bar: Any
    url: str
    part: Path
    size: int
    patience: RetryPolicy
    answered: bool = field(default=False, init=False)

    def attempt(self) -> None:
        """Ask once for what is missing; return with the part file at its full size.

        Raises:
            _Cut: it ended early and another attempt may go on.
            DownloadError: another attempt would end the same way.
        """
        from requests.exceptions import RequestException

        offset = _size(self.part)
        if offset == self.size:
            return
        # A range counts bytes of what is sent, so a compressed answer could not be resumed.
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        try:
            with self.session.get(
                self.url,
                headers=headers,
                stream=True,
                timeout=(self.patience.connect, self.patience.read),
            ) as response:
                self.answered = True
                self._copy(response, self._start(response, offset))
        except RequestException as error:
            raise self._told(error) from error

    def _start(self, response: Any, offset: int) -> int:
        """Offset at which the body of ``response`` begins: ``offset``, or 0 to start over."""
        status = response.status_code
        if status == 200:
            length = response.headers.get("Content-Length", "")
            if length.isdecimal() and not _encoded(response):
                self._check_total(int(length))
            return 0
        if status == 206:
            found = re.fullmatch(
                r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "")
            )
            if found and int(found[1]) == offset and not _encoded(response):
                if found[2] != "*":
                    self._check_total(int(found[2]))
                return offset
        if status in (206, 416):
            # Another range than the one asked for, or none: what is here can't be continued.
            self.part.unlink(missing_ok=True)
            raise _Cut("the server could not resume")
        answer = f"{status} {response.reason}".rstrip()
        if status in PASSING:
            raise _Cut(f"the server answered {answer}")
        raise DownloadError(
            f"expected a file at {self.url}, but the server answered {answer}. "
            "Check the address; a mirror can be named with --url"
        )

    def _check_total(self, total: int) -> None:
        if total != self.size:
            raise _wrong_size(self.url, self.size, f"{total:,}")

    def _copy(self, response: Any, offset: int) -> None:
        """Write the body from ``offset`` on, and no byte more than the size that is due."""
        self.bar.set_postfix_str("", refresh=False)
        self.bar.n = offset
        self.bar.refresh()
        with self.part.open("ab" if offset else "wb") as file:
            for block in response.iter_content(BLOCK):
                offset += len(block)
                if offset > self.size:
                    break
                file.write(block)
                self.bar.update(len(block))
        if offset > self.size:
            self.part.unlink()
            raise _wrong_size(self.url, self.size, "more")
        if offset < self.size:
            raise _Cut("the connection was cut")

    def _told(self, error: Exception) -> Exception:
        """What a failure inside requests means here."""
        from requests import exceptions
        from urllib3.exceptions import MaxRetryError, ReadTimeoutError

        inner = error.args[0] if error.args else None
        if isinstance(inner, MaxRetryError):
            # It was never connected. At the very start waiting won't help; later it may.
            reason = inner.reason and (inner.reason.__cause__ or inner.reason)
            if self.answered:
                return _Cut(f"the server can no longer be reached ({reason})")
            return DownloadError(f"cannot reach {self.url}: {reason}. {WITHOUT_NETWORK}")
        if isinstance(error, exceptions.Timeout) or isinstance(inner, ReadTimeoutError):
            return _Cut(f"nothing came for {self.patience.read:g} seconds")
        if isinstance(error, exceptions.ConnectionError | exceptions.ChunkedEncodingError):
            return _Cut("the connection was cut")
        return DownloadError(
            f"cannot fetch {self.url}: {error}. Check the address; a mirror can be named with --url"
        )


def _given_up(url: str, part: Path, size: int, tries: int, cut: _Cut) -> DownloadError:
    arrived = _size(part)
    kept = f" and stay in {part}" if arrived else ""
    return DownloadError(
        f"could not fetch {url} whole in {tries} tries: {cut}. {arrived:,} of {size:,} bytes "
        f"arrived{kept}; run the command again to resume from there"
    )


def _wrong_size(url: str, size: int, found: str) -> DownloadError:
    return DownloadError(
        f"expected {size:,} bytes at {url}, found {found}: that is another file, or a page that "
        "stands in its place. Check the address and whether the network asks for a login"
    )


def _encoded(response: Any) -> bool:
    return bool(response.headers.get("Content-Encoding", "identity") != "identity")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
