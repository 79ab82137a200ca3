"""What is free: of the machine, of a container, of a process with a limit."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from nsmc.model.free_memory import _of_control_groups, _of_machine, free_memory

GIB = 1 << 30


def test_this_machine_has_some_and_not_more_than_all() -> None:
    free = free_memory(torch.device("cpu"))
    assert free is not None
    assert 0 < free <= next(_of_machine(Path("missing")))


def test_what_is_available_counts_and_not_the_whole(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 8388608 kB\nMemFree: 1 kB\nMemAvailable: 2097152 kB\n")
    assert list(_of_machine(meminfo)) == [2 * GIB]


def group(directory: Path, limit: str, used: int, cache: int, version: int) -> None:
    names = {1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")}
    most, taken, entry = names.get(version, ("memory.max", "memory.current", "inactive_file"))
    directory.mkdir(parents=True, exist_ok=True)
    (directory / most).write_text(f"{limit}\n")
    (directory / taken).write_text(f"{used}\n")
    (directory / "memory.stat").write_text(f"cache 7\n{entry} {cache}\n")


@pytest.mark.parametrize("version", [1, 2])
def test_a_control_group_and_those_above_it_set_limits(tmp_path: Path, version: int) -> None:
    root, own = tmp_path / "cgroup", tmp_path / "own"
    base = root / "memory" if version == 1 else root
    line = "4:cpu:/other\n5:memory:/a/b\n" if version == 1 else "0::/a/b\n"
    own.write_text(line)
    without = {1: str((1 << 63) - 4096), 2: "max"}[version]
    group(base, without, 0, 0, version)
    group(base / "a", str(4 * GIB), 3 * GIB, GIB // 2, version)
    group(base / "a" / "b", str(8 * GIB), GIB, 0, version)
    assert sorted(_of_control_groups(own, root)) == [3 * GIB // 2, 7 * GIB]


def test_no_control_group_sets_none(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("0::/gone\n")
    assert list(_of_control_groups(tmp_path / "own", tmp_path)) == []
    assert list(_of_control_groups(tmp_path / "missing", tmp_path)) == []


@pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v is Linux's")
def test_a_process_with_a_limit_has_what_it_leaves() -> None:
    program = (
        "import resource\n"
        "from types import SimpleNamespace\n"
        "from nsmc.model.free_memory import free_memory\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "print(free_memory(SimpleNamespace(type='cpu')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert 0 < int(done.stdout) < GIB
