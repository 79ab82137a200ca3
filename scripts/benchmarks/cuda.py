"""On a GPU: a training's epoch and bulk scoring, each beside this machine's processor."""

import sys
import time
from pathlib import Path

from benchmarks.common import Row, Sizes, in_turn, median_ratio, read_texts, spread


def cuda_rows(data: Path, work: Path, sizes: Sizes, device: str = "cuda") -> list[Row]:
    """An epoch of the default config and the network's time for many reviews; none without a GPU.

    Scoring is of reviews already cut: what comes before the network stays on the processor.
    """
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        print("there is no CUDA device here: its rows are left out", file=sys.stderr)
        return []
    import nsmc
    from nsmc.config.schema import load_config
    from nsmc.inference.classifier import Classifier
    from nsmc.inference.directory import open_model
    from nsmc.model.on_device import TorchNetwork
    from nsmc.storage.bundle import read_json

    config = load_config(None, ["training.epochs=1"])

    def epoch(where: str) -> float:
        output = work / f"epoch-{where}-{time.monotonic_ns()}"
        model = nsmc.train(config, data=data, output=output, device=where, verbose=False).model
        return float(read_json(model / "metrics.json")["seconds"])

    model = open_model()
    here = Classifier(model, exact=True)
    there = Classifier(model, exact=True, network=TorchNetwork(model, device))
    units = list(map(here.tokenizer, read_texts(data)[: sizes.cost_reviews]))

    def scoring(classifier: Classifier) -> float:
        started = time.perf_counter()
        classifier.outputs_of(units)
        return time.perf_counter() - started

    scoring(there)  # the first call compiles and copies
    rounds = min(3, sizes.repeats)
    epochs = in_turn(rounds, {"gpu": lambda: epoch(device), "cpu": lambda: epoch("cpu")})
    scored = in_turn(rounds, {"gpu": lambda: scoring(there), "cpu": lambda: scoring(here)})
    name = torch.cuda.get_device_name() if device == "cuda" else device
    return [
        Row(
            what,
            spread(result["gpu"], "s"),
            f"the processor {spread(result['cpu'], 's')}",
            times := median_ratio(result["gpu"], result["cpu"]),
            "faster",
            times > 1,
            name,
            result,
        )
        for what, result in (
            ("an epoch of the default config", epochs),
            (f"the network over {len(units):,} reviews", scored),
        )
    ]
