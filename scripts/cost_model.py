"""What it costs to score many comments on many cores, from measured rates.

    python scripts/cost_model.py --comments 1e9 --cores 64 --machines 4 --price 0.04

The rates are those of docs/results/scale.json, which `scripts/experiment.py scale` measures and
holds against whole runs. ``--price`` is of a core-hour, in whatever money the answer is to be in.

All times are seconds: of processor time, or of an idle machine's clock ("wall").
"""

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nsmc.pipeline.chunks import FEW
from nsmc.storage.bundle import read_json

RATES = Path(__file__).resolve().parent.parent / "docs" / "results" / "scale.json"
Rates = Mapping[str, Any]
"""What `experiments.scale` measures; ``RATES`` has it under "rates"."""
LINKS = {"1 Gbit/s": 1e9 / 8, "10 Gbit/s": 1e10 / 8, "100 Gbit/s": 1e11 / 8}
"""Bytes a second of a link, by its name; nominal."""


@dataclass(frozen=True)
class Cost:
    """What a run takes."""

    cpu: float
    """Processor time of all processes, in seconds."""
    wall: float
    """Seconds on idle machines."""

    def money(self, price: float) -> float:
        """The price of its core-hours."""
        return self.cpu / 3600 * price


def one_file(
    rates: Rates, comments: int, *, exact: bool, form: str = "csv", cores: int = 1
) -> Cost:
    """A table of one file, as `nsmc predict --input FILE` scores it on the cores of a machine.

    One process reads, gives chunks to a process a core, and writes; few comments, and those of a
    machine of one core, stay in it.
    """
    way = _way(rates, exact)
    rows = rates["table"][form] + rates["columns"]  # of a comment, in the first process
    start = rates["start"]
    if cores == 1 or comments <= FEW:
        work = comments * (rows + way["score"]) + way["warm_up"]
        return Cost(start["cpu"] + work, start["wall"] + work)
    worker, pipes = rates["worker_start"], rates["pipes"]
    first = comments * (rows + pipes) * rates["crowding"]
    others = (comments * (way["score"] + pipes) + cores * way["warm_up"]) * rates["crowding"]
    return Cost(
        start["cpu"] + cores * worker["cpu"] + first + others,
        start["wall"] + worker["wall"] + max(first, (first + others) / cores),
    )


def directory(
    rates: Rates,
    comments: int,
    *,
    exact: bool,
    form: str = "parquet",
    cores: int = 1,
    machines: int = 1,
    files: int,
) -> Cost:
    """Files of equal size, as `nsmc predict --input DIR` scores them: each by one process.

    Of several machines, every one has a share of the files, as by ``--engine ray``; what Ray itself
    takes isn't in it.
    """
    way, start, worker = _way(rates, exact), rates["start"], rates["worker_start"]
    processes = cores * machines
    crowding = rates["crowding"] if processes > 1 else 1.0
    row = (rates["table"][form] + rates["columns"] + way["score"]) * crowding
    warm_up = way["warm_up"] * crowding
    cpu = start["cpu"] * machines + comments * row + processes * (worker["cpu"] + warm_up)
    most = math.ceil(files / processes) * comments / files  # of the process with most files
    return Cost(cpu, start["wall"] + worker["wall"] + warm_up + most * row)


def limits(rates: Rates, *, exact: bool, form: str = "parquet") -> dict[str, Any]:
    """Where each part binds: the ``shares`` of a comment's processor time, and cores fed.

    ``cores`` are as many as one reading process, the disk or a link has work for: beyond that, more
    cores wait for it.
    """
    way, table, size = _way(rates, exact), rates["table"][form], rates["bytes"][form]
    whole = way["score"] + table + rates["columns"]
    parts = {**way["stages"], "table": table, "columns": rates["columns"]}
    rate = 1 / (whole * rates["crowding"])  # comments a second of a core
    first = (table + rates["columns"] + rates["pipes"]) * rates["crowding"]
    # A disk is read and written by the same device, a link carries both ways at once.
    disk = size["in"] / rates["disk"]["read"] + size["out"] / rates["disk"]["write"]
    widest = max(size["in"], size["out"])
    return {
        "seconds": whole,
        "rate": rate,
        "shares": {name: seconds / whole for name, seconds in parts.items()},
        "cores": {
            "the process that reads one file": 1 / first / rate,
            "this disk": 1 / disk / rate,
            **{f"a link of {name}": speed / widest / rate for name, speed in LINKS.items()},
        },
    }


def _way(rates: Rates, exact: bool) -> Any:
    return rates["exact" if exact else "early"]


def main() -> None:
    """Predict what the arguments ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--comments", type=float, required=True, metavar="N")
    add("--cores", type=int, default=1, metavar="N", help="of a machine (default: 1)")
    add("--machines", type=int, default=1, metavar="N", help="as many alike (default: 1)")
    add("--files", type=int, metavar="N", help="of equal size (default: 8 a core); 1 for one file")
    add("--form", choices=("parquet", "csv"), default="parquet", help="of input and output")
    add("--exact", action="store_true", help="the whole network for every comment")
    add("--price", type=float, metavar="P", help="of a core-hour")
    add("--rates", type=Path, default=RATES, metavar="FILE", help="default: docs/results/")
    args = parser.parse_args()
    rates = read_json(args.rates)["rates"]
    comments, cores = int(args.comments), args.cores * args.machines
    if args.files == 1:
        if args.machines > 1:
            parser.error("one file is scored by one machine; cut it into more --files")
        cost = one_file(rates, comments, exact=args.exact, form=args.form, cores=args.cores)
    else:
        files = args.files or 8 * cores
        where = {"cores": args.cores, "machines": args.machines, "files": files}
        cost = directory(rates, comments, exact=args.exact, form=args.form, **where)
    print(f"{cost.cpu / 3600:,.2f} core-hours of processor time, {cost.wall / 3600:,.2f} hours")
    if args.price is not None:
        paid = cores * cost.wall / 3600 * args.price
        print(f"{cost.money(args.price):,.2f} for those core-hours, {paid:,.2f} for all cores")
    bound = limits(rates, exact=args.exact, form=args.form)
    shares = ", ".join(f"{name} {share:.0%}" for name, share in bound["shares"].items())
    print(f"{bound['rate']:,.0f} comments a second of a core: {shares}")
    for name, fed in bound["cores"].items():
        print(f"{name} has work for {fed:,.0f} cores")


if __name__ == "__main__":
    main()
