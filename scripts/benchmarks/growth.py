"""How time and memory grow with the number of reviews, as figures and as a picture."""

import shutil
import sys
from pathlib import Path
from typing import Any

from benchmarks.common import Sizes, measured_process, varied, write_table


def growth(texts: list[str], labels: list[int], work: Path, sizes: Sizes) -> dict[str, Any]:
    """Score tables and train one epoch of growing sizes, each in a process of its own.

    The smaller sizes take the real reviews, the larger ones repeat them with one character
    doubled. Training is the default recipe without adversarial training.

    Returns:
        ``reviews``, and for ``scoring`` and ``training`` seconds, megabytes and the slopes of
        their logarithms over that of the reviews.
    """
    from nsmc.storage.bundle import read_json

    result: dict[str, Any] = {"reviews": list(sizes.growth)}
    for task in ("scoring", "training"):
        result[task] = {"seconds": [], "megabytes": []}
    command = [sys.executable, "-m", "nsmc"]
    for count in sizes.growth:
        table = work / "growth.csv"
        write_table(table, varied(texts, count))
        arguments = ["predict", "--input", str(table), "--output", str(work / "scored.csv")]
        seconds, most = measured_process([*command, *arguments])
        result["scoring"]["seconds"].append(seconds)
        result["scoring"]["megabytes"].append(most)
        table.unlink()
        data, output = work / f"growth-{count}", work / f"growth-{count}-run"
        for place in (data, output):  # of an earlier run in the same work directory
            shutil.rmtree(place, ignore_errors=True)
        data.mkdir()
        with (data / "ratings_train.txt").open("w", encoding="utf-8") as file:
            file.write("id\tdocument\tlabel\n")
            for number, text in enumerate(varied(texts, count)):
                line = " ".join(text.split())
                file.write(f"{number}\t{line}\t{labels[number % len(labels)]}\n")
        arguments = ["prepare", "--data", str(data), "--output", str(data / "prepared")]
        measured_process([*command, *arguments])
        arguments = ["train", "--data", str(data / "prepared"), "--output", str(output)]
        arguments += ["--device", "cpu", "--epochs", "1", "--set", "training.adversarial_norm=0"]
        _, most = measured_process([*command, *arguments])
        # The training's own seconds: what it takes to start is another row's business.
        result["training"]["seconds"].append(
            read_json(output / "model" / "metrics.json")["seconds"]
        )
        result["training"]["megabytes"].append(most)
    for task in ("scoring", "training"):
        for metric in ("seconds", "megabytes"):
            result[task][f"slope of {metric}"] = _slope(result["reviews"], result[task][metric])
    return result


def _slope(reviews: list[int], values: list[float]) -> float:
    import numpy as np

    return float(np.polyfit(np.log(reviews), np.log(values), 1)[0])


def draw(result: dict[str, Any], path: Path) -> None:
    """Two log-log charts side by side: seconds and megabytes."""
    import matplotlib

    matplotlib.use("Agg")

    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axes, name, label in zip(
        figure.subplots(1, 2), ("seconds", "megabytes"), ("seconds", "MB resident"), strict=True
    ):
        for task, marker in (("scoring", "o-"), ("training", "s--")):
            slope = result[task][f"slope of {name}"]
            title = "scoring a table" if task == "scoring" else "training one epoch"
            axes.loglog(
                result["reviews"], result[task][name], marker, label=f"{title}, {slope:.2f}"
            )
        axes.set_xlabel("reviews")
        axes.set_ylabel(label)
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.legend(title="log-log slope", fontsize=8, title_fontsize=8)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
