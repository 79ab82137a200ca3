"""What a model calls wrong among everyday comments: plain ones, negation, irony, emoji and so on.

    python scripts/measure_behaviour.py [--model DIR] [--output FILE]

The comments and their right labels stand in tests/behaviour/cases.tsv, written for it. Figures and
every comment called wrong go to docs/results/behaviour.json; `train_shipped_model.py --card-only`
takes those of the shipped model into its card.
"""

import argparse
from pathlib import Path

from benchmarks.behaviour import RESULTS, as_table, measured

from nsmc.storage.bundle import write_json


def main() -> None:
    """Score, write and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--model", type=Path, metavar="DIR", help="not the one in the package")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FILE")
    args = parser.parse_args()
    results = measured(args.model)
    write_json(args.output, results)
    print(as_table(results), end="")


if __name__ == "__main__":
    main()
