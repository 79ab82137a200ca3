"""Everything that must pass before a change lands: linter, formatter, types, tests with coverage.

python scripts/check.py            all of it, as CI does
python scripts/check.py -k resume  the rest is handed to pytest
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    # A file's tests share what they train, so each file stays on one core.
    ("pytest", "--numprocesses=auto", "--dist=loadfile", "--cov", "--cov-report=term:skip-covered"),
)


def main() -> int:
    """Run the checks in order; the first that fails ends it with its exit status."""
    for check in CHECKS:
        extra = sys.argv[1:] if check[0] == "pytest" else []
        print("$", *check, *extra, flush=True)
        status = subprocess.run([sys.executable, "-m", *check, *extra], cwd=ROOT).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
