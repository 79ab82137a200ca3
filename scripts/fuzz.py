"""Feed what reads strangers' bytes with damaged inputs, and count them.

    python scripts/fuzz.py --seconds 60
    python scripts/fuzz.py --seconds 3600 --coverage csv manifest

Without ``--coverage`` seeds are changed at random; with it, atheris (``pip install -e .[fuzz]``)
looks for inputs that reach new code. An input that raises anything but an `NsmcError` is a find: it
is kept in ``scripts/fuzzing/corpus/TARGET``, which the tests replay. ``--record`` adds the counts
to ``docs/results/fuzzing.json``.
"""

import argparse
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from fuzzing.mutation import MOST, mutated
from pages import put, table

COVERAGE = "--atheris"
if COVERAGE in sys.argv:
    import atheris

    with atheris.instrument_imports(include=["nsmc"]):
        from fuzzing.targets import PLACE, TARGETS, tried
else:
    from fuzzing.targets import PLACE, TARGETS, tried

CORPUS = Path(__file__).parent / "fuzzing" / "corpus"
PAGE = Path(__file__).parent.parent / "docs" / "reliability.md"
RESULTS = Path(__file__).parent.parent / "docs" / "results" / "fuzzing.json"


def main() -> None:
    """Fuzz each target for its share of the time."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="default: all")
    parser.add_argument("--seconds", type=float, default=60, help="of all targets together")
    parser.add_argument("--coverage", action="store_true", help="by atheris")
    parser.add_argument("--seed", type=int, default=0, help="of the random changes")
    parser.add_argument("--record", action="store_true", help="add the counts to the results")
    parser.add_argument(COVERAGE, help=argparse.SUPPRESS)
    args, _ = parser.parse_known_args()
    if args.atheris:
        _run_atheris(args.atheris, sys.argv[3:])
    names = args.targets or list(TARGETS)
    if unknown := set(names) - TARGETS.keys():
        parser.error(f"no target {sorted(unknown)[0]!r}; known: {', '.join(TARGETS)}")
    for name in names:
        started = time.monotonic()
        seconds = args.seconds / len(names)
        inputs, finds = (_cover if args.coverage else _mutate)(name, seconds, args.seed)
        spent = time.monotonic() - started
        print(f"{name}: {inputs:,} inputs in {spent:.0f} s, {finds} finds", flush=True)
        if args.record:
            _record(name, "atheris" if args.coverage else "mutation", inputs, finds, spent)


def _mutate(name: str, seconds: float, seed: int) -> tuple[int, int]:
    rng = random.Random(f"{seed} {name}")
    seeds = [*TARGETS[name].seeds(), *(file.read_bytes() for file in (CORPUS / name).glob("*"))]
    inputs, found, end = 0, set(), time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(20):
            data = mutated(rng.choice(seeds), rng)
            inputs += 1
            try:
                tried(name, data)
            except Exception as error:
                # One a place in the code is enough.
                place = traceback.extract_tb(error.__traceback__)[-1]
                if (type(error), place.filename, place.lineno) not in found:
                    found.add((type(error), place.filename, place.lineno))
                    _keep(name, data)
                    traceback.print_exc()
    return inputs, len(found)


def _keep(name: str, data: bytes) -> None:
    (CORPUS / name).mkdir(parents=True, exist_ok=True)
    (CORPUS / name / hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)


def _cover(name: str, seconds: float, seed: int) -> tuple[int, int]:
    """Run atheris in a process of its own, which ends at the first find."""
    with tempfile.TemporaryDirectory() as work:
        seeds, finds = Path(work) / "seeds", Path(work) / "finds"
        seeds.mkdir()
        finds.mkdir()
        for number, data in enumerate(TARGETS[name].seeds()):
            (seeds / str(number)).write_bytes(data)
        command = [sys.executable, __file__, COVERAGE, name, str(seeds)]
        limits = [f"-max_total_time={round(seconds)}", f"-max_len={MOST}", f"-seed={seed + 1}"]
        limits += ["-len_control=0"]
        done = subprocess.run(
            [
                *command,
                *limits,
                f"-artifact_prefix={finds}/",
                "-print_final_stats=1",
                "-len_control=0",
            ],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, PLACE: work},  # atheris ends its process without cleaning up
        )
        # What was only slow is none: others use this machine, too.
        found = [file for kind in ("crash", "oom", "timeout") for file in finds.glob(f"{kind}-*")]
        for file in found:
            _keep(name, file.read_bytes())
            print(done.stderr[-3000:], file=sys.stderr)
        counted = re.search(r"number_of_executed_units: (\d+)", done.stderr)
        if counted is None:
            sys.exit(f"atheris did not run: {done.stderr[-1000:]}")
        return int(counted[1]), len(found)


def _run_atheris(name: str, arguments: list[str]) -> None:
    atheris.Setup([sys.argv[0], *arguments], lambda data: tried(name, data))
    atheris.Fuzz()


def _record(name: str, by: str, inputs: int, finds: int, seconds: float) -> None:
    results: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    entry = results.setdefault(name, {}).setdefault(by, {"inputs": 0, "finds": 0, "seconds": 0})
    entry["inputs"] += inputs
    entry["finds"] += finds
    entry["seconds"] = round(entry["seconds"] + seconds)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    put(PAGE, "fuzzing", as_table(results))


def as_table(results: dict[str, Any]) -> str:
    """The counts as Markdown."""
    counts = {
        name: [
            *(ways.get(way, {}).get("inputs", 0) for way in ("mutation", "atheris")),
            sum(way["finds"] for way in ways.values()),
        ]
        for name, ways in results.items()
    }
    counts["all"] = [sum(column) for column in zip(*counts.values(), strict=True)]
    rows = [[name, *(f"{count:,}" for count in row)] for name, row in counts.items()]
    return table(["target", "changed at random", "by coverage", "finds"], rows)


if __name__ == "__main__":
    main()
