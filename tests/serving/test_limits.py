"""Each limit answers with its status, and the server goes on."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from tests.serving.conftest import Server

LONG = "재밌는 영화인데 조금 지루했다 그래도 배우는 좋았다 " * 60
"""Its explanation takes longer than the strict server's deadline."""


@pytest.fixture(autouse=True)
def _goes_on(strict: Server) -> Iterator[None]:
    yield
    answer = requests.post(f"{strict.url}/v1/predict", json={"text": "재밌다"}, timeout=30)
    assert answer.status_code == 200
    assert strict.process.poll() is None


def explain(server: Server, answers: list[requests.Response]) -> threading.Thread:
    def call() -> None:
        body = {"text": LONG, "explain": True}
        answers.append(requests.post(f"{server.url}/v1/predict", json=body, timeout=30))

    thread = threading.Thread(target=call)
    thread.start()
    time.sleep(0.1)
    return thread


@pytest.mark.parametrize(("path", "size"), [("/v1/predict", 20_001), ("/v1/table", 2_001)])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_too_large_is_413(strict: Server, path: str, size: int, chunked: bool) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", strict.port, timeout=30)
    body = b"x" * size
    blocks = (body[start : start + 500] for start in range(0, size, 500))
    headers = {"content-type": "application/json"}
    connection.request("POST", path, blocks if chunked else body, headers)
    answer = connection.getresponse()
    error = json.loads(answer.read())["error"]
    assert (answer.status, error["code"]) == (413, "too_large")
    assert f"at most {size - 1:,} bytes" in error["message"]
    connection.close()


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/table"])
def test_a_body_that_does_not_come_is_408(strict: Server, path: str) -> None:
    with socket.create_connection(("127.0.0.1", strict.port), timeout=30) as connection:
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        connection.sendall(f"{head}content-length: 20\r\n\r\n{{".encode())
        start = time.monotonic()
        answer = connection.recv(65536)
    assert b" 408 " in answer.splitlines()[0]
    assert 0.4 < time.monotonic() - start < 10


def test_a_full_queue_is_503_and_a_late_answer_504(strict: Server) -> None:
    answers: list[requests.Response] = []
    threads = [explain(strict, answers) for _ in range(3)]
    for thread in threads:
        thread.join()
    by_status = {answer.status_code: answer for answer in answers}
    assert set(by_status) == {503, 504}
    assert by_status[503].headers["retry-after"] == "1"
    assert by_status[503].json()["error"]["code"] == "queue_full"
    assert "no answer within 1 s" in by_status[504].json()["error"]["message"]


def test_a_table_too_many_is_503(strict: Server) -> None:
    with socket.create_connection(("127.0.0.1", strict.port), timeout=30) as connection:
        connection.sendall(b"POST /v1/table HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\na")
        time.sleep(0.2)
        second = requests.post(f"{strict.url}/v1/table", data=b"document\na\n", timeout=30)
        assert (second.status_code, second.headers["retry-after"]) == (503, "5")
        connection.recv(65536)


def test_who_goes_away_is_not_scored(strict: Server) -> None:
    with socket.create_connection(("127.0.0.1", strict.port), timeout=30) as connection:
        body = json.dumps({"text": LONG, "explain": True}).encode()
        head = f"x-request-id: gone\r\ncontent-length: {len(body)}\r\n\r\n"
        head = f"host: x\r\ncontent-type: application/json\r\n{head}"
        connection.sendall(f"POST /v1/predict HTTP/1.1\r\n{head}".encode() + body)
        time.sleep(0.1)
    strict.wait_for("gone POST /v1/predict 499")
