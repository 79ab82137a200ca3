"""Downloads from a real server on the loopback that cuts, stalls, lies and refuses."""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nsmc.cli import download as command
from nsmc.data.download import BASE_URL, OFFICIAL, RemoteFile, download
from nsmc.data.paths import cache_directory, data_directory
from nsmc.errors import DownloadError, NsmcError, UsageError
from tests.waiting import until

if TYPE_CHECKING:
    from tests.data.conftest import FileServer

SIZE = 200_000


def content(seed: int, size: int = SIZE) -> bytes:
    return random.Random(seed).randbytes(size)


def remote(name: str, body: bytes) -> RemoteFile:
    return RemoteFile(name, len(body), hashlib.sha256(body).hexdigest())


BODY = content(1)
FILE = remote("ratings_train.txt", BODY)
OTHER_BODY = content(2, 50_000)
OTHER = remote("ratings_test.txt", OTHER_BODY)


@pytest.fixture(autouse=True)
def published(server: FileServer) -> None:
    server.files = {FILE.name: BODY, OTHER.name: OTHER_BODY}


def get(server: FileServer, to: Path, retries: int = 0) -> Path:
    [path] = download(to, base_url=server.url, files=[FILE], retries=retries)
    return path


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_both_files_arrive_whole_and_quietly(
    server: FileServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "new" / "place"
    paths = download(to, base_url=server.url.rstrip("/"), files=[FILE, OTHER])
    assert paths == [to / FILE.name, to / OTHER.name]
    assert [path.read_bytes() for path in paths] == [BODY, OTHER_BODY]
    assert names(to) == sorted([FILE.name, OTHER.name])
    assert server.asked == [FILE.name, OTHER.name]
    assert capfd.readouterr() == ("", "")
    # With the permissions of any other new file.
    (to / "plain").touch()
    assert paths[0].stat().st_mode == (to / "plain").stat().st_mode


def test_the_bar_shows_on_standard_error_when_asked_for(
    server: FileServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    download(tmp_path, base_url=server.url, files=[FILE], progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "100%" in err
    assert "200k/200k" in err


def test_a_right_file_is_not_asked_for_again_even_in_a_read_only_place(
    server: FileServer, tmp_path: Path
) -> None:
    (tmp_path / FILE.name).write_bytes(BODY)
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.asked == []
    assert names(tmp_path) == [FILE.name]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (content(3), rf"is not the file that was expected: .*{FILE.sha256}.*name a mirror"),
        (content(1, SIZE + 1), "expected 200,000 bytes at .*, found 200,001: that is another"),
        (content(1, 300), "expected 200,000 bytes at .*, found 300: .* the network asks for a"),
    ],
)
def test_a_wrong_file_never_takes_the_place(
    server: FileServer, tmp_path: Path, body: bytes, reason: str
) -> None:
    target = tmp_path / FILE.name
    target.write_bytes(b"old")
    server.files[FILE.name] = body
    with pytest.raises(DownloadError, match=reason):
        get(server, tmp_path)
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == [FILE.name]
    server.files[FILE.name] = BODY
    assert get(server, tmp_path).read_bytes() == BODY


def test_a_cut_is_survived_by_another_try(server: FileServer, tmp_path: Path) -> None:
    server.cuts = [80_000]
    assert get(server, tmp_path, retries=1).read_bytes() == BODY
    assert server.asked == [FILE.name] * 2
    (tmp_path / FILE.name).unlink()
    server.cuts = [80_000] * 2
    with pytest.raises(DownloadError) as raised:
        get(server, tmp_path, retries=1)
    message = str(raised.value)
    assert f"could not fetch {server.url}{FILE.name} whole in 2 tries: " in message
    assert message.endswith("Nothing was kept; run the command again")
    assert names(tmp_path) == []


def test_a_server_error_that_passes_is_waited_out(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [503]
    assert get(server, tmp_path, retries=1).read_bytes() == BODY
    server.statuses = [503]
    (tmp_path / FILE.name).unlink()
    with pytest.raises(DownloadError, match="in 1 tries: 503 Server Error"):
        get(server, tmp_path)


def test_silence_ends_in_a_message(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsmc.data.download.TIMEOUT", 0.2)
    server.stall_after = 50_000
    with pytest.raises(DownloadError, match=r"in 1 tries: .*[Rr]ead timed out"):
        get(server, tmp_path)
    assert names(tmp_path) == []


def test_a_missing_file_is_reported_with_its_status_at_once(
    server: FileServer, tmp_path: Path
) -> None:
    server.files.clear()
    expected = f"expected a file at {server.url}{FILE.name}, but the server answered 404 Not Found"
    with pytest.raises(DownloadError, match=rf"{expected}\. .* --url"):
        get(server, tmp_path, retries=4)
    assert server.asked == [FILE.name]
    server.moved_to = server.url + FILE.name
    with pytest.raises(DownloadError, match="but the server answered 302 Found"):
        get(server, tmp_path, retries=4)
    assert names(tmp_path) == []


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_without_a_network_the_sample_is_named_at_once(tmp_path: Path) -> None:
    for url in (f"http://127.0.0.1:{closed_port()}/", "http://nsmc.invalid/"):
        started = time.monotonic()
        with pytest.raises(DownloadError) as raised:
            download(tmp_path, base_url=url, files=[FILE], retries=60)
        assert time.monotonic() - started < 60
        assert f"cannot reach {url}{FILE.name}" in str(raised.value)
        assert "--data data/sample" in str(raised.value)


@pytest.mark.parametrize("url", ["", "ratings", "ftp://127.0.0.1/", "http://", "http://[1/"])
def test_an_address_of_another_kind_is_wrong_usage(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="starts with https:// or http://, found"):
        download(tmp_path, base_url=url, files=[FILE])


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files")
def test_a_full_disk_is_reported(server: FileServer, tmp_path: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(NsmcError, match=f"cannot write .*{FILE.name}: File too large"):
            get(server, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert names(tmp_path) == []


def test_a_place_that_cannot_be_written_is_reported(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / FILE.name).mkdir()
    for to, reason in (
        (tmp_path / "file" / "below", "cannot write .*: Not a directory"),
        (tmp_path / "file", "cannot write .*: "),
        (tmp_path, "expected a file or nothing at .*, found a directory"),
        (tmp_path / ("x" * 300), "cannot write .*: File name too long"),
    ):
        with pytest.raises(NsmcError, match=reason):
            get(server, to)
    assert server.asked == []


# A shell's background job ignores SIGINT, and so would the children of a suite that runs as one.
SCRIPT = """
import signal
import sys
from pathlib import Path
from nsmc.data.download import RemoteFile, download
signal.signal(signal.SIGINT, signal.default_int_handler)
to, url, name, size, sha256 = sys.argv[1:]
download(Path(to), base_url=url, files=[RemoteFile(name, int(size), sha256)])
"""


@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
def test_an_interrupted_process_leaves_nothing(server: FileServer, tmp_path: Path) -> None:
    server.stall_after = 100_000
    arguments = [str(tmp_path), server.url, FILE.name, str(FILE.size), FILE.sha256]
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments], stderr=subprocess.DEVNULL
    ) as process:

        def arriving() -> bool:
            assert process.poll() is None, "the process ended before it was interrupted"
            return any(path.is_file() and path.stat().st_size for path in tmp_path.rglob("*"))

        until(arriving)
        process.send_signal(signal.SIGINT)
        process.wait(30)
    assert names(tmp_path) == []


def test_the_official_files_are_pinned() -> None:
    assert [file.name for file in OFFICIAL] == ["ratings_train.txt", "ratings_test.txt"]
    assert [file.size for file in OFFICIAL] == [14_628_807, 4_893_335]
    assert BASE_URL.endswith("/cc0670e872d4ac27bfe36c87456783004b39ef6c/")
    assert all(len(bytes.fromhex(file.sha256)) == 32 for file in OFFICIAL)


def run_command(*options: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(options))


def test_the_command_looks_at_the_mirror_for_the_official_files(
    server: FileServer, tmp_path: Path
) -> None:
    # The server's file has this name and another size, so the command must refuse it.
    with pytest.raises(DownloadError, match=r"expected 14,628,807 bytes at .*, found 200,000"):
        run_command("--to", str(tmp_path), "--url", server.url)
    assert server.asked == [FILE.name]


def test_the_command_prints_the_paths_and_uses_the_data_directory(
    server: FileServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    # The official bytes may not stand in this repository: other files take their place here.
    monkeypatch.setattr("nsmc.data.download.OFFICIAL", (FILE, OTHER))
    monkeypatch.setenv("NSMC_DATA", str(tmp_path / "data"))
    assert run_command("--url", server.url) == 0
    first, second = tmp_path / "data" / FILE.name, tmp_path / "data" / OTHER.name
    assert capfd.readouterr() == (f"{first}\n{second}\n", "")
    assert first.read_bytes() == BODY
    assert second.read_bytes() == OTHER_BODY


def test_directories_follow_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NSMC_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NSMC_CACHE", str(tmp_path / "cache"))
    assert data_directory() == tmp_path / "data"
    assert cache_directory() == tmp_path / "cache"
    monkeypatch.setenv("NSMC_DATA", "")
    monkeypatch.delenv("NSMC_CACHE")
    for result in (data_directory(), cache_directory()):
        assert result.is_absolute()
        assert "nsmc" in result.parts
    assert data_directory() != cache_directory()
