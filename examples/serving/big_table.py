"""Score a large table by `nsmc serve`: its progress comes as lines of JSON, then its place.

    python examples/serving/big_table.py comments.csv document > scored.csv

The lines keep the connection in use, so that no proxy before the server closes it.
"""

import json
import sys
from pathlib import Path

import requests

SERVER = "http://127.0.0.1:8000"


def main(path: str, column: str) -> None:
    """Send a table, tell its progress, and write the scored table to standard output."""
    query = {"name": path, "column": column, "events": "true"}
    with Path(path).open("rb") as file:
        answer = requests.post(
            f"{SERVER}/v1/table", params=query, data=file, stream=True, timeout=60
        )
    if not answer.ok:
        raise SystemExit(answer.json()["error"]["message"])
    for line in answer.iter_lines():
        event = json.loads(line)
        if event["event"] == "error":
            raise SystemExit(event["error"]["message"])
        if event["event"] == "done":
            print(event["rows"], event["labels"], file=sys.stderr)
            scored = requests.get(SERVER + event["download"], timeout=60)
            scored.raise_for_status()
            sys.stdout.buffer.write(scored.content)


if __name__ == "__main__":
    main(*sys.argv[1:])
