"""The machine and the versions of a measurement."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def machine(*distributions: str) -> dict[str, str]:
    """The ``processor`` (as the system names it), ``system``, ``python`` and each distribution.

    Args:
        distributions: whose versions are recorded, ``not installed`` where there is none.
    """
    versions = {}
    for name in distributions:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "processor": _processor(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **versions,
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()
