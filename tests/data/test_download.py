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
from nsmc.data.fetch import BLOCK, RetryPolicy
from nsmc.data.paths import cache_directory, data_directory
from nsmc.errors import DownloadError, NsmcError, UsageError

if TYPE_CHECKING:
    from tests.data.conftest import FileServer

SIZE = 200_000
SHORT = RetryPolicy(waits=(0.01, 0.01), connect=2.0, read=2.0)


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


def get(server: FileServer, to: Path, patience: RetryPolicy = SHORT) -> Path:
    [path] = download(to, base_url=server.url, files=[FILE], patience=patience)
    return path


def visible(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if not path.name.startswith("."))


def part_in(directory: Path) -> Path:
    return directory / f"{FILE.name}.part"


def test_both_files_arrive_whole_and_quietly(
    server: FileServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "new" / "place"
    paths = download(to, base_url=server.url, files=[FILE, OTHER], patience=SHORT)
    assert paths == [to / FILE.name, to / OTHER.name]
    assert [path.read_bytes() for path in paths] == [BODY, OTHER_BODY]
    assert visible(to) == sorted([FILE.name, OTHER.name])
    assert server.sent == len(BODY) + len(OTHER_BODY)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX's")
def test_the_file_gets_the_permissions_of_any_other_new_file(
    server: FileServer, tmp_path: Path
) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    assert get(server, tmp_path).stat().st_mode == plain.stat().st_mode


def test_the_bar_shows_on_standard_error_when_asked_for(
    server: FileServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    download(tmp_path, base_url=server.url, files=[FILE], progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert FILE.name in err
    assert "100%" in err
    assert "200k/200k" in err


def test_a_right_file_is_not_asked_for_again_even_in_a_read_only_place(
    server: FileServer, tmp_path: Path
) -> None:
    (tmp_path / FILE.name).write_bytes(BODY)
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.asked == []
    assert os.listdir(tmp_path) == [FILE.name]  # noqa: PTH208 - hidden files too: nothing written


def test_a_wrong_file_is_replaced_only_by_a_verified_one(
    server: FileServer, tmp_path: Path
) -> None:
    target = tmp_path / FILE.name
    target.write_bytes(b"old")
    server.files[FILE.name] = content(3)
    with pytest.raises(DownloadError):
        get(server, tmp_path)
    assert target.read_bytes() == b"old"
    server.files[FILE.name] = BODY
    get(server, tmp_path)
    assert target.read_bytes() == BODY


def test_a_part_is_resumed_with_only_the_missing_bytes(server: FileServer, tmp_path: Path) -> None:
    part_in(tmp_path).write_bytes(BODY[:150_000])
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.asked == [(FILE.name, "bytes=150000-")]
    assert server.sent == 50_000
    assert visible(tmp_path) == [FILE.name]


def test_a_part_that_lacks_nothing_is_placed_without_a_request(
    server: FileServer, tmp_path: Path
) -> None:
    part_in(tmp_path).write_bytes(BODY)
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.asked == []


@pytest.mark.parametrize("size", [150_000, SIZE, SIZE + 5], ids=["short", "full", "too long"])
def test_a_damaged_part_is_given_up_for_a_fresh_start(
    server: FileServer, tmp_path: Path, size: int
) -> None:
    part_in(tmp_path).write_bytes(content(4, size))
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.asked[-1] == (FILE.name, None)


def test_cuts_are_survived_by_resuming_within_one_call(server: FileServer, tmp_path: Path) -> None:
    server.cut_after = 5 * BLOCK
    assert get(server, tmp_path).read_bytes() == BODY
    assert [wanted for _, wanted in server.asked] == [None, "bytes=81920-", "bytes=163840-"]
    assert server.sent == SIZE


def test_without_lengths_a_cut_is_noticed_too(server: FileServer, tmp_path: Path) -> None:
    server.cut_after, server.lengths = 80_000, False
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.sent == SIZE


def test_cut_forever_keeps_the_part_and_a_second_call_resumes(
    server: FileServer, tmp_path: Path
) -> None:
    server.cut_after = 2 * BLOCK
    with pytest.raises(DownloadError) as told:
        get(server, tmp_path)
    message = str(told.value)
    assert f"could not fetch {server.url}{FILE.name} whole in 3 tries" in message
    assert "the connection was cut" in message
    assert "98,304 of 200,000 bytes arrived" in message
    assert f"stay in {part_in(tmp_path)}" in message
    assert "run the command again to resume" in message
    assert visible(tmp_path) == [part_in(tmp_path).name]
    assert part_in(tmp_path).read_bytes() == BODY[: 6 * BLOCK]

    server.cut_after, server.sent = None, 0
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.sent == SIZE - 6 * BLOCK


def test_a_server_that_ignores_ranges_is_started_over(server: FileServer, tmp_path: Path) -> None:
    server.ranges = False
    part_in(tmp_path).write_bytes(BODY[:150_000])
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.asked == [(FILE.name, "bytes=150000-")]
    assert server.sent == SIZE


def test_a_range_refused_or_off_is_started_over(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [416]
    part_in(tmp_path).write_bytes(BODY[:150_000])
    assert get(server, tmp_path).read_bytes() == BODY
    assert [wanted for _, wanted in server.asked] == ["bytes=150000-", None]

    (tmp_path / FILE.name).unlink()
    server.shift = 7
    part_in(tmp_path).write_bytes(BODY[:150_000])
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.asked[-1] == (FILE.name, None)


def test_a_server_that_compresses_unasked_is_read_but_not_resumed(
    server: FileServer, tmp_path: Path
) -> None:
    server.always_compressed = True
    part_in(tmp_path).write_bytes(BODY[:150_000])
    assert get(server, tmp_path).read_bytes() == BODY
    assert [wanted for _, wanted in server.asked] == ["bytes=150000-", None]


def test_a_server_error_that_passes_is_waited_out(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [503, 429]
    assert get(server, tmp_path).read_bytes() == BODY


def test_a_server_error_that_stays_is_named(server: FileServer, tmp_path: Path) -> None:
    server.statuses = [503] * 3
    with pytest.raises(DownloadError, match="in 3 tries: the server answered 503 Service Unava"):
        get(server, tmp_path)
    assert visible(tmp_path) == []


def test_silence_ends_in_a_message_and_keeps_what_came(server: FileServer, tmp_path: Path) -> None:
    server.stall_after = BLOCK
    with pytest.raises(DownloadError, match=r"nothing came for 0\.2 seconds\. 16,384 of 200,000"):
        get(server, tmp_path, RetryPolicy(waits=(), read=0.2))
    assert part_in(tmp_path).stat().st_size == BLOCK


def test_a_wrong_hash_leaves_nothing(server: FileServer, tmp_path: Path) -> None:
    wrong = content(3)
    server.files[FILE.name] = wrong
    with pytest.raises(DownloadError) as told:
        get(server, tmp_path)
    message = str(told.value)
    assert f"expected SHA-256 {FILE.sha256}" in message
    assert f"found {hashlib.sha256(wrong).hexdigest()}" in message
    assert "run the command again" in message
    assert visible(tmp_path) == []
    assert len(server.asked) == 1


@pytest.mark.parametrize("size", [SIZE + 1, 10 * SIZE, 300])
def test_a_file_announced_with_another_size_is_not_read(
    server: FileServer, tmp_path: Path, size: int
) -> None:
    server.files[FILE.name] = content(1, size)
    part_in(tmp_path).write_bytes(BODY[:200])
    with pytest.raises(DownloadError, match=f"expected 200,000 bytes at .*, found {size:,}: that"):
        get(server, tmp_path)
    # What an earlier call brought may still be right: a login page must not cost it.
    assert part_in(tmp_path).read_bytes() == BODY[:200]
    assert len(server.asked) == 1


def test_an_endless_file_is_stopped_early(server: FileServer, tmp_path: Path) -> None:
    server.files[FILE.name] = content(1, 100 * SIZE)
    server.lengths = False
    with pytest.raises(DownloadError, match=r"expected 200,000 bytes at .*, found more"):
        get(server, tmp_path)
    assert server.sent < 50 * SIZE  # what the sockets' buffers took, not the whole
    assert visible(tmp_path) == []


def test_a_missing_file_is_named_with_its_status(server: FileServer, tmp_path: Path) -> None:
    server.files.clear()
    with pytest.raises(DownloadError) as told:
        get(server, tmp_path)
    message = str(told.value)
    assert f"expected a file at {server.url}{FILE.name}" in message
    assert "404 Not Found" in message
    assert "--url" in message
    assert len(server.asked) == 1
    assert visible(tmp_path) == []


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_without_a_network_the_sample_is_named_at_once(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{closed_port()}/"
    started = time.monotonic()
    with pytest.raises(DownloadError) as told:
        download(tmp_path, base_url=url, files=[FILE], patience=RetryPolicy(waits=(60.0,)))
    assert time.monotonic() - started < 30
    message = str(told.value)
    assert f"cannot reach {url}{FILE.name}" in message
    assert "onnection refused" in message or "10061" in message
    assert "--data data/sample" in message


def test_a_name_that_does_not_resolve_reads_like_no_network(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"cannot reach .*--data data/sample"):
        download(tmp_path, base_url="http://nsmc.invalid/", files=[FILE], patience=SHORT)


def test_a_network_that_goes_away_midway_is_waited_for_then_told(
    server: FileServer, tmp_path: Path
) -> None:
    server.cut_after = BLOCK
    server.moved_to = f"http://127.0.0.1:{closed_port()}/"
    with pytest.raises(DownloadError) as told:
        get(server, tmp_path)
    assert "in 3 tries: the server can no longer be reached" in str(told.value)
    assert "16,384 of 200,000 bytes arrived and stay in" in str(told.value)
    assert len(server.asked) == 3


def test_a_circle_of_redirects_is_told(server: FileServer, tmp_path: Path) -> None:
    server.moved_to = server.url + FILE.name
    part_in(tmp_path).write_bytes(BODY[:BLOCK])
    with pytest.raises(DownloadError, match=r"cannot fetch .*redirects.* Check the address"):
        get(server, tmp_path)


@pytest.mark.parametrize("url", ["", "ratings", "ftp://127.0.0.1/", "http://", "http://[1/"])
def test_an_address_of_another_kind_is_wrong_usage(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="starts with https:// or http://, found"):
        download(tmp_path, base_url=url, files=[FILE])


def test_the_address_may_lack_its_last_slash(server: FileServer, tmp_path: Path) -> None:
    [path] = download(tmp_path, base_url=server.url.rstrip("/"), files=[FILE])
    assert path.read_bytes() == BODY


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told(server: FileServer, tmp_path: Path) -> None:
    part_in(tmp_path).symlink_to("/dev/full")
    with pytest.raises(NsmcError, match=f"cannot write .*{FILE.name}: No space left on device"):
        get(server, tmp_path)
    assert not (tmp_path / FILE.name).exists()


def test_a_place_that_cannot_be_written_is_told(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NsmcError, match=r"cannot write .*: Not a directory"):
        get(server, tmp_path / "file" / "below")
    with pytest.raises(NsmcError, match="expected a directory to download to, found the file"):
        get(server, tmp_path / "file")
    (tmp_path / FILE.name).mkdir()
    with pytest.raises(NsmcError, match=r"expected a file or nothing at .*, found a directory"):
        get(server, tmp_path)
    with pytest.raises(NsmcError, match=r"cannot read .*: File name too long"):
        get(server, tmp_path / ("x" * 300))
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


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")
def test_a_killed_process_leaves_a_part_that_the_next_run_resumes(
    server: FileServer, tmp_path: Path, how: signal.Signals
) -> None:
    server.stall_after = 4 * BLOCK
    arguments = [str(tmp_path), server.url, FILE.name, str(FILE.size), FILE.sha256]
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments], stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 60
        part = part_in(tmp_path)
        while not part.exists() or part.stat().st_size < 4 * BLOCK:
            assert process.poll() is None, "the process ended before it was killed"
            assert time.monotonic() < deadline, "the part never grew"
            time.sleep(0.02)
        with pytest.raises(DownloadError, match=r"another process is downloading to .*; wait"):
            get(server, tmp_path)
        process.send_signal(how)
        process.wait(30)
    assert visible(tmp_path) == [part.name]

    server.stall_after, server.sent = None, 0
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.sent == SIZE - 4 * BLOCK
    assert visible(tmp_path) == [FILE.name]


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
    assert server.asked == [(FILE.name, None)]


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
    for found in (data_directory(), cache_directory()):
        assert found.is_absolute()
        assert "nsmc" in found.parts
    assert data_directory() != cache_directory()
