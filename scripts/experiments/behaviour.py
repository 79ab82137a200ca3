"""Everyday comments by type (plain, negation, irony, emoji, …), and which a model gets wrong.

The comments and their right labels are tests/behaviour/cases.tsv, written for it. The shipped
model's results go into its card by ``train_shipped_model.py --card-only``.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from experiments.experiment import RESULTS, ROOT, Experiment, Results
from nsmc.inference.classifier import Classifier, load
from nsmc.inference.directory import SHIPPED, WEIGHTS
from nsmc.storage.bundle import read_json
from nsmc.storage.files import sha256_of

CASES = ROOT / "tests" / "behaviour" / "cases.tsv"
FILE = RESULTS / "behaviour.json"
HEADER = "type\tdocument\tlabel"
NAMES = ("negative", "positive")


@dataclass(frozen=True)
class Case:
    """A comment with the label that nearly every reader would give it."""

    type: str
    document: str
    label: int
    """0 (negative) or 1 (positive)."""


@dataclass(frozen=True)
class Failure:
    """A case that a model labels otherwise."""

    type: str
    document: str
    label: int
    """The right one."""
    score: float | None
    """The model's probability of positive; None if it found nothing legible."""


@dataclass(frozen=True)
class Outcome:
    """How a model does on the cases of a type, or of all."""

    cases: int
    failures: tuple[Failure, ...]

    @property
    def rate(self) -> float:
        """The share of the cases that it gets wrong."""
        return len(self.failures) / self.cases


def read_cases(path: Path = CASES) -> list[Case]:
    """Read a table of cases, in its order.

    Raises:
        ValueError: another header, or a line that hasn't a type, a comment and a label of 0 or 1.
    """
    header, *lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    if header != HEADER:
        raise ValueError(f"expected the header {HEADER!r} in {path}, found {header!r}")
    return [_case(path, number, line) for number, line in enumerate(lines, start=2)]


def _case(path: Path, number: int, line: str) -> Case:
    match line.split("\t"):
        case [str(kind), str(document), "0" | "1" as label] if kind and document.strip():
            return Case(kind, document, int(label))
    raise ValueError(
        f"expected a type, a comment and a label of 0 or 1 in line {number} of {path}, "
        f"found {line!r}"
    )


def types_of(cases: Iterable[Case]) -> list[str]:
    """The types of cases, in the order in which they first stand."""
    return list(dict.fromkeys(case.type for case in cases))


def score(classifier: Classifier, cases: Sequence[Case]) -> dict[str, Outcome]:
    """Let a model label every case at once, and sort what it gets wrong by type.

    A comment in which it finds nothing legible has no label, so that is wrong too.

    Args:
        classifier: of a model that tells 긍정 from 부정.
        cases: at least one.
    """
    predictions = classifier.predict([case.document for case in cases])
    failures = [
        Failure(**asdict(case), score=round(prediction.score, 4) if prediction.legible else None)
        for case, prediction in zip(cases, predictions, strict=True)
        if prediction.label != NAMES[case.label]
    ]
    return {
        name: Outcome(
            sum(case.type == name for case in cases),
            tuple(failure for failure in failures if failure.type == name),
        )
        for name in types_of(cases)
    }


def together(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of all types."""
    parts = list(outcomes)
    return Outcome(
        sum(part.cases for part in parts),
        tuple(failure for part in parts for failure in part.failures),
    )


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Score every case.

    Yields:
        ``model``, ``weights_sha256`` (which one it was), ``cases_sha256`` (of the table of cases),
        ``all`` and ``types`` (``cases``, ``failures``, ``rate``, and of a type its first comment as
        ``example``) and ``failing`` (every case predicted wrong).
    """
    yield {**measured(args.model, read_cases()), "cases_sha256": sha256_of(CASES)}


def measured(model: Path | None, cases: Sequence[Case]) -> Results:
    """What a model (None: the shipped one) gets wrong among cases: see `run`."""
    classifier = load(model)
    outcomes = score(classifier, cases)
    total = together(outcomes.values())
    examples = {case.type: case.document for case in reversed(cases)}
    return {
        "model": "inside the package" if model is None else str(model),
        "weights_sha256": sha256_of(classifier.model.path / WEIGHTS),
        "all": _counts(total),
        "types": {
            name: {**_counts(outcome), "example": examples[name]}
            for name, outcome in outcomes.items()
        },
        "failing": [asdict(failure) for failure in total.failures],
    }


def _counts(outcome: Outcome) -> dict[str, Any]:
    return {
        "cases": outcome.cases,
        "failures": len(outcome.failures),
        "rate": round(outcome.rate, 4),
    }


def of_the_shipped_model() -> dict[str, Any] | None:
    """The committed results, unless there are none or they are another model's."""
    return results_of_the_shipped_model(FILE)


def results_of_the_shipped_model(file: Path) -> dict[str, Any] | None:
    """Results with a ``weights_sha256`` in a file, if they are the shipped model's."""
    if not file.exists():
        return None
    results: dict[str, Any] = read_json(file)
    return results if results["weights_sha256"] == sha256_of(SHIPPED / WEIGHTS) else None


def as_table(results: dict[str, Any]) -> str:
    """The types that a model gets wrong more often than all, with a comment of each."""
    types, whole = results["types"], results["all"]
    hard = {name: part for name, part in types.items() if part["rate"] > whole["rate"]}
    others = [part for name, part in types.items() if name not in hard]
    lines = [f"{whole['rate']:.1%} of {whole['cases']:,} are predicted wrong:\n\n"]
    lines += [
        f"- {name} (`{part['example']}`): {part['rate']:.0%} of {part['cases']}\n"
        for name, part in hard.items()
    ]
    if cases := sum(part["cases"] for part in others):
        rate = sum(part["failures"] for part in others) / cases
        lines.append(f"- the other {len(others)} types: {rate:.0%} of {cases}\n")
    return "".join(lines)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The option of the model."""
    parser.add_argument("--model", type=Path, metavar="DIR", help="default: the one in the package")


EXPERIMENT = Experiment(run, as_table, data="", add_arguments=add_arguments)
