"""What programs get: predictions, the model, health, metrics, errors; the log tells no comment."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

import nsmc
from nsmc.serving.languages import wanted
from tests.serving.conftest import Server, Start

SECRET = "아무도몰라야할비밀댓글"
COMMENTS = [f"{SECRET} {word} {n}" for n in range(10) for word in ("재밌다", "노잼", "😀", "그저")]


def ask(server: Server, body: Any, **options: Any) -> requests.Response:
    return requests.post(f"{server.url}/v1/predict", json=body, timeout=30, **options)


def test_one_comment_gets_the_object_of_the_command(server: Server) -> None:
    answer = ask(server, {"text": "재밌다"})
    assert answer.status_code == 200
    assert answer.json() == nsmc.load().predict("재밌다").to_dict()
    assert ask(server, {"text": " "}).json()["label"] is None


def test_several_and_their_explanations(server: Server) -> None:
    classifier = nsmc.load()
    texts = [f"재밌다 {n}" for n in range(20)]
    predictions = ask(server, {"texts": texts}).json()["predictions"]
    assert [one["text"] for one in predictions] == texts
    explained = ask(server, {"texts": texts, "explain": True}).json()["predictions"]
    assert explained == [one.to_dict() for one in classifier.explain(texts)]
    assert ask(server, {"texts": []}).json() == {"predictions": []}


def test_options_are_those_of_the_command(server: Server) -> None:
    undecided = ask(server, {"text": "재밌다", "undecided_below": 1.0}).json()
    assert (undecided["label"], undecided["label_ko"]) == ("undecided", "보류")
    exact = ask(server, {"texts": ["재밌다", "노잼"], "exact": True}).json()["predictions"]
    classifier = nsmc.load(exact=True)
    assert exact == [one.to_dict() for one in classifier.predict(["재밌다", "노잼"])]


def test_what_arrives_together_is_scored_together_as_if_alone(server: Server) -> None:
    classifier = nsmc.load()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda text: ask(server, {"text": text}).json(), COMMENTS))
    for text, answer in zip(COMMENTS, answers, strict=True):
        assert answer["text"] == text
        # Both are rounded to six decimals.
        assert answer["score"] == pytest.approx(classifier.predict(text).score, abs=1.6e-6)
    text = requests.get(f"{server.url}/metrics", timeout=30).text
    batches = re.search(r"nsmc_batch_comments_count (\S+)", text)
    scored = re.search(r"nsmc_batch_comments_sum (\S+)", text)
    assert batches and scored
    assert float(batches[1]) < float(scored[1])


def test_the_model_and_the_health(server: Server) -> None:
    model = requests.get(f"{server.url}/v1/model", timeout=30).json()
    assert (model["version"], model["task"]) == (nsmc.__version__, "sentiment")
    assert model["limits"]["texts"] == 1000
    for path in ("healthz", "readyz"):
        assert requests.get(f"{server.url}/{path}", timeout=30).status_code == 200
    schema = requests.get(f"{server.url}/openapi.json", timeout=30).json()
    assert schema["info"]["version"] == nsmc.__version__
    assert "example" in json.dumps(schema["paths"]["/v1/predict"])


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("{", 400, "isn't JSON"),
        ("[" * 100_000, 400, "JSON"),
        ("3", 422, "body: expected a JSON object"),
        ("{}", 422, "body.text: expected a value, found none"),
        ('{"text": 3}', 422, "body.text: expected a string"),
        ('{"texts": "재밌다"}', 422, "body.texts: expected a list"),
        ('{"text": "a", "texts": []}', 422, "body.text: no such field"),
        ('{"text": "a", "explain": "yes"}', 422, "body.explain: expected true or false"),
        (json.dumps({"text": "가" * 10_001}), 422, "at most 10,000 characters"),
        (json.dumps({"texts": ["가"] * 1001}), 422, "at most 1,000 items"),
        (b'{"text": "\xff"}', 400, "JSON"),
        ('{"text": "\\ud800"}', 422, "body.text: expected a string of whole characters"),
        ('{"text": "a", "undecided_below": 2}', 422, "undecided_below: expected 1 or less"),
        ('{"text": "a", "undecided_below": -1}', 422, "undecided_below: expected 0 or more"),
        ('{"text": "a", "undecided_below": "x"}', 422, "undecided_below: expected a number"),
    ],
)
def test_a_wrong_body_is_refused(
    server: Server, body: str | bytes, status: int, words: str
) -> None:
    """In both languages; a Korean message has no English words but names, and the same code."""
    errors = {}
    for language in ("en", "ko"):
        answer = requests.post(
            f"{server.url}/v1/predict",
            data=body.encode() if isinstance(body, str) else body,
            headers={"content-type": "application/json", "accept-language": language},
            timeout=30,
        )
        assert answer.status_code == status
        assert answer.headers["content-language"] == language
        assert len(answer.content) < 500
        errors[language] = answer.json()["error"]
    assert words in errors["en"]["message"]
    assert errors["en"]["code"] == errors["ko"]["code"]
    names = r"body[\w.]*|/openapi\.json|JSON|true|false"
    assert not re.search("[A-Za-z]{2}", re.sub(names, "", errors["ko"]["message"]))


def test_other_requests_are_refused(server: Server) -> None:
    plain = requests.post(f"{server.url}/v1/predict", data='{"text": "a"}', timeout=30)
    assert (plain.status_code, plain.json()["error"]["code"]) == (415, "not_json")
    wrong = requests.get(f"{server.url}/v1/predict", timeout=30)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "wrong_method")
    assert wrong.headers["allow"] == "POST"
    lost = requests.get(f"{server.url}/v1/{SECRET}?text={SECRET}", timeout=30)
    assert (lost.status_code, lost.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ko", "ko"),
        ("en-US", "en"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en;q=0.5, ko;q=0.7", "ko"),
        ("fr, en;q=0.3", "en"),
        ("ko;q=0, en;q=0.1", "en"),
        ("fr", None),
        ("*, ko;q=0.5", None),
        ("ko;q=x", None),
        ("ko;q=2", None),
        ("", None),
    ],
)
def test_the_language_that_a_request_accepts_best(accepted: str, language: str | None) -> None:
    assert wanted(accepted) == language


@pytest.mark.slow
def test_without_a_language_errors_come_in_that_of_the_server(
    server: Server, monkeypatch: pytest.MonkeyPatch, start: Start
) -> None:
    monkeypatch.setenv("NSMC_LANG", "ko")
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    korean = start("--drain-seconds", "0")
    for url, accepted, words in (
        (korean.url, "", "이 주소에는 아무것도 없습니다"),
        (korean.url, "en", "nothing is at this address"),
        (server.url, "", "nothing is at this address"),
        (server.url, "ko", "이 주소에는 아무것도 없습니다"),
    ):
        answer = requests.get(f"{url}/no", headers={"accept-language": accepted}, timeout=30)
        assert answer.json()["error"]["message"].startswith(words)


def test_head_is_answered_as_get_without_a_body(server: Server) -> None:
    for path in ("/", "/healthz", "/readyz", "/v1/model", "/metrics"):
        head = requests.head(server.url + path, timeout=30)
        assert (head.status_code, head.content) == (200, b""), path
        assert int(head.headers["content-length"]) > 0
    assert requests.head(f"{server.url}/v1/predict", timeout=30).status_code == 405


def test_an_unknown_option_of_an_address_is_refused(server: Server) -> None:
    for path, body in (("predict", b'{"text": "a"}'), ("table", b"document\na\n")):
        answer = requests.post(
            f"{server.url}/v1/{path}?explian=true",
            data=body,
            headers={"content-type": "application/json"},
            timeout=30,
        )
        assert answer.status_code == 422
        assert answer.json()["error"]["message"].startswith("query.explian: no such field")


def test_an_id_is_kept_if_it_is_safe(server: Server) -> None:
    for given, kept in (("a-1.B_2", True), ("a" * 65, False), ("a b", False), ("<x>", False)):
        answer = ask(server, {"text": "재밌다"}, headers={"x-request-id": given})
        result = answer.headers["x-request-id"]
        assert (result == given) is kept
        assert re.fullmatch(r"[\w.-]{1,64}", result)
    server.wait_for("a-1.B_2 POST /v1/predict 200")


def test_no_other_origin_may_read_an_answer(server: Server) -> None:
    answer = ask(server, {"text": "재밌다"}, headers={"origin": "https://example.org"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert requests.options(f"{server.url}/v1/predict", timeout=30).status_code == 405


def test_the_page_may_load_nothing_from_elsewhere(server: Server) -> None:
    page = requests.get(server.url, timeout=30)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert requests.get(f"{server.url}/app.js", timeout=30).status_code == 200


def test_neither_log_nor_metrics_hold_a_comment(server: Server) -> None:
    ask(server, {"text": SECRET, SECRET: 1})
    requests.get(f"{server.url}/{SECRET}?{SECRET}", headers={"x-request-id": "last"}, timeout=30)
    server.wait_for("last GET other 404")
    metrics = requests.get(f"{server.url}/metrics", timeout=30).text
    for text in (server.log, metrics):
        assert "비밀" not in text
        assert requests.utils.quote("비밀") not in text
    assert 'nsmc_requests_total{method="GET",path="other",status="404"}' in metrics
