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

import check


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
        return check.run(commands, own)


if __name__ == "__main__":
    sys.exit(main())
