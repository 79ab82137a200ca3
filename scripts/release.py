"""Build what a release publishes and check it: changelog, contents, a prediction off the network.

    python scripts/release.py               the changelog begins with this version and a date
    python scripts/release.py --tag         the same, and the tag of the version is set
    python scripts/release.py --unreleased  the same without the checks of changelog and tree

Needs `build`, the build backend (`pip install build hatchling`), requirements-predict.txt and this
package. It leaves dist/ with a wheel, an sdist, their SHA-256 and the bill of materials. It
publishes nothing.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

from nsmc import __version__

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
LARGEST_WHEEL = 25_000_000
"""Bytes; the model is most of it, and an index refuses files of 100 MB."""


def main() -> int:
    """Check, build, check what was built; the first failure ends it with its words."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--unreleased", action="store_true", help="skip changelog and work tree")
    parser.add_argument("--tag", action="store_true", help="set the tag of the version at the end")
    args = parser.parse_args()
    if args.tag and args.unreleased:
        parser.error("a tag is of what is released: leave one of the two out")
    problems = [] if args.unreleased else [*unclean(), *changelog_problems(), *tag_problems()]
    problems += missing_programs()
    if not problems:
        shutil.rmtree(DIST, ignore_errors=True)
        build = [sys.executable, "-m", "build", "--no-isolation", f"--outdir={DIST}", str(ROOT)]
        subprocess.run(build, check=True)
        problems = contents_problems()
    if problems:
        print(*problems, sep="\n", file=sys.stderr)
        return 1
    for archive in wheel_and_sdist():
        print(predict_with(archive))
    sums = [f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.name}" for f in wheel_and_sdist()]
    (DIST / "SHA256SUMS").write_text("\n".join(sums) + "\n", encoding="utf-8")
    print(*sums, sep="\n")
    bill: list[str | Path] = [sys.executable, ROOT / "scripts" / "bill_of_materials.py"]
    (DIST / f"nsmc-{__version__}.cdx.json").write_text(_run(bill), encoding="utf-8")
    if args.tag and not git("tag", "--list", f"v{__version__}"):
        git("tag", "--annotate", f"v{__version__}", "--message", f"nsmc {__version__}")
    return 0


def git(*arguments: str) -> list[str]:
    """The lines that a command of git prints."""
    command = ["git", *arguments]
    return subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True, encoding="utf-8"
    ).stdout.splitlines()


def unclean() -> list[str]:
    """Files that no commit holds: the archives would hold what the tag does not."""
    return [f"not committed: {line}" for line in git("status", "--porcelain")]


def changelog_problems() -> list[str]:
    """Whether the changelog's first version is this one, with a date."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = next(iter(re.findall(r"^## .*", text, re.MULTILINE)), "none")
    expected = rf"## {re.escape(__version__)} – \d{{4}}-\d\d-\d\d"
    if re.fullmatch(expected, heading):
        return []
    return [f"CHANGELOG.md: expected '## {__version__} – YYYY-MM-DD' first, found '{heading}'"]


def tag_problems() -> list[str]:
    """A tag of this version on another commit: what was released stays what it was."""
    tag = f"v{__version__}"
    tagged = git("tag", "--list", tag) and git("rev-list", "-1", tag) != git("rev-parse", "HEAD")
    return [f"{tag} is another commit; raise the version in src/nsmc/_version.py"] if tagged else []


def missing_programs() -> list[str]:
    """What builds, where it isn't installed."""
    missing = [name for name in ("build", "hatchling") if find_spec(name) is None]
    return [f"pip install {' '.join(missing)}"] if missing else []


def wheel_and_sdist() -> list[Path]:
    """The two archives of dist/."""
    return [next(DIST.glob("*.whl")), next(DIST.glob("*.tar.gz"))]


def contents_problems() -> list[str]:
    """Files that the wheel lacks or has too many, and a wheel that is too large."""
    wheel, sdist = wheel_and_sdist()
    wanted = {line.removeprefix("src/") for line in git("ls-files", "src/nsmc")}
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    with tarfile.open(sdist) as archive:
        within = {name.partition("/")[2] for name in archive.getnames()}
    problems = [f"{wheel.name} lacks {name}" for name in sorted(wanted - names)]
    problems += [f"{wheel.name} holds {name}, not in git" for name in sorted(names - wanted)]
    tracked = {name for name in git("ls-files") if not name.startswith(".ci/")}
    problems += [f"{sdist.name} lacks {name}" for name in sorted(tracked - within)]
    if (size := wheel.stat().st_size) > LARGEST_WHEEL:
        problems.append(f"{wheel.name} has {size:,} bytes; expected {LARGEST_WHEEL:,} at most")
    return problems


def predict_with(archive: Path) -> str:
    """Install an archive beside this environment's dependencies and predict off the network."""
    with tempfile.TemporaryDirectory() as place:
        venv.create(place, with_pip=True)
        python = Path(place) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        # The new environment has pip alone; the dependencies are those of this one, by path.
        script = "import site; print(site.getsitepackages()[0])"
        own = _run([python, "-c", script]).strip()
        theirs = _run([sys.executable, "-c", script]).strip()
        (Path(own) / "dependencies.pth").write_text(theirs + "\n", encoding="utf-8")
        install: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--no-build-isolation",
        ]
        _run([*install, "--no-index", archive])
        cut_off: list[str | Path] = (
            ["unshare", "--net", "--map-root-user"] if shutil.which("unshare") else []
        )
        where = _run([python, "-c", "import nsmc; print(nsmc.__file__)"]).strip()
        if not where.startswith(own):
            raise SystemExit(f"expected the package of {archive.name}, found {where}")
        return f"{archive.name}: " + _run([*cut_off, python, "-m", "nsmc", "predict", "재밌다"])


def _run(command: list[str | Path]) -> str:
    """What a command prints, run outside the checkout."""
    # PYTHONPATH may name the checkout, which would hide what was installed.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as elsewhere:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=elsewhere,
            env=environment,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
