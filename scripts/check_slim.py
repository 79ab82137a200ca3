"""Install what requirements-predict.txt names into an environment of its own, and use it.

    python scripts/check_slim.py                 by this Python
    python scripts/check_slim.py python3.13      by another

It predicts, explains, says what a table lacks, serves and takes at most 320 MB; then it scores a
table with what requirements-predict-tables.txt names. It needs an index that pip can ask.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_MB = 320


def main() -> int:
    """Install, measure, use; the first failure ends it with its words."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([*(sys.argv[1:2] or [sys.executable]), "-m", "venv", place], check=True)
        python = Path(place) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        install = [str(python), "-m", "pip", "install", "-q", "--no-deps"]
        subprocess.run([*install, "-r", ROOT / "requirements-predict.txt", ROOT], check=True)
        nsmc = [str(python), "-m", "nsmc"]
        print(run(place, *nsmc, "predict", "--explain", "재밌다"))
        (table := Path(place) / "t.csv").write_text("document\n재밌다\n", encoding="utf-8")
        print(run(place, *nsmc, "predict", "--input", str(table), "--output", f"{place}/a.csv"))
        files = ["--input", str(table), "--output", f"{place}/scored.parquet"]
        lacking = run(place, *nsmc, "predict", *files, status=1)
        assert "pip install pyarrow" in lacking, lacking
        answer = serve(place, nsmc)
        assert answer["label"] == "positive", answer
        size = megabytes(place)
        print(f"the environment takes {size:.0f} MB, at most {MOST_MB} are allowed")
        subprocess.run([*install, "-r", ROOT / "requirements-predict-tables.txt"], check=True)
        print(run(place, *nsmc, "predict", *files))
        print(f"with tables it takes {megabytes(place):.0f} MB")
        return int(size > MOST_MB)


def megabytes(place: str) -> float:
    """What the files below a directory take."""
    return sum(file.stat().st_size for file in Path(place).rglob("*") if file.is_file()) / 2**20


def environment() -> dict[str, str]:
    """This one without what would let the new environment see other packages."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"NSMC_LANG": "en"}


def run(place: str, *command: str, status: int = 0) -> str:
    """What a command says, run outside the checkout."""
    done = subprocess.run(
        command, cwd=place, env=environment(), capture_output=True, encoding="utf-8"
    )
    assert done.returncode == status, done.stderr
    return (done.stdout + done.stderr).strip()


def serve(place: str, nsmc: list[str]) -> dict[str, object]:
    """The answer of the service to a comment."""
    server = subprocess.Popen(
        [*nsmc, "serve", "--port", "0"],
        cwd=place,
        env=environment(),
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        assert server.stderr is not None
        address = next(filter(None, (re.search(r"http://\S+", line) for line in server.stderr)))
        request = urllib.request.Request(
            f"{address[0]}/v1/predict",
            json.dumps({"text": "재밌다"}).encode(),
            {"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            prediction: dict[str, object] = json.load(answer)
            return prediction
    finally:
        server.terminate()
        server.wait(60)


if __name__ == "__main__":
    sys.exit(main())
