"""What a figure was measured on."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def machine(*distributions: str) -> dict[str, str]:
    """Processor, system and versions, to stand beside a measurement.

    Args:
        distributions: whose versions matter to it, besides Python's.

    Returns:
        ``processor`` (as the system names it), ``system``, ``python``, and each distribution's
        version or ``not installed``.
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
