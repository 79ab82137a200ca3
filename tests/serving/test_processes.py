"""Signals, worker processes, tokens, origins: what the one who runs a server relies on."""

import os
import re
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.context import SpawnProcess
from pathlib import Path

import pytest
import requests

from nsmc.cli.main import run
from nsmc.serving.server import Service, _Supervisor, bind
from nsmc.serving.settings import ServerSettings
from tests.serving.conftest import LIMIT, PATIENT, Server, Start, Strict
from tests.waiting import until

TOKEN = "a-token-that-is-long-enough"
ORIGIN = "https://example.org"


@pytest.fixture(scope="module")
def guarded(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Two workers, a token, an origin that may call."""
    path = tmp_path_factory.mktemp("token") / "token.txt"
    path.write_text(f"{TOKEN}\n", encoding="utf-8")
    return start("--workers", "2", "--token-file", path, "--cors-origin", ORIGIN)


def ask(server: Server, token: str | None = TOKEN, text: str = "재밌다") -> requests.Response:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    url = f"{server.url}/v1/predict"
    return requests.post(url, json={"text": text}, headers=headers, timeout=60)


def workers_of(server: Server) -> set[int]:
    """The processes that a supervisor started and that serve."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    lines = {int(pid): Path(f"/proc/{pid}/cmdline").read_text() for pid in children.split()}
    return {pid for pid, line in lines.items() if "spawn_main" in line}


@pytest.mark.slow
def test_a_token_is_asked_for(guarded: Server) -> None:
    assert ask(guarded).status_code == 200
    for wrong in (None, "", TOKEN[:-1], f"{TOKEN}x"):
        answer = ask(guarded, wrong)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert TOKEN not in answer.text
    for path, status in (("metrics", 401), ("v1/model", 401), ("", 200), ("healthz", 200)):
        assert requests.get(f"{guarded.url}/{path}", timeout=60).status_code == status


@pytest.mark.slow
def test_the_named_origin_may_call_and_no_other(guarded: Server) -> None:
    asked = {"access-control-request-method": "POST", "origin": ORIGIN}
    url = f"{guarded.url}/v1/predict"
    allowed = requests.options(url, headers=asked, timeout=60)
    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    refused = requests.options(url, headers={**asked, "origin": "https://b.org"}, timeout=60)
    assert "access-control-allow-origin" not in refused.headers


@pytest.mark.slow
def test_a_killed_worker_is_replaced_while_the_rest_go_on(guarded: Server) -> None:
    until(lambda: len(workers_of(guarded)) == 2)
    assert ask(guarded).status_code == 200
    before = workers_of(guarded)
    killed = min(before)
    os.kill(killed, signal.SIGKILL)
    guarded.wait_for(rf"worker {killed} ended \(-9\)")
    assert all(ask(guarded).status_code == 200 for _ in range(10))
    assert len(workers_of(guarded) - before) == 1
    # Both processes' numbers are in the sums.
    headers = {"authorization": f"Bearer {TOKEN}"}
    text = requests.get(f"{guarded.url}/metrics", headers=headers, timeout=60).text
    answered = re.search(
        r'requests_total{method="POST",path="/v1/predict",status="200"} (\S+)', text
    )
    assert answered and float(answered[1]) >= 11


@pytest.mark.slow
def test_sigterm_ends_the_workers_too(guarded: Server) -> None:
    workers = workers_of(guarded)
    assert guarded.stop() == 0
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_sigterm_ends_a_server_that_still_starts_workers(tmp_path: Path) -> None:
    started: list[SpawnProcess] = []

    class Stopped(_Supervisor):
        def _start(self) -> tuple[SpawnProcess, float]:
            process, since = super()._start()
            started.append(process)
            os.kill(os.getpid(), signal.SIGTERM)
            return process, since

    service = Service(None, ServerSettings(spool=tmp_path, drain_seconds=0))
    with bind("127.0.0.1", 0) as listening:
        assert Stopped(service, listening, lambda: None).run(8) is False
    assert len(started) == 1  # of 8
    assert not started[0].is_alive()


@pytest.mark.slow
def test_sigterm_drains(start: Start) -> None:
    server = start("--drain-seconds", "3")
    answers: list[requests.Response] = []
    long = "재밌는 영화인데 조금 지루했다 그래도 배우는 좋았다 " * 20

    def explain() -> None:
        body = {"texts": [f"{long}{n}" for n in range(8)], "explain": True}
        answers.append(requests.post(f"{server.url}/v1/predict", json=body, timeout=60))

    thread = threading.Thread(target=explain)
    with requests.Session() as session:
        assert session.get(f"{server.url}/readyz", timeout=60).status_code == 200
        thread.start()
        until(lambda: "explained" in session.get(f"{server.url}/metrics", timeout=60).text)
        server.process.send_signal(signal.SIGTERM)
        until(lambda: session.get(f"{server.url}/readyz", timeout=60).status_code == 503)
        late = session.get(f"{server.url}/readyz", timeout=60)
        assert (late.status_code, late.json()) == (503, {"status": "stopping"})
    thread.join()
    assert answers[0].status_code in (200, 504)  # begun before the signal, so answered
    assert server.finish() == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(server.url, timeout=60)


@pytest.mark.slow
def test_ctrl_c_ends_it_as_any_command(start: Start) -> None:
    server = start()
    assert server.stop(signal.SIGINT) == 130
    assert "interrupted" in server.log
    assert "Traceback" not in server.log


def test_a_port_that_is_taken_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run(["serve", "--port", port]) == 1
    error = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another" in error


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["--port", "70000"], 2, "expected a --port from 0 to 65535, found 70000"),
        (["--workers", "0"], 2, "expected --workers from 1 to"),
        (["--workers", "99999999999999999"], 2, "cores, found 99999999999999999"),
        (["--cors-origin", "*"], 2, "expected an origin such as https://example.org"),
        (["--token-file", "no-such-file"], 1, "expected a file with a token in no-such-file"),
        (["--token-file", "short"], 2, "at least 16 ASCII characters"),
        (["--drain-seconds", "-1"], 2, "expected --drain-seconds from 0 to 3600"),
        (["--model", "no-such-model", "--port", "0"], 1, "no-such-model"),
    ],
)
def test_wrong_options_are_refused(
    options: list[str],
    status: int,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("short").write_text("secret", encoding="utf-8")
    assert run(["serve", *options]) == status
    assert words in capsys.readouterr().err


def test_what_a_stopping_server_cannot_answer_in_time_is_told_so(tmp_path: Path) -> None:
    server, body = Strict(tmp_path, PATIENT), {"text": "재밌다", "explain": True}
    try:
        with ThreadPoolExecutor(1) as pool:
            with server.holding():
                asked = pool.submit(
                    requests.post, f"{server.url}/v1/predict", json=body, timeout=LIMIT
                )
                until(lambda: server.explained() == 1)
                server.process.send_signal(signal.SIGTERM)
                server.wait_for("Cancel 1 running task")
            answer = asked.result()
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "stopping")
        assert answer.headers["retry-after"]
        assert server.finish() == 0
        assert "Traceback" not in server.log
    finally:
        server.close()


@pytest.mark.slow
def test_other_addresses_come_with_a_warning(start: Start) -> None:
    server = start("--host", "0.0.0.0")
    assert "warning: listening on 0.0.0.0 without authentication" in server.log
    assert requests.get(f"{server.url}/healthz", timeout=60).status_code == 200
