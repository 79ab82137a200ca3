"""Each limit answers with its status, and the server goes on.

No outcome hangs on how fast a processor is: the server that is patient never ends a wait, the hasty
one does so where nothing else can happen, and explanations are held up as long as a test wants.
"""

import contextlib
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from tests.serving.conftest import HASTY, LIMIT, Strict
from tests.waiting import until

EXPLAINED = {"text": "재밌는 영화", "explain": True}


@pytest.fixture(autouse=True)
def _goes_on(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    for name in {"patient", "hasty"} & {*request.fixturenames}:
        server: Strict = request.getfixturevalue(name)
        # The hasty one may be late again on a busy machine.
        until(lambda server=server: post(server, {"text": "재밌다"}).status_code == 200)  # type: ignore[misc]
        assert server.process.poll() is None


def post(server: Strict, body: object) -> requests.Response:
    return requests.post(f"{server.url}/v1/predict", json=body, timeout=LIMIT)


class Asked(threading.Thread):
    """A request for an explanation that is under way."""

    def __init__(self, server: Strict) -> None:
        super().__init__()
        self._server = server
        self.start()

    def run(self) -> None:
        self._answer = post(self._server, EXPLAINED)

    def answer(self) -> requests.Response:
        self.join()
        return self._answer


@contextlib.contextmanager
def sent(server: Strict, name: str) -> Iterator[None]:
    """A request for an explanation whose client goes away at the end of the block."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT) as connection:
        body = json.dumps(EXPLAINED).encode()
        head = f"x-request-id: {name}\r\ncontent-length: {len(body)}\r\n\r\n"
        head = f"host: x\r\ncontent-type: application/json\r\n{head}"
        connection.sendall(f"POST /v1/predict HTTP/1.1\r\n{head}".encode() + body)
        yield


@pytest.mark.parametrize(("path", "size"), [("/v1/predict", 20_001), ("/v1/table", 2_001)])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_too_large_is_413(patient: Strict, path: str, size: int, chunked: bool) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", patient.port, timeout=LIMIT)
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
def test_a_body_that_does_not_come_is_408(hasty: Strict, path: str) -> None:
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=LIMIT) as connection:
        head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        connection.sendall(f"{head}content-length: 20\r\n\r\n{{".encode())
        answer = connection.recv(65536)
    assert b" 408 " in answer.splitlines()[0]
    assert time.monotonic() - start > 0.9 * HASTY


def test_a_late_answer_is_504(hasty: Strict) -> None:
    with hasty.holding():
        answer = post(hasty, EXPLAINED)
    assert answer.status_code == 504
    assert f"no answer within {HASTY:g} s" in answer.json()["error"]["message"]


def test_a_full_queue_is_503(patient: Strict) -> None:
    before = patient.explained()
    with patient.holding():
        working = Asked(patient)
        until(lambda: patient.explained() == before + 1)
        # One of them waits, and so the other is refused.
        others = [Asked(patient), Asked(patient)]
        until(lambda: sum(one.is_alive() for one in others) == 1)
    statuses = {one.answer().status_code: one.answer() for one in others}
    assert set(statuses) == {200, 503}
    assert re.fullmatch(r"\d+", statuses[503].headers["retry-after"])
    assert statuses[503].json()["error"]["code"] == "queue_full"
    assert working.answer().status_code == 200


def test_a_table_too_many_is_503(patient: Strict) -> None:
    with socket.create_connection(("127.0.0.1", patient.port), timeout=LIMIT) as connection:
        connection.sendall(b"POST /v1/table HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\na")
        until(lambda: any(patient.spool.iterdir()))
        second = requests.post(f"{patient.url}/v1/table", data=b"document\na\n", timeout=LIMIT)
        assert (second.status_code, second.headers["retry-after"]) == (503, "5")
    until(lambda: not any(patient.spool.iterdir()))


def test_who_goes_away_is_not_scored(patient: Strict) -> None:
    before = patient.explained()
    with patient.holding():
        working = Asked(patient)
        until(lambda: patient.explained() == before + 1)
        with sent(patient, "gone-1"), sent(patient, "gone-2"):
            # One of them is refused while the other waits.
            refused = int(patient.wait_for(r"gone-(\d) POST /v1/predict 503")[1])
        patient.wait_for(f"gone-{3 - refused} POST /v1/predict 499")
    assert working.answer().status_code == 200
    assert post(patient, EXPLAINED).status_code == 200
    assert patient.explained() == before + 2
