"""How far back each cell learns: the gradient's length against the distance in time.

For rnn, gru and lstm in one direction: as torch starts them (weights uniform within 1/√H), as
`nsmc.model.cells` does (recurrent ones orthogonal), and as the experiment `cells` trained them.
The loss of a review is read off the last state alone, so what reaches the vector of the
morpheme k steps before the end has gone through k steps of the cell (Bengio, Simard and Frasconi,
"Learning long-term dependencies with gradient descent is difficult", IEEE Trans. Neural Networks 5,
1994). The picture goes to docs/gradients.svg.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pages import machine_line, table

from experiments.experiment import ROOT, Experiment, Results
from nsmc.data.batches import EqualLengthIterator, make_dataset
from nsmc.data.cache import training_corpus
from nsmc.data.corpus import Encoding
from nsmc.data.splits import split_rows
from nsmc.inference.directory import ModelDirectory, open_model
from nsmc.model.inputs import field_for
from nsmc.model.network import RecurrentNetwork

PICTURE = ROOT / "docs" / "gradients.svg"
CELLS = ("rnn", "gru", "lstm")
STEPS = 40
"""Morphemes before the end that are looked at; reviews are at least as long."""
STYLES = {"torch's start": ":", "orthogonal start": "--", "trained": "-"}
COLOURS = {"rnn": "tab:red", "gru": "tab:blue", "lstm": "tab:green"}


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Measure every cell in its three states and draw."""
    ratios: dict[str, dict[str, list[float]]] = {state: {} for state in STYLES}
    reviews = 0
    for cell in CELLS:
        model = open_model(args.runs / f"{cell}-1")
        config = model.config
        corpus = training_corpus(
            args.data, Encoding(config.text, label_columns=model.task.label_columns())
        )
        targets = model.task.corpus_targets(corpus)
        training, rows = split_rows(len(corpus), config.data.validation, config.data.split_seed)
        rows = rows[corpus.lengths[rows] >= STEPS]
        field = field_for(corpus, config.model, model.task)
        field.count_vocabulary(training, config.data)
        batches = EqualLengthIterator(
            make_dataset(field, rows, targets), 256, seed=None, device=torch.device("cpu")
        )
        reviews = len(rows)
        for state in ratios:
            torch.manual_seed(1)
            network = RecurrentNetwork(len(model.vocabulary), config.model, model.task)
            if state == "torch's start":
                encoder = network.encoder
                assert isinstance(encoder, torch.nn.RNNBase)
                encoder.reset_parameters()
            elif state == "trained":
                network.load_state_dict(_weights(model))
            norms = _norms(network, model, batches)  # [reviews, STEPS]
            ratios[state][cell] = np.median(norms / norms[:, :1], axis=0).tolist()
    _draw(ratios)
    yield {
        "data": f"{args.data_name}, the {reviews:,} reviews of {STEPS} morphemes and more that "
        "were held back for validation",
        "what": "median over reviews of |gradient at the vector of the k-th morpheme before "
        "the last| / |gradient at that of the last|, k from 0",
        **ratios,
    }


def as_table(results: dict[str, Any]) -> str:
    """The ratios at some distances, as Markdown."""
    places = (1, 5, 20, STEPS - 1)
    rows = [
        [f"{cell}, {state}", *(f"{results[state][cell][k]:.2g}" for k in places)]
        for state in STYLES
        for cell in CELLS
    ]
    heads = ["steps before the last", *map(str, places)]
    return f"{machine_line(results['machine'])}\n\n{table(heads, rows)}"


def _weights(model: ModelDirectory) -> dict[str, torch.Tensor]:
    return {k: torch.from_numpy(v.astype(np.float32)) for k, v in model.weights().items()}


def _norms(network: RecurrentNetwork, model: ModelDirectory, batches: Any) -> NDArray[np.float64]:
    """Lengths of the loss's gradient at the last `STEPS` vectors, the last first."""
    network.eval()
    norms = []
    for batch in batches:
        vectors = network.embed(batch.text).detach().requires_grad_()  # [T, B, E]
        # Summed over reviews, so that each one's gradient is its own.
        loss = model.task.step_loss(network, vectors, batch)
        (gradient,) = torch.autograd.grad(loss.loss * loss.examples, vectors)  # [T, B, E]
        norms.append(gradient.norm(dim=2).T.flip(1)[:, :STEPS].double().numpy())  # [B, STEPS]
    return np.concatenate(norms)


def _draw(ratios: dict[str, dict[str, list[float]]]) -> None:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    canvas = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasSVG(canvas)
    axes = canvas.subplots()
    for state, style in STYLES.items():
        for cell, values in ratios[state].items():
            axes.plot(values, style, color=COLOURS[cell], label=f"{cell}, {state}")
    axes.set(
        xlabel="morphemes before the last",
        ylabel="length of the gradient, that at the last = 1",
        yscale="log",
    )
    axes.grid(alpha=0.3)
    axes.legend(ncols=3, fontsize="small")
    canvas.savefig(PICTURE, metadata={"Date": None})


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--runs", type=Path, required=True, metavar="DIR", help="--output of the experiment cells"
    )


EXPERIMENT = Experiment(run, as_table, add_arguments=_add_arguments)
