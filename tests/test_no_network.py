"""Scoring opens no socket: nothing is looked up, reported or fetched."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import socket, sys
from pathlib import Path

def hook(event, args):
    # A pipe to a worker process is a socket of the machine's own.
    if event.startswith("socket.") and not (
        event == "socket.__new__" and args[1] == socket.AF_UNIX
    ):
        raise SystemExit(f"{event} {args}")

sys.addaudithook(hook)
if __name__ == "__main__":
    import nsmc
    from nsmc.cli.main import run
    from nsmc.pipeline.score_table import score_table

    assert nsmc.load().predict("재밌다").label == "positive"
    Path("a.csv").write_text("document\\n재밌다\\n" * 9, encoding="utf-8")
    for arguments in (
        ["predict", "재밌다", "--explain"],
        ["predict", "--input", "a.csv", "--output", "b.csv"],
        ["info"],
    ):
        assert run(arguments) == 0, arguments
    score_table(nsmc.load(), Path("a.csv"), Path("c.csv"), workers=2)
    assert Path("b.csv").read_bytes() == Path("c.csv").read_bytes()
    try:
        socket.create_connection(("127.0.0.1", 9))
    except SystemExit:
        print("seen", file=sys.stderr)
"""


def test_nothing_opens_a_socket(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.endswith("seen\n")
