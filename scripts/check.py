"""Everything that must pass before a change lands: linter, formatter, types, tests with coverage.

python scripts/check.py            all of it, as CI does
python scripts/check.py --fast     the tests that answer soon, without coverage
python scripts/check.py --lint     no tests
python scripts/check.py -k resume  the rest is handed to pytest
"""

import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINTERS = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))
# A file's tests share what they train, so each file stays on one core. tests/conftest.py puts the
# files with slow tests first, so that no core ends with one of them while the others are idle.
PYTEST = ("pytest", "--numprocesses=auto", "--dist=loadfile", "--no-loadscope-reorder")
COVERAGE = ("--cov", "--cov-report=term:skip-covered")


def pytest_command(arguments: list[str]) -> tuple[str, ...]:
    """The run of pytest for the arguments of this script."""
    if "--fast" in arguments:
        rest = (argument for argument in arguments if argument != "--fast")
        return *PYTEST, "-m", "not slow", *rest
    # The floor of coverage holds for the whole suite alone.
    return *PYTEST, *COVERAGE, *arguments, *(["--cov-fail-under=0"] if arguments else [])


def main() -> int:
    """Run the checks in order; the first that fails ends it with its exit status."""
    lint_only = sys.argv[1:] == ["--lint"]
    return run(LINTERS if lint_only else (*LINTERS, pytest_command(sys.argv[1:])))


def run(modules: Iterable[Sequence[str]], python: Path | str = sys.executable) -> int:
    """Run modules with their arguments until one fails; returns its exit status, else 0."""
    for module in modules:
        print("$", *module, flush=True)
        status = subprocess.run([python, "-m", *module], cwd=ROOT).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
