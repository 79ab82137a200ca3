"""Run an experiment; write its results to docs/results/ and its table into its page of docs/.

    python scripts/experiment.py --list
    python scripts/experiment.py cells --data DIR --data-name NSMC-R --output runs/cells

Each experiment is a module of scripts/experiments whose docstring says what it measures. The
results name the machine, the versions, the date and the command. Trainings are kept under
--output and not run again, so an interrupted experiment goes on where it was.
"""

import argparse
import importlib
import json
import pkgutil
import sys
from pathlib import Path
from typing import Any

import experiments
from benchmarks.common import measured_on
from experiments.experiment import RESULTS, ROOT, Experiment
from pages import put

from nsmc.storage.bundle import write_json


def named() -> dict[str, Experiment]:
    """Every experiment by its name, which is its module's."""
    modules = (
        (result.name, importlib.import_module(f"experiments.{result.name}"))
        for result in pkgutil.iter_modules(experiments.__path__)
    )
    return {name: module.EXPERIMENT for name, module in modules if hasattr(module, "EXPERIMENT")}


def load_experiment(name: str) -> Experiment:
    """The experiment of a name, without importing the others."""
    experiment: Experiment = importlib.import_module(f"experiments.{name}").EXPERIMENT
    return experiment


def make_parser(name: str, experiment: Experiment) -> argparse.ArgumentParser:
    """The options of an experiment: the shared ones, then its own."""
    about = sys.modules[f"experiments.{name}"].__doc__ or ""
    parser = argparse.ArgumentParser(
        prog=f"scripts/experiment.py {name}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if experiment.data:
        parser.add_argument("--data", type=Path, required=True, metavar=experiment.data)
        parser.add_argument("--data-name", required=True, help="what the reviews are called")
    if experiment.trains:
        parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="of the runs")
    parser.add_argument("--results", type=Path, default=_results_of(name), metavar="FILE")
    experiment.add_arguments(parser)
    return parser


def command_of(name: str, parser: argparse.ArgumentParser, args: argparse.Namespace) -> str:
    """The command that repeats a run, with no path of this machine in it."""
    words = ["python", "scripts/experiment.py", name]
    for action in parser._actions:  # argparse has no public list of them
        value = getattr(args, action.dest, None)
        if action.dest in ("help", "results") or value in (action.default, None):
            continue
        words.append(action.option_strings[-1])
        if isinstance(action, argparse._StoreTrueAction):
            continue
        values = value if isinstance(value, list) else [value]
        if action.dest == "output":
            words.append(f"runs/{name.replace('_', '-')}")
        elif action.type is Path:
            words.append(str(action.metavar))
        elif isinstance(action, argparse._AppendAction):
            words.pop()
            words += [word for one in values for word in (action.option_strings[-1], str(one))]
        else:
            words += map(str, values)
    return " ".join(words)


def run(name: str, arguments: list[str]) -> dict[str, Any]:
    """Run an experiment and write what it gives; returns the last results."""
    experiment = load_experiment(name)
    parser = make_parser(name, experiment)
    args = parser.parse_args(arguments)
    given = {"data": args.data_name} if experiment.data else {}
    results: dict[str, Any] = {}
    for part in experiment.run(args):
        results = {
            **given,
            **part,
            "machine": measured_on(),
            "command": command_of(name, parser, args),
        }
        args.results.parent.mkdir(parents=True, exist_ok=True)
        write_json(args.results, results)
        if experiment.page and experiment.as_table and args.results == _results_of(name):
            put(ROOT / "docs" / f"{experiment.page}.md", experiment.as_table(results), block(name))
    return results


def block(name: str) -> str:
    """What the table of an experiment is called in its page and its results' file name."""
    return name.replace("_", "-")


def _results_of(name: str) -> Path:
    return RESULTS / f"{block(name)}.json"


def main() -> None:
    """List the experiments, or run one."""
    name, *arguments = sys.argv[1:] or ["--list"]
    if name in ("--list", "-h", "--help"):
        print(__doc__)
        for known in named():
            about = sys.modules[f"experiments.{known}"].__doc__ or ""
            print(f"  {known:16}{about.splitlines()[0]}")
        return
    if name.replace("-", "_") not in named():
        sys.exit(f"there is no experiment {name!r}; expected one of {', '.join(named())}")
    name = name.replace("-", "_")
    results, as_table = run(name, arguments), load_experiment(name).as_table
    print(as_table(results) if as_table else json.dumps(results, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
