"""Feed what reads strangers' bytes with damaged inputs, and count them.

    python scripts/fuzz.py --seconds 60
    python scripts/fuzz.py --seconds 3600 --coverage csv manifest

Without ``--coverage`` seeds are changed at random, and targets of comments get short random ones,
thousands at a time; with it, atheris (``pip install -e .[fuzz]``) looks for inputs that reach new
code. An input that raises anything but an `NsmcError` is a find: it is kept in
``scripts/fuzzing/corpus/TARGET``, which the tests replay. The targets take turns. ``--record`` adds
the counts of each turn to ``docs/results/fuzzing.json``, and a later run goes on with other inputs.
"""

import argparse
import hashlib
import itertools
import json
import mmap
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any
from zlib import crc32

from fuzzing.mutation import MOST, mutated
from pages import put

COVERAGE = "--atheris"
if COVERAGE in sys.argv:
    import atheris

    with atheris.instrument_imports(include=["nsmc"]):
        from fuzzing.targets import PLACE, TARGETS, memory, tried
        from fuzzing.texts import made
else:
    from fuzzing.targets import PLACE, TARGETS, memory, tried
    from fuzzing.texts import made

CORPUS = Path(__file__).parent / "fuzzing" / "corpus"
PAGE = Path(__file__).parent.parent / "docs" / "measurements.md"
RESULTS = Path(__file__).parent.parent / "docs" / "results" / "fuzzing.json"


def main() -> None:
    """Fuzz each target for its share of the time."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="default: all")
    parser.add_argument("--seconds", type=float, default=60, help="of all targets together")
    parser.add_argument("--turn", type=float, default=20, help="seconds of a target at a time")
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
    way = "atheris" if args.coverage else "mutation"
    end = time.monotonic() + args.seconds
    turn = min(args.turn, args.seconds / len(names))
    done: Counter[str] = Counter()
    for name in itertools.cycle(names):
        if time.monotonic() > end:
            break
        started = time.monotonic()
        seed = f"{args.seed} {name} {_recorded().get(name, {}).get(way)} {done[name]}"
        inputs, finds = (_cover if args.coverage else _mutate)(name, turn, seed)
        spent = time.monotonic() - started
        done[name] += inputs
        print(f"{name}: {inputs:,} inputs in {spent:.0f} s, {finds} finds", flush=True)
        if args.record:
            _record(name, way, inputs, finds, spent)


def _mutate(name: str, seconds: float, seed: str) -> tuple[int, int]:
    """Change seeds in a fork: what ends the process is a find, too."""
    with tempfile.TemporaryDirectory(dir=memory()) as work, mmap.mmap(-1, 16) as counts:
        child = os.fork()
        if not child:
            os.environ[PLACE] = work
            try:
                _change(name, seconds, seed, Path(work) / "current", counts)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        inputs, finds = struct.unpack("qq", counts[:])
        if status > 0:
            sys.exit(f"{name} did not run")
        if status < 0:
            _keep(name, (Path(work) / "current").read_bytes())
            print(f"{name}: an input ended the process by signal {-status}", file=sys.stderr)
        return inputs, finds + (status < 0)


def _change(name: str, seconds: float, seed: str, current: Path, counts: mmap.mmap) -> None:
    rng = random.Random(seed)
    seeds = [*TARGETS[name].seeds(), *(file.read_bytes() for file in (CORPUS / name).glob("*"))]
    inputs, places, end = 0, set[object](), time.monotonic() + seconds

    def look(data: bytes) -> None:
        """Try an input, and keep it if it is the first that fails at its place."""
        try:
            tried(name, data)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            key = (type(error), place.filename, place.lineno)
            if key not in places:
                places.add(key)
                _keep(name, data)
                traceback.print_exc()

    while time.monotonic() < end:
        batch = TARGETS[name].batch
        if batch is not None:
            comments = made(rng)
            inputs += len(comments)
            current.write_text("\n".join(comments), "utf-8", "surrogatepass")
            try:
                batch(comments)
            except Exception:
                for text in comments:
                    look(text.encode("utf-8", "surrogatepass"))
        for _ in range(20):
            inputs += 1
            data = mutated(rng.choice(seeds), rng)
            current.write_bytes(data)
            look(data)
        counts[:] = struct.pack("qq", inputs, len(places))


def _keep(name: str, data: bytes) -> None:
    (CORPUS / name).mkdir(parents=True, exist_ok=True)
    (CORPUS / name / hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)


def _cover(name: str, seconds: float, seed: str) -> tuple[int, int]:
    """Run atheris in a process of its own, which ends at the first find."""
    with tempfile.TemporaryDirectory() as work:
        seeds, finds = Path(work) / "seeds", Path(work) / "finds"
        seeds.mkdir()
        finds.mkdir()
        for number, data in enumerate(TARGETS[name].seeds()):
            (seeds / str(number)).write_bytes(data)
        command = [sys.executable, __file__, COVERAGE, name, str(seeds)]
        limits = [
            f"-max_total_time={round(seconds)}",
            f"-max_len={MOST}",
            f"-seed={crc32(seed.encode()) + 1}",
        ]
        limits += ["-len_control=0"]
        done = subprocess.run(
            [
                *command,
                *limits,
                f"-artifact_prefix={finds}/",
                "-print_final_stats=1",
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
    results = _recorded()
    entry = results.setdefault(name, {}).setdefault(by, {"inputs": 0, "finds": 0, "seconds": 0})
    entry["inputs"] += inputs
    entry["finds"] += finds
    entry["seconds"] = round(entry["seconds"] + seconds)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    put(PAGE, as_table(results), "fuzzing")


def _recorded() -> dict[str, Any]:
    results: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    return results


def as_table(results: dict[str, Any]) -> str:
    """The counts in a sentence; those of each target are in the results alone."""
    changed, covering = (
        sum(ways.get(way, {}).get("inputs", 0) for ways in results.values())
        for way in ("mutation", "atheris")
    )
    finds = {
        name: sum(way["finds"] for way in ways.values())
        for name, ways in results.items()
        if any(way["finds"] for way in ways.values())
    }
    return (
        f"{changed:,} inputs changed at random and {covering:,} made by coverage gave "
        f"{len(results)} targets {sum(finds.values())} finds, those of {', '.join(finds)}.\n"
    )


if __name__ == "__main__":
    main()
