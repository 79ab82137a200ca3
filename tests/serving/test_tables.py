"""A file in, a scored file out, with progress; errors name the file as its user does."""

import csv
import io
import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
import requests

import nsmc
from nsmc.pipeline.score_table import score_table
from nsmc.tables.table import open_table
from tests.serving.conftest import Server

ROWS = [("1", "재밌다"), ("2", ""), ("3", 'a "quoted", 노잼\n다음 줄'), ("4", "=뷁+뛟쉚")]


def table(rows: list[tuple[str, str]] = ROWS, head: str = "document") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([("id", head), *rows])
    return out.getvalue().encode()


def post(server: Server, data: bytes, path: str = "", **query: Any) -> requests.Response:
    return requests.post(f"{server.url}/v1/table{path}", data=data, params=query, timeout=60)


def test_a_table_comes_back_as_the_command_writes_it(server: Server, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(table())
    score_table(nsmc.load(), source, target)
    answer = post(server, table(), name="comments.csv")
    assert answer.content == target.read_bytes()
    assert 'filename="comments-scored.csv"' in answer.headers["content-disposition"]


def test_progress_then_a_result_to_fetch_and_what_stands_in_it(server: Server) -> None:
    answer = post(server, table(), name="영화평.csv", events=True, summary=True)
    events = [json.loads(line) for line in answer.text.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds == ["progress", "done", "preview", "words"]
    done = events[1]
    assert (done["rows"], done["empty"], sum(done["labels"].values())) == (4, 1, 3)
    assert (done["unfamiliar"], done["truncated"]) == (1, 0)
    assert done["name"] == "영화평-scored.csv"
    scored = requests.get(server.url + done["download"], timeout=60)
    labels = [row["label"] for row in csv.DictReader(io.StringIO(scored.text))]
    assert labels == [row["label"] or "" for row in events[2]["rows"]]
    explanation = nsmc.load().explain("재밌다")
    pushes = dict(events[3]["above"] + events[3]["below"])
    assert pushes["재밌"] == pytest.approx(explanation.parts[0].contribution, abs=0.01)


def test_a_form_is_no_table(server: Server) -> None:
    """Its own lines would be scored where there is no header."""
    for path in ("", "/columns"):
        answer = requests.post(
            f"{server.url}/v1/table{path}?name=a.txt&header=false",
            files={"file": "재밌다\n".encode()},
            timeout=60,
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "not_file")
        assert "--data-binary" in answer.json()["error"]["message"]


def test_unsure_rows_are_undecided_where_that_is_wanted(server: Server) -> None:
    answer = post(server, table(), name="a.csv", undecided_below=1.0)
    assert next(csv.DictReader(io.StringIO(answer.text)))["label_ko"] == "보류"


def test_the_columns_of_a_table(server: Server) -> None:
    answer = post(server, table(head="말"), "/columns", name="a.csv").json()
    assert (answer["columns"], answer["header"]) == (["id", "말"], True)
    assert answer["samples"]["말"][0] == "재밌다"


def test_a_table_without_names_keeps_its_first_row(server: Server) -> None:
    lines = "재밌다,a b\n노잼,c d\n".encode()
    answer = post(server, lines, "/columns", name="a.csv").json()
    assert answer["header"] is False
    first = answer["columns"][0]
    scored = post(server, lines, name="a.csv", column=first, header="false")
    assert scored.status_code == 200, scored.text
    assert scored.text.count("재밌다") == scored.text.count("노잼") == 1


def test_an_excel_file_comes_back_as_one(server: Server, tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "in.xlsx") as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate([["번호", "댓글"], [1, "재밌다"], [2, "노잼"]]):
            sheet.write_row(row, 0, cells)
    data = (tmp_path / "in.xlsx").read_bytes()
    answer = post(server, data, name="댓글.xlsx")
    (tmp_path / "out.xlsx").write_bytes(answer.content)
    with open_table(tmp_path / "out.xlsx") as table:
        assert table.columns == ["번호", "댓글", "label", "label_ko", "score"]
        assert [text for chunk in table.chunks() for text in chunk.texts] == ["재밌다", "노잼"]


@pytest.mark.parametrize("events", [False, True])
def test_a_table_that_cannot_be_scored_says_why(server: Server, events: bool) -> None:
    answer = post(server, table(), name="리뷰.csv", column="댓글", events=events)
    body = answer.json()
    assert answer.status_code == (200 if events else 422)
    assert body["error"]["code"] == "bad_table"
    assert body["error"]["message"].startswith("리뷰.csv has no column '댓글'")
    assert "column=…" in body["error"]["message"]
    unknown = post(server, table(), name="리뷰.doc")
    assert unknown.status_code == 422
    assert ".parquet" in unknown.json()["error"]["message"]
    assert "--" not in unknown.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        ("", b"a,b\n1,2\n", "a.csv에 'c' 열이 없습니다; 있는 열: a, b; column=…으로 고르세요"),
        ("", b'c,b\n"1,2\n', "a.csv, 1행(2번째 줄): "),
        ("/columns", b"", "a.csv"),
    ],
)
def test_what_is_wrong_with_a_table_is_said_in_the_language_of_the_request(
    server: Server, path: str, data: bytes, words: str
) -> None:
    """Though a thread reads it."""
    answer = requests.post(
        f"{server.url}/v1/table{path}",
        data,
        params={"name": "a.csv"} if path else {"name": "a.csv", "column": "c"},
        headers={"accept-language": "ko"},
        timeout=60,
    )
    message = answer.json()["error"]["message"]
    assert message.startswith(words)
    assert "expected" not in message


def test_a_name_is_no_path(server: Server) -> None:
    answer = post(server, table(), name="../../../tmp/a.csv")
    assert 'filename="a-scored.csv"' in answer.headers["content-disposition"]
    for path in ("..%2f..%2fetc%2fpasswd", "a" * 22, "."):
        assert requests.get(f"{server.url}/v1/table/{path}", timeout=60).status_code in (404, 405)


@pytest.mark.slow
def test_a_table_whose_client_leaves_is_stopped(server: Server) -> None:
    def scored() -> float:
        metrics = requests.get(f"{server.url}/metrics", timeout=60).text
        (rows,) = re.findall(r"^nsmc_table_rows_total (\S+)", metrics, re.MULTILINE)
        return float(rows)

    before = scored()
    rows = table([(str(n), f"재밌다 {n} 그리고 조금 길다") for n in range(80_000)])
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        head = f"host: x\r\nx-request-id: left\r\ncontent-length: {len(rows)}\r\n\r\n"
        connection.sendall(f"POST /v1/table?events=true HTTP/1.1\r\n{head}".encode() + rows)
        told = b""
        while b'"progress"' not in told:  # of the first rows
            block = connection.recv(65536)
            assert block, told
            told += block
    server.wait_for("left POST /v1/table 200 cut")
    # One thread scores tables, so the next one's turn comes after.
    assert post(server, table(), name="a.csv").status_code == 200
    assert scored() == before + len(ROWS)
