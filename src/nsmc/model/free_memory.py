"""How much memory a training may still take."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_CGROUPS = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60


def free_memory(device: "torch.device") -> int | None:
    """Bytes of memory of a device, of this machine for the CPU, that are free.

    On Linux no more than the limits of the process and of its control groups leave. None where the
    system doesn't tell.
    """
    if device.type == "cuda":
        import torch

        return int(torch.cuda.mem_get_info(device)[0])
    known = [*_of_machine(), *_of_control_groups(), *_of_process()]
    return max(0, min(known)) if known else None


def _of_machine(meminfo: Path = Path("/proc/meminfo")) -> Iterator[int]:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                yield 1024 * int(line.split()[1])
                return
    if sys.platform == "win32":
        yield _of_windows()
        return
    # macOS tells no program of the standard library what is free: all there is, at most.
    with contextlib.suppress(AttributeError, ValueError, OSError):
        yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _of_windows() -> int:
    """``ullAvailPhys`` of the structure that Windows fills (``MEMORYSTATUSEX``)."""
    import ctypes

    fields = (ctypes.c_uint64 * 8)()
    fields[0] = ctypes.sizeof(fields)  # dwLength, and dwMemoryLoad, which is 0
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(fields))  # type: ignore[attr-defined]
    return int(fields[2])


def _of_control_groups(
    own: Path = Path("/proc/self/cgroup"), root: Path = _CGROUPS
) -> Iterator[int]:
    """What each control group (version 1 or 2) of this process leaves, and each above it."""
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":  # version 2
            base, limit, used = root, "memory.max", "memory.current"
            cache = "inactive_file"
        elif "memory" in controllers.split(","):
            base, limit, used = root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
            cache = "total_inactive_file"
        else:
            continue
        place = base / path.lstrip("/")
        for directory in (place, *place.parents):
            # In a container the group's own directory may not be there, but its root is.
            with contextlib.suppress(OSError, ValueError):
                most = int((directory / limit).read_text(encoding="ascii"))  # "max" is no number
                taken = int((directory / used).read_text(encoding="ascii"))
                if most < _UNLIMITED:
                    # Of files, the system gives up what nobody has read lately.
                    yield most - taken + _entry(directory / "memory.stat", cache)
            if directory == base:
                break


def _entry(stat: Path, name: str) -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in stat.read_text(encoding="ascii").splitlines():
            if line.startswith(f"{name} "):
                return int(line.split()[1])
    return 0


def _of_process() -> Iterator[int]:
    """What ``ulimit -v`` leaves."""
    with contextlib.suppress(ImportError, OSError, ValueError, IndexError):
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most not in (resource.RLIM_INFINITY, -1):
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
            yield most - pages * os.sysconf("SC_PAGE_SIZE")
