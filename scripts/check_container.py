"""Run the Dockerfile's steps in an empty directory, where there is no Docker, and try the result.

    python scripts/check_container.py

What it copies, its RUN lines, environment, user, entry point and health check are the Dockerfile's
own; its absolute paths lie below the directory, and this Python stands for the base image. So the
base image itself and the isolation are what is not tried.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MOST_MB = 275
"""What /opt/nsmc may take: the base image has some 125 MB of the container's 400."""


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile in order."""
    text = re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE).replace("\\\n", " ")
    pairs = (line.partition(" ") for line in text.splitlines() if line.strip())
    return [(name, rest.strip()) for name, _, rest in pairs]


def build(steps: list[tuple[str, str]], place: Path) -> dict[str, str]:
    """Carry out the steps below ``place``; returns the last of each other instruction."""
    work, rest = place, {"ENV": ""}
    for name, value in steps:
        match name:
            case "WORKDIR":
                work = place / value.lstrip("/")
                work.mkdir(parents=True)
            case "COPY" if not value.startswith("--from"):
                *sources, target = value.split()
                for source in sources:
                    _copy(ROOT / source, work / target, Path(source).name)
            case "RUN":
                command = value.replace("/opt/", f"{place}/opt/").replace(
                    "python ", f"{sys.executable} ", 1
                )
                print("$", command, flush=True)
                subprocess.run(["bash", "-ec", command], cwd=work, check=True)
            case _:
                rest[name] = value
    return rest


def _copy(source: Path, target: Path, name: str) -> None:
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=ignored)
    else:
        shutil.copy2(source, target / name)


def _can_run(program: str, as_user: Any) -> bool:
    try:
        return subprocess.run([program, "-c", ""], **as_user).returncode == 0
    except PermissionError:
        return False


def main() -> int:
    """Build, measure, serve as nobody, ask, stop."""
    steps = instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        place.chmod(0o755)
        rest = build(steps, place)
        size = sum(
            path.lstat().st_blocks * 512 for path in (place / "opt").rglob("*") if path.is_file()
        )
        print(f"/opt/nsmc takes {size / 2**20:.0f} MB, at most {MOST_MB} are allowed")
        assert size <= MOST_MB * 2**20, "too large"
        scratch = place / "tmp"
        scratch.mkdir()
        user = int(rest["USER"])
        scratch.chmod(0o777)
        as_user: Any = {"user": user, "group": user, "extra_groups": []}
        if not _can_run(sys.executable, as_user):
            print(f"user {user} can't run {sys.executable}, so this user runs the rest")
            as_user = {}
        environment = {
            **dict(pair.split("=") for pair in rest["ENV"].split()),
            "TMPDIR": str(scratch),
            "PATH": "/usr/bin:/bin",
        }

        def command(line: str) -> list[str]:
            return [part.replace("/opt/", f"{place}/opt/") for part in json.loads(line)]

        before = {*(place / "opt").rglob("*")}
        entry = command(rest["ENTRYPOINT"])
        predict = subprocess.run(
            [*entry, "predict", "재밌다"], env=environment, cwd="/", capture_output=True, **as_user
        )
        print(predict.stdout.decode(), predict.stderr.decode(), sep="", end="")
        assert predict.returncode == 0
        server = subprocess.Popen(
            [*entry, *command(rest["CMD"])], env=environment, cwd="/", **as_user
        )
        try:
            health = [*command(rest["HEALTHCHECK"].removeprefix("CMD "))]
            for _ in range(100):
                if (
                    subprocess.run(health, env=environment, stderr=subprocess.DEVNULL).returncode
                    == 0
                ):
                    break
                assert server.poll() is None, "the server ended"
                time.sleep(0.3)
            request = urllib.request.Request(
                "http://127.0.0.1:8000/v1/predict",
                json.dumps({"text": "재밌다", "explain": True}).encode(),
                {"content-type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=30) as answer:
                print(answer.read().decode())
        finally:
            server.terminate()
        assert server.wait(60) == 0, "SIGTERM should end it with 0"
        written = {*(place / "opt").rglob("*")} - before
        assert not written, f"a read-only root would not work: {sorted(written)[:3]}"
    print("the steps of the Dockerfile work")
    return 0


if __name__ == "__main__":
    sys.exit(main())
