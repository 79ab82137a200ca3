"""Run the fast tests on the oldest dependencies that pyproject.toml admits.

    python scripts/check_oldest.py                 with this Python
    python scripts/check_oldest.py python3.11      with another, which must have their wheels

It makes a virtual environment of its own in a temporary directory, installs the project there under
constraints-oldest.txt and hands what follows the interpreter to pytest.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Install, then test; the first that fails gives its exit status."""
    python, *extra = sys.argv[1:] or [sys.executable]
    with tempfile.TemporaryDirectory() as place:
        if python == sys.executable:
            venv.create(place, with_pip=True)
        else:
            subprocess.run([python, "-m", "venv", place], check=True)
        own = Path(place) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        commands = (
            ["pip", "install", "-q", "-c", "constraints-oldest.txt", "-e", ".[dev]"],
            ["pytest", "--numprocesses=auto", "--dist=loadfile", "-m", "not slow", *extra],
        )
        for command in commands:
            print("$", *command, flush=True)
            status = subprocess.run([own, "-m", *command], cwd=ROOT).returncode
            if status:
                return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
