"""The numeric tests under every kernel of OpenBLAS that this processor can run.

python scripts/check_processors.py             all kernels
python scripts/check_processors.py Haswell     only these
python scripts/check_processors.py -- -k wide  pytest's arguments instead of the numeric tests

OpenBLAS has matrix products of its own for each family of processors, and they round differently.
``OPENBLAS_CORETYPE`` chooses another family's, as long as the processor knows its instructions.
"""

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KERNELS = {
    "x86_64": ("SkylakeX", "Haswell", "Sandybridge", "Prescott"),
    "aarch64": ("ARMV8", "NEOVERSEN1", "NEOVERSEV1"),
}
ALIASES = {"AMD64": "x86_64", "arm64": "aarch64"}
TESTS = (
    "tests/inference",
    "tests/model",
    "tests/test_shipped.py",
    "tests/test_family.py",
    "tests/test_wide.py",
    "tests/exporting",
    "tests/cli/test_predict.py",
    "tests/cli/test_explain.py",
)
"""Whatever compares scores."""
PROBE = """
import numpy
ones = numpy.ones((64, 64), numpy.float32)
assert (ones @ ones == 64).all()
"""


def environment(kernel: str) -> dict[str, str]:
    """This process's environment with another kernel; the empty name leaves the choice free."""
    free = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    return {**free, "OPENBLAS_CORETYPE": kernel} if kernel else free


def can_run(kernel: str) -> bool:
    """Whether numpy multiplies by this kernel here; it dies of an instruction that is missing."""
    return not subprocess.run([sys.executable, "-c", PROBE], env=environment(kernel)).returncode


def main() -> int:
    """Run the tests under each kernel; the exit status is 1 if any failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    machine = ALIASES.get(platform.machine(), platform.machine())
    parser.add_argument("kernels", nargs="*", default=["", *KERNELS.get(machine, ())])
    own = sys.argv[1:]
    cut = own.index("--") if "--" in own else len(own)
    kernels: list[str] = parser.parse_args(own[:cut]).kernels
    outcomes = {}
    for kernel in kernels:
        name = kernel or "the processor's own"
        if kernel and not can_run(kernel):
            outcomes[name] = "not supported by this processor"
            continue
        command = ["pytest", "-q", "--numprocesses=auto", "--dist=loadfile"]
        command += own[cut + 1 :] or TESTS
        print("$", f"OPENBLAS_CORETYPE={kernel}", *command, flush=True)
        tests = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment(kernel))
        outcomes[name] = "failed" if tests.returncode else "passed"
    for name, outcome in outcomes.items():
        print(f"{name}: {outcome}")
    return int("failed" in outcomes.values())


if __name__ == "__main__":
    sys.exit(main())
